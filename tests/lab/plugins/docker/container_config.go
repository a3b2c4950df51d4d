package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/docker/cli/opts"
	"github.com/docker/docker/api/types/blkiodev"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/docker/go-units"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const mebibyte = 1 << 20

// containerConfig gives what the engine is asked for: what runs, and how the host carries it. apiVersion is the one
// that client and engine agreed on.
func containerConfig(want values, apiVersion string) (*container.Config, *container.HostConfig, error) {
	config := &container.Config{
		Image:      want.text("image"),
		Hostname:   want.text("hostname"),
		Domainname: want.text("domainname"),
		User:       want.text("user"),
		WorkingDir: want.text("workingDir"),
		Env:        want.texts("envs"),
		Cmd:        want.texts("command"),
		Entrypoint: want.texts("entrypoints"),
		Labels:     want.labels("labels"),
		Tty:        want.yes("tty"),
		OpenStdin:  want.yes("stdinOpen"),
		StopSignal: want.text("stopSignal"),
	}
	for _, word := range config.Cmd {
		if word == "" {
			return nil, nil, errors.New("values for command may not be empty")
		}
	}
	if want.has("stopTimeout") {
		seconds := int(want.number("stopTimeout"))
		config.StopTimeout = &seconds
	}
	if check := want.object("healthcheck"); check != nil {
		config.Healthcheck = healthConfig(check)
	}
	withInit := want.yes("init")
	host := &container.HostConfig{
		Privileged:      want.yes("privileged"),
		PublishAllPorts: want.yes("publishAllPorts"),
		RestartPolicy:   restartPolicy(want),
		Runtime:         want.text("runtime"),
		AutoRemove:      want.yes("rm"),
		ReadonlyRootfs:  want.yes("readOnly"),
		LogConfig:       container.LogConfig{Type: want.text("logDriver"), Config: want.table("logOpts")},
		Tmpfs:           want.table("tmpfs"),
		DNS:             want.texts("dns"),
		DNSOptions:      want.texts("dnsOpts"),
		DNSSearch:       want.texts("dnsSearches"),
		NetworkMode:     container.NetworkMode(want.text("networkMode")),
		UsernsMode:      container.UsernsMode(want.text("usernsMode")),
		PidMode:         container.PidMode(want.text("pidMode")),
		IpcMode:         container.IpcMode(want.text("ipcMode")),
		Sysctls:         want.table("sysctls"),
		GroupAdd:        want.texts("groupAdds"),
		StorageOpt:      want.table("storageOpts"),
		ShmSize:         want.number("shmSize") * mebibyte,
		Init:            &withInit,
		Resources:       resources(want),
	}
	host.MemorySwap = memorySwap(want)
	host.CgroupParent = want.text("cgroupParent")
	for _, entry := range want.objects("hosts") {
		host.ExtraHosts = append(host.ExtraHosts, entry.text("host")+":"+entry.text("ip"))
	}
	for _, limit := range want.objects("ulimits") {
		host.Ulimits = append(host.Ulimits, &units.Ulimit{
			Name: limit.text("name"), Soft: limit.number("soft"), Hard: limit.number("hard"),
		})
	}
	if capabilities := want.object("capabilities"); capabilities != nil {
		host.CapAdd = capabilities.texts("adds")
		host.CapDrop = capabilities.texts("drops")
	}
	for _, option := range want.texts("securityOpts") {
		if option == "systempaths=unconfined" {
			// Meant for the client: the engine learns it as two empty lists.
			host.MaskedPaths, host.ReadonlyPaths = []string{}, []string{}
			continue
		}
		host.SecurityOpt = append(host.SecurityOpt, option)
	}
	config.ExposedPorts, host.PortBindings = portBindings(want.objects("ports"))
	if err := addDevices(want, host); err != nil {
		return nil, nil, err
	}
	return config, host, addStorage(want, config, host, apiVersion)
}

func healthConfig(check values) *container.HealthConfig {
	duration := func(key resource.PropertyKey) time.Duration {
		// Check has refused what is no duration.
		parsed, _ := time.ParseDuration(check.text(key))
		return parsed
	}
	return &container.HealthConfig{
		Test:          check.texts("tests"),
		Interval:      duration("interval"),
		Timeout:       duration("timeout"),
		StartPeriod:   duration("startPeriod"),
		StartInterval: duration("startInterval"),
		Retries:       int(check.number("retries")),
	}
}

func restartPolicy(want values) container.RestartPolicy {
	return container.RestartPolicy{
		Name:              container.RestartPolicyMode(want.text("restart")),
		MaximumRetryCount: int(want.number("maxRetryCount")),
	}
}

// resources are the limits that an update, too, can change.
func resources(want values) container.Resources {
	return container.Resources{
		CPUShares:            want.number("cpuShares"),
		Memory:               want.number("memory") * mebibyte,
		MemoryReservation:    want.number("memoryReservation") * mebibyte,
		CpusetCpus:           want.text("cpuSet"),
		BlkioDeviceReadBps:   throttles(want.objects("deviceReadBps")),
		BlkioDeviceReadIOps:  throttles(want.objects("deviceReadIops")),
		BlkioDeviceWriteBps:  throttles(want.objects("deviceWriteBps")),
		BlkioDeviceWriteIOps: throttles(want.objects("deviceWriteIops")),
	}
}

// memorySwap is in mebibytes; -1 means without limit.
func memorySwap(want values) int64 {
	if swap := want.number("memorySwap"); swap > 0 {
		return swap * mebibyte
	}
	return want.number("memorySwap")
}

func throttles(list []values) []*blkiodev.ThrottleDevice {
	var devices []*blkiodev.ThrottleDevice
	for _, device := range list {
		devices = append(devices, &blkiodev.ThrottleDevice{Path: device.text("path"), Rate: uint64(device.number("rate"))})
	}
	return devices
}

func portBindings(ports []values) (nat.PortSet, nat.PortMap) {
	if len(ports) == 0 {
		return nil, nil
	}
	exposed, bindings := nat.PortSet{}, nat.PortMap{}
	for _, port := range ports {
		inside := nat.Port(fmt.Sprintf("%d/%s", port.number("internal"), port.text("protocol")))
		exposed[inside] = struct{}{}
		// Port 0 asks the engine to choose.
		bindings[inside] = append(bindings[inside], nat.PortBinding{
			HostIP: port.text("ip"), HostPort: strconv.FormatInt(port.number("external"), 10),
		})
	}
	return exposed, bindings
}

func addDevices(want values, host *container.HostConfig) error {
	for _, device := range want.objects("devices") {
		inside := device.text("containerPath")
		if inside == "" {
			inside = device.text("hostPath")
		}
		host.Devices = append(host.Devices, container.DeviceMapping{
			PathOnHost: device.text("hostPath"), PathInContainer: inside, CgroupPermissions: device.text("permissions"),
		})
	}
	host.DeviceCgroupRules = want.texts("deviceCgroupRules")
	for _, request := range want.objects("deviceRequests") {
		host.DeviceRequests = append(host.DeviceRequests, container.DeviceRequest{
			Driver: request.text("driver"), Count: int(request.number("count")), DeviceIDs: request.texts("deviceIds"),
			Capabilities: [][]string{request.texts("capabilities")}, Options: request.table("options"),
		})
	}
	if want.has("gpus") {
		var gpus opts.GpuOpts
		if err := gpus.Set(strings.Trim(want.text("gpus"), ` "'`)); err != nil {
			return fmt.Errorf("error setting gpus: %w", err)
		}
		host.DeviceRequests = gpus.Value()
	}
	if want.has("cpus") {
		cpus, err := opts.ParseCPUs(want.text("cpus"))
		if err != nil {
			return fmt.Errorf("error setting cpus: %w", err)
		}
		host.NanoCPUs = cpus
	} else {
		host.CPUPeriod, host.CPUQuota = want.number("cpuPeriod"), want.number("cpuQuota")
	}
	if mode := container.CgroupnsMode(want.text("cgroupnsMode")); mode.Valid() {
		host.CgroupnsMode = mode
	} else {
		return errors.New("cgroupnsMode: invalid CGROUP mode, must be either 'private', 'host' or empty")
	}
	return nil
}

// addStorage puts volumes and mounts in. The official provider refuses volume options of every kind below API 1.45.
func addStorage(want values, config *container.Config, host *container.HostConfig, apiVersion string) error {
	for _, entry := range want.objects("volumes") {
		source, from, inside := entry.text("hostPath"), entry.text("fromContainer"), entry.text("containerPath")
		if source == "" {
			source = entry.text("volumeName")
		}
		switch {
		case from == "" && inside == "":
			return errors.New("unable to parse volumes: volume entry without container path or source container")
		case from != "" && inside != "":
			return errors.New("unable to parse volumes: both a container and a path specified in a volume entry")
		case from != "":
			host.VolumesFrom = append(host.VolumesFrom, from)
			continue
		}
		if config.Volumes == nil {
			config.Volumes = map[string]struct{}{}
		}
		config.Volumes[inside] = struct{}{}
		if source != "" {
			mode := "rw"
			if entry.yes("readOnly") {
				mode = "ro"
			}
			if relabel := entry.text("selinuxRelabel"); relabel != "" {
				mode += "," + relabel
			}
			host.Binds = append(host.Binds, source+":"+inside+":"+mode)
		}
	}
	for _, entry := range want.objects("mounts") {
		if entry.object("volumeOptions") != nil && entry.text("type") == "volume" && apiVersion < "1.45" {
			return errors.New("setting VolumeOptions.Subpath requires docker version 1.45 or higher")
		}
		host.Mounts = append(host.Mounts, mountOf(entry))
	}
	return nil
}

func mountOf(entry values) mount.Mount {
	made := mount.Mount{
		Type: mount.Type(entry.text("type")), Source: entry.text("source"), Target: entry.text("target"),
		ReadOnly: entry.yes("readOnly"),
	}
	// The engine refuses options of another type than the mount's.
	switch made.Type {
	case mount.TypeBind:
		if options := entry.object("bindOptions"); options != nil {
			made.BindOptions = &mount.BindOptions{Propagation: mount.Propagation(options.text("propagation"))}
		}
	case mount.TypeTmpfs:
		if options := entry.object("tmpfsOptions"); options != nil {
			made.TmpfsOptions = &mount.TmpfsOptions{
				SizeBytes: options.number("sizeBytes"), Mode: os.FileMode(options.number("mode")),
			}
		}
	case mount.TypeVolume:
		if options := entry.object("volumeOptions"); options != nil {
			made.VolumeOptions = &mount.VolumeOptions{
				NoCopy: options.yes("noCopy"), Labels: options.labels("labels"), Subpath: options.text("subpath"),
				DriverConfig: &mount.Driver{Name: options.text("driverName"), Options: options.table("driverOptions")},
			}
		}
	}
	return made
}

// endpointOf gives how a container is to sit in one network.
func endpointOf(entry values) *network.EndpointSettings {
	options := map[string]string{}
	for _, option := range entry.texts("driverOpts") {
		if key, value, pair := strings.Cut(option, "="); pair {
			options[key] = value
		}
	}
	return &network.EndpointSettings{
		IPAMConfig: &network.EndpointIPAMConfig{
			IPv4Address: entry.text("ipv4Address"), IPv6Address: entry.text("ipv6Address"), LinkLocalIPs: entry.texts("linkLocalIps"),
		},
		Aliases:    entry.texts("aliases"),
		MacAddress: entry.text("macAddress"),
		DriverOpts: options,
		GwPriority: int(entry.number("gwPriority")),
	}
}
