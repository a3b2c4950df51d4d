package main

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"wirework.invalid/lab/plugins/docker/shape"
)

var throttleShape = shape.Shape{
	"path": {Required: true},
	"rate": {Kind: shape.Int, Required: true, Check: atLeast(0)},
}

// containerKind: a container is replaced by deleting it first, always.
var containerKind = kind{
	deleteFirst: true,
	shape: shape.Shape{
		"attach":       {Kind: shape.Bool, Default: false},
		"bridge":       {Output: true},
		"capabilities": {Kind: shape.Block, SetOfOne: true, Replace: true, Of: shape.Shape{"adds": {Kind: shape.Set}, "drops": {Kind: shape.Set}}},
		"cgroupParent": {Replace: true},
		"cgroupnsMode": {Replace: true},
		"command":      {Kind: shape.List, Computed: true, Replace: true},
		"containerLogs": {
			Output: true,
		},
		"containerReadRefreshTimeoutMilliseconds": {Kind: shape.Int, Default: 15000},

		"cpuPeriod":           {Kind: shape.Int, Check: atLeast(0)},
		"cpuQuota":            {Kind: shape.Int, Check: atLeast(0)},
		"cpuSet":              {Check: matches(`^\d+([,-]\d+)*$`)},
		"cpuShares":           {Kind: shape.Int, Check: atLeast(0)},
		"cpus":                {Replace: true},
		"destroyGraceSeconds": {Kind: shape.Int},
		"deviceCgroupRules":   {Kind: shape.Set, Replace: true},
		"deviceReadBps":       {Kind: shape.Set, Of: throttleShape},
		"deviceReadIops":      {Kind: shape.Set, Of: throttleShape},
		"deviceRequests": {Kind: shape.Set, Replace: true, Of: shape.Shape{
			"capabilities": {Kind: shape.Set},
			"count":        {Kind: shape.Int, Default: 0},
			"deviceIds":    {Kind: shape.Set},
			"driver":       {Default: "cdi"},
			"options":      {Kind: shape.Map},
		}},
		"deviceWriteBps":  {Kind: shape.Set, Of: throttleShape},
		"deviceWriteIops": {Kind: shape.Set, Of: throttleShape},
		"devices": {Kind: shape.Set, Replace: true, Of: shape.Shape{
			"containerPath": {},
			"hostPath":      {Required: true},
			"permissions":   {Default: "rwm"},
		}},
		"dns":         {Kind: shape.Set, Replace: true},
		"dnsOpts":     {Kind: shape.Set, Replace: true},
		"dnsSearches": {Kind: shape.Set, Replace: true},
		"domainname":  {Replace: true},
		"entrypoints": {Kind: shape.List, Computed: true, Replace: true},
		"envs":        {Kind: shape.Set, Computed: true, Replace: true},
		"exitCode":    {Kind: shape.Int, Output: true},
		"gpus":        {Replace: true},
		"groupAdds":   {Kind: shape.Set, Replace: true},
		"healthcheck": {Kind: shape.Block, Computed: true, Of: shape.Shape{
			"interval":      {Default: "0s", Check: isDuration},
			"retries":       {Kind: shape.Int, Default: 0, Check: atLeast(0)},
			"startInterval": {Default: "0s", Check: isDuration},
			"startPeriod":   {Default: "0s", Check: isDuration},
			"tests":         {Kind: shape.List},
			"timeout":       {Default: "0s", Check: isDuration},
		}},
		"hostname": {Computed: true, Replace: true},
		"hosts": {Kind: shape.Set, Replace: true, Of: shape.Shape{
			"host": {Required: true},
			"ip":   {Required: true},
		}},
		"image":             {Required: true, Replace: true},
		"init":              {Kind: shape.Bool, Computed: true},
		"ipcMode":           {Computed: true, Replace: true},
		"labels":            {Kind: shape.Set, Computed: true, Replace: true, Of: labelShape},
		"logDriver":         {Computed: true, Replace: true},
		"logOpts":           {Kind: shape.Map, Replace: true},
		"logs":              {Kind: shape.Bool, Default: false},
		"maxRetryCount":     {Kind: shape.Int},
		"memory":            {Kind: shape.Int, Check: atLeast(0)},
		"memoryReservation": {Kind: shape.Int, Default: 0, Check: atLeast(0)},
		"memorySwap":        {Kind: shape.Int, Check: atLeast(-1)},
		"mounts":            {Kind: shape.Set, Replace: true, Of: mountShape},
		"mustRun":           {Kind: shape.Bool, Default: true},
		"name":              {Required: true, AutoName: true, Replace: true},
		"networkDatas": {Kind: shape.List, Output: true, Of: shape.Shape{
			"gateway": {}, "globalIpv6Address": {}, "globalIpv6PrefixLength": {Kind: shape.Int}, "ipAddress": {},
			"ipPrefixLength": {Kind: shape.Int}, "ipv6Gateway": {}, "macAddress": {}, "networkName": {},
		}},
		"networkMode": {Default: "bridge", Replace: true},
		"networksAdvanced": {Kind: shape.Set, Replace: true, Of: shape.Shape{
			"aliases":      {Kind: shape.Set},
			"driverOpts":   {Kind: shape.Set},
			"gwPriority":   {Kind: shape.Int, Check: atLeast(0)},
			"ipv4Address":  {},
			"ipv6Address":  {},
			"linkLocalIps": {Kind: shape.Set},
			"macAddress":   {},
			"name":         {Required: true},
		}},
		"pidMode":  {Replace: true},
		"platform": {Computed: true, Replace: true},
		"ports": {Kind: shape.List, Replace: true, Same: samePorts, Of: shape.Shape{
			"external": {Kind: shape.Int, Computed: true},
			"internal": {Kind: shape.Int, Required: true},
			"ip":       {Default: "0.0.0.0"},
			"protocol": {Default: "tcp"},
		}},
		"privileged":      {Kind: shape.Bool, Replace: true},
		"publishAllPorts": {Kind: shape.Bool, Replace: true},
		"readOnly":        {Kind: shape.Bool, Default: false, Replace: true},
		"removeVolumes":   {Kind: shape.Bool, Default: true},
		"restart":         {Default: "no", Check: matches(`^(no|on-failure|always|unless-stopped)$`)},
		"rm":              {Kind: shape.Bool, Default: false},
		"runtime":         {Computed: true, Replace: true},
		"securityOpts":    {Kind: shape.Set, Computed: true, Replace: true},
		"shmSize":         {Kind: shape.Int, Computed: true, Replace: true, Check: atLeast(0)},
		"start":           {Kind: shape.Bool, Default: true},
		"stdinOpen":       {Kind: shape.Bool, Default: false, Replace: true},
		"stopSignal":      {Computed: true, Replace: true},
		"stopTimeout":     {Kind: shape.Int, Computed: true, Replace: true},
		"storageOpts":     {Kind: shape.Map, Replace: true},
		"sysctls":         {Kind: shape.Map, Replace: true},
		"tmpfs":           {Kind: shape.Map},
		"tty":             {Kind: shape.Bool, Default: false, Replace: true},
		"ulimits": {Kind: shape.Set, Replace: true, Of: shape.Shape{
			"hard": {Kind: shape.Int, Required: true},
			"name": {Required: true},
			"soft": {Kind: shape.Int, Required: true},
		}},
		"uploads": {Kind: shape.Set, Replace: true, Of: shape.Shape{
			"content":       {},
			"contentBase64": {Check: isBase64},
			"executable":    {Kind: shape.Bool, Default: false},
			"file":          {Required: true},
			"group":         {},
			"owner":         {},
			"permissions":   {Check: matches(`^0[0-7]{3}$`)},
			"source":        {},
			"sourceHash":    {},
		}},
		"user":       {Replace: true, EmptyKeeps: true},
		"usernsMode": {Replace: true},
		"volumes": {Kind: shape.Set, Replace: true, Of: shape.Shape{
			"containerPath":  {},
			"fromContainer":  {},
			"hostPath":       {Check: isAbsolute},
			"readOnly":       {Kind: shape.Bool},
			"selinuxRelabel": {Check: matches(`^(z|Z)$`)},
			"volumeName":     {},
		}},
		"wait":        {Kind: shape.Bool, Default: false},
		"waitTimeout": {Kind: shape.Int, Default: 60},
		"workingDir":  {Replace: true, EmptyKeeps: true},
	},
	create: createContainer,
	read:   readContainer,
	update: updateContainer,
	remove: removeContainer,
}

var mountShape = shape.Shape{
	"bindOptions": {Kind: shape.Block, Of: shape.Shape{
		"propagation": {Check: matches(`^(private|rprivate|shared|rshared|slave|rslave)$`)},
	}},
	"readOnly": {Kind: shape.Bool},
	"source":   {},
	"target":   {Required: true},
	"tmpfsOptions": {Kind: shape.Block, Of: shape.Shape{
		"mode":      {Kind: shape.Int},
		"sizeBytes": {Kind: shape.Int},
	}},
	"type": {Required: true, Check: matches(`^(bind|volume|tmpfs)$`)},
	"volumeOptions": {Kind: shape.Block, Of: shape.Shape{
		"driverName":    {},
		"driverOptions": {Kind: shape.Map},
		"labels":        {Kind: shape.Set, Of: labelShape},
		"noCopy":        {Kind: shape.Bool},
		"subpath":       {},
	}},
}

func atLeast(least float64) func(resource.PropertyValue) string {
	return func(value resource.PropertyValue) string {
		if value.NumberValue() < least {
			return fmt.Sprintf("'%v' cannot be lower than %v", value.NumberValue(), least)
		}
		return ""
	}
}

func matches(pattern string) func(resource.PropertyValue) string {
	expression := regexp.MustCompile(pattern)
	return func(value resource.PropertyValue) string {
		if !expression.MatchString(value.StringValue()) {
			return fmt.Sprintf("'%s' doesn't match the pattern '%s'", value.StringValue(), pattern)
		}
		return ""
	}
}

func isDuration(value resource.PropertyValue) string {
	switch duration, err := time.ParseDuration(value.StringValue()); {
	case err != nil:
		return fmt.Sprintf("'%s' is not a valid duration", value.StringValue())
	case duration < 0:
		return "duration must not be negative"
	default:
		return ""
	}
}

func isBase64(value resource.PropertyValue) string {
	if _, err := base64.StdEncoding.DecodeString(value.StringValue()); err != nil {
		return fmt.Sprintf("'%s' is not base64 decodeable", value.StringValue())
	}
	return ""
}

func isAbsolute(value resource.PropertyValue) string {
	if path := value.StringValue(); !strings.HasPrefix(path, "/") && !regexp.MustCompile(`^[a-zA-Z]:[\\/]`).MatchString(path) {
		return fmt.Sprintf("'%s' must be an absolute path", path)
	}
	return ""
}

// samePorts: the order of the ports means nothing, the engine tells them in an order of its own.
func samePorts(old, planned resource.PropertyValue) bool {
	if !old.IsArray() || !planned.IsArray() || len(old.ArrayValue()) != len(planned.ArrayValue()) {
		return false
	}
	key := func(port values) string {
		return fmt.Sprintf("%d/%s %s:%d", port.number("internal"), port.text("protocol"), port.text("ip"), port.number("external"))
	}
	counts := map[string]int{}
	for _, port := range (values{"ports": old}).objects("ports") {
		counts[key(port)]++
	}
	for _, port := range (values{"ports": planned}).objects("ports") {
		if counts[key(port)]--; counts[key(port)] < 0 {
			return false
		}
	}
	return true
}
