package main

import (
	"context"
	"sort"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/blkiodev"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// readContainer tells what the official plugin reads back. Environment, labels, volumes, uploads and the networks that
// the program gave are not among it: no change to those is ever seen.
func readContainer(ctx context.Context, api *client.Client, id string, known values) (string, values, error) {
	found, err := api.ContainerInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	told := containerValues(found, known)
	addLimits(told, found)
	addState(told, found, known)
	return found.ID, told, nil
}

func containerValues(found container.InspectResponse, known values) values {
	config, host := found.Config, found.HostConfig
	image := config.Image
	if strings.HasPrefix(known.text("image"), "sha256:") {
		image = found.Image
	}
	told := values{
		"command":         texts(config.Cmd),
		"dns":             texts(host.DNS),
		"dnsOpts":         texts(host.DNSOptions),
		"dnsSearches":     texts(host.DNSSearch),
		"domainname":      text(config.Domainname),
		"entrypoints":     texts(config.Entrypoint),
		"groupAdds":       texts(host.GroupAdd),
		"hostname":        text(config.Hostname),
		"hosts":           blocks(extraHosts(host.ExtraHosts)),
		"image":           text(image),
		"init":            yes(host.Init != nil && *host.Init),
		"ipcMode":         text(string(host.IpcMode)),
		"logDriver":       text(host.LogConfig.Type),
		"mounts":          blocks(mountValues(host.Mounts)),
		"name":            text(strings.TrimLeft(found.Name, "/")),
		"networkMode":     text(string(host.NetworkMode)),
		"pidMode":         text(string(host.PidMode)),
		"platform":        text(found.Platform),
		"privileged":      yes(host.Privileged),
		"publishAllPorts": yes(host.PublishAllPorts),
		"readOnly":        yes(host.ReadonlyRootfs),
		"rm":              yes(host.AutoRemove),
		"runtime":         text(host.Runtime),
		"securityOpts":    texts(host.SecurityOpt),
		"stdinOpen":       yes(config.OpenStdin),
		"stopSignal":      text(config.StopSignal),
		"storageOpts":     table(host.StorageOpt),
		"sysctls":         table(host.Sysctls),
		"tmpfs":           table(host.Tmpfs),
		"tty":             yes(config.Tty),
		"user":            text(config.User),
		"usernsMode":      text(string(host.UsernsMode)),
		"workingDir":      text(config.WorkingDir),
	}
	if config.StopTimeout != nil {
		told["stopTimeout"] = number(*config.StopTimeout)
	}
	if known.has("logOpts") {
		told["logOpts"] = table(host.LogConfig.Config)
	}
	if known.has("devices") {
		told["devices"] = blocks(deviceValues(host.Devices, known.objects("devices")))
	}
	if len(host.CapAdd) > 0 || len(host.CapDrop) > 0 {
		told["capabilities"] = block(values{"adds": texts(host.CapAdd), "drops": texts(host.CapDrop)})
	}
	if check := config.Healthcheck; check != nil {
		told["healthcheck"] = block(values{
			"interval":      text(check.Interval.String()),
			"retries":       number(check.Retries),
			"startInterval": text(check.StartInterval.String()),
			"startPeriod":   text(check.StartPeriod.String()),
			"tests":         texts(check.Test),
			"timeout":       text(check.Timeout.String()),
		})
	}
	return told
}

func addLimits(told values, found container.InspectResponse) {
	host := found.HostConfig
	told["cpuSet"] = text(host.CpusetCpus)
	told["cpuShares"] = number(host.CPUShares)
	told["deviceReadBps"] = throttleValues(host.BlkioDeviceReadBps)
	told["deviceReadIops"] = throttleValues(host.BlkioDeviceReadIOps)
	told["deviceWriteBps"] = throttleValues(host.BlkioDeviceWriteBps)
	told["deviceWriteIops"] = throttleValues(host.BlkioDeviceWriteIOps)
	told["maxRetryCount"] = number(host.RestartPolicy.MaximumRetryCount)
	told["memory"] = number(host.Memory / mebibyte)
	told["memoryReservation"] = number(host.MemoryReservation / mebibyte)
	told["restart"] = text(string(host.RestartPolicy.Name))
	told["shmSize"] = number(host.ShmSize / mebibyte)
	told["memorySwap"] = number(host.MemorySwap)
	if host.MemorySwap > 0 {
		told["memorySwap"] = number(host.MemorySwap / mebibyte)
	}
	if host.NanoCPUs > 0 {
		told["cpus"] = text(decimal(host.NanoCPUs))
	}
	limits := []values{}
	for _, limit := range host.Ulimits {
		limits = append(limits, values{"name": text(limit.Name), "soft": number(limit.Soft), "hard": number(limit.Hard)})
	}
	told["ulimits"] = blocks(limits)
}

// decimal gives billionths as the shortest decimal number with at least one place.
func decimal(billionths int64) string {
	number := strconv.FormatFloat(float64(billionths)/1e9, 'f', -1, 64)
	if !strings.Contains(number, ".") {
		number += ".0"
	}
	return number
}

// addState tells how the container runs now. One that stands still although it must run is told as one that need not:
// the next run then sees a change, and starts it.
func addState(told values, found container.InspectResponse, known values) {
	running := found.State != nil && found.State.Running
	if settings := found.NetworkSettings; settings != nil {
		told["bridge"] = text(settings.Bridge)
		told["networkDatas"] = blocks(networkDatas(settings.Networks))
		if running || known.yes("mustRun") {
			told["ports"] = blocks(portValues(settings.Ports))
		}
	}
	if found.State != nil && !running {
		told["exitCode"] = number(found.State.ExitCode)
		if known.yes("mustRun") {
			told["mustRun"] = yes(false)
		}
	}
}

// networkDatas are in the order of the networks' names: the engine's map has none.
func networkDatas(networks map[string]*network.EndpointSettings) []values {
	names := []string{}
	for name := range networks {
		names = append(names, name)
	}
	sort.Strings(names)
	datas := []values{}
	for _, name := range names {
		endpoint := networks[name]
		datas = append(datas, values{
			"gateway":                text(endpoint.Gateway),
			"globalIpv6Address":      text(endpoint.GlobalIPv6Address),
			"globalIpv6PrefixLength": number(endpoint.GlobalIPv6PrefixLen),
			"ipAddress":              text(endpoint.IPAddress),
			"ipPrefixLength":         number(endpoint.IPPrefixLen),
			"ipv6Gateway":            text(endpoint.IPv6Gateway),
			"macAddress":             text(endpoint.MacAddress),
			"networkName":            text(name),
		})
	}
	return datas
}

func portValues(ports nat.PortMap) []values {
	inside := []nat.Port{}
	for port := range ports {
		inside = append(inside, port)
	}
	sort.Slice(inside, func(i, j int) bool {
		if inside[i].Int() != inside[j].Int() {
			return inside[i].Int() < inside[j].Int()
		}
		return inside[i].Proto() < inside[j].Proto()
	})
	list := []values{}
	for _, port := range inside {
		for _, binding := range ports[port] {
			// The engine tells a port number, or nothing.
			outside, _ := strconv.Atoi(binding.HostPort)
			list = append(list, values{
				"external": number(outside), "internal": number(port.Int()), "ip": text(binding.HostIP), "protocol": text(port.Proto()),
			})
		}
	}
	return list
}

// extraHosts splits at every colon, as the official plugin does: of an IPv6 address only the first group is left, so
// that a container with one is replaced by every run.
func extraHosts(entries []string) []values {
	list := []values{}
	for _, entry := range entries {
		parts := append(strings.Split(entry, ":"), "")
		list = append(list, values{"host": text(parts[0]), "ip": text(parts[1])})
	}
	return list
}

func deviceValues(devices []container.DeviceMapping, configured []values) []values {
	withPath := map[string]bool{}
	for _, device := range configured {
		withPath[device.text("hostPath")] = device.has("containerPath")
	}
	list := []values{}
	for _, device := range devices {
		told := values{"hostPath": text(device.PathOnHost), "permissions": text(device.CgroupPermissions)}
		if withPath[device.PathOnHost] {
			told["containerPath"] = text(device.PathInContainer)
		}
		list = append(list, told)
	}
	return list
}

func mountValues(mounts []mount.Mount) []values {
	list := []values{}
	for _, entry := range mounts {
		told := values{
			"readOnly": yes(entry.ReadOnly), "source": text(entry.Source), "target": text(entry.Target), "type": text(string(entry.Type)),
		}
		if options := entry.BindOptions; options != nil {
			told["bindOptions"] = block(values{"propagation": text(string(options.Propagation))})
		}
		if options := entry.TmpfsOptions; options != nil {
			told["tmpfsOptions"] = block(values{"mode": number(int(options.Mode)), "sizeBytes": number(options.SizeBytes)})
		}
		if options := entry.VolumeOptions; options != nil {
			volume := values{"labels": labelPairs(options.Labels), "noCopy": yes(options.NoCopy), "subpath": text(options.Subpath)}
			if driver := options.DriverConfig; driver != nil {
				volume["driverName"], volume["driverOptions"] = text(driver.Name), table(driver.Options)
			}
			told["volumeOptions"] = block(volume)
		}
		list = append(list, told)
	}
	return list
}

func throttleValues(devices []*blkiodev.ThrottleDevice) resource.PropertyValue {
	rates := []values{}
	for _, device := range devices {
		rates = append(rates, values{"path": text(device.Path), "rate": number(device.Rate)})
	}
	return blocks(rates)
}
