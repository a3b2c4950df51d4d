package main

import (
	"strings"
	"testing"

	"github.com/docker/docker/api/types/network"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// planned gives the plan for a container that is yet to be made.
func planned(t *testing.T, inputs map[string]any) values {
	t.Helper()
	all := map[string]any{"image": "image", "name": "agent"}
	for key, value := range inputs {
		all[key] = value
	}
	checked, failures := containerKind.shape.Check("agent", nil, resource.NewPropertyMapFromMap(all))
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	return values(containerKind.shape.Plan(nil, checked))
}

func TestContainerConfig(t *testing.T) {
	config, host, err := containerConfig(planned(t, map[string]any{
		"cpus": "1.5", "memory": 64, "memorySwap": -1, "gpus": "all",
		"ports":        []any{map[string]any{"internal": 80}, map[string]any{"internal": 53, "external": 5353, "protocol": "udp"}},
		"devices":      []any{map[string]any{"hostPath": "/dev/net/tun"}},
		"securityOpts": []any{"systempaths=unconfined", "no-new-privileges"},
		"volumes":      []any{map[string]any{"hostPath": "/a", "containerPath": "/b", "readOnly": true}},
	}), "1.41")
	if err != nil {
		t.Fatal(err)
	}
	if host.NanoCPUs != 1_500_000_000 || host.Memory != 64<<20 || host.MemorySwap != -1 || len(host.DeviceRequests) != 1 {
		t.Errorf("limits: %+v", host.Resources)
	}
	if host.NetworkMode != "bridge" || host.RestartPolicy.Name != "no" || *host.Init {
		t.Errorf("defaults: %v %v %v", host.NetworkMode, host.RestartPolicy, *host.Init)
	}
	if got := host.PortBindings["80/tcp"][0]; got.HostIP != "0.0.0.0" || got.HostPort != "0" {
		t.Errorf("a port without a number of its own: %+v", got)
	}
	if got := host.PortBindings["53/udp"][0].HostPort; got != "5353" {
		t.Errorf("udp port: %s", got)
	}
	if got := host.Devices[0]; got.PathInContainer != "/dev/net/tun" || got.CgroupPermissions != "rwm" {
		t.Errorf("device: %+v", got)
	}
	if len(host.SecurityOpt) != 1 || host.MaskedPaths == nil {
		t.Errorf("security options: %v %v", host.SecurityOpt, host.MaskedPaths)
	}
	if len(host.Binds) != 1 || host.Binds[0] != "/a:/b:ro" || len(config.Volumes) != 1 {
		t.Errorf("volumes: %v %v", host.Binds, config.Volumes)
	}
}

func TestContainerConfigRefuses(t *testing.T) {
	for reason, inputs := range map[string]map[string]any{
		"may not be empty":   {"command": []any{"sh", ""}},
		"without container":  {"volumes": []any{map[string]any{"hostPath": "/a"}}},
		"version 1.45":       {"mounts": []any{map[string]any{"type": "volume", "target": "/a", "volumeOptions": map[string]any{"noCopy": true}}}},
		"setting cpus":       {"cpus": "many"},
		"cgroupnsMode":       {"cgroupnsMode": "mine"},
		"invalid syntax":     {"gpus": "count=x"},
		"container and a pa": {"volumes": []any{map[string]any{"fromContainer": "x", "containerPath": "/a"}}},
	} {
		_, _, err := containerConfig(planned(t, inputs), "1.41")
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestEndpoint(t *testing.T) {
	endpoint := endpointOf(planned(t, map[string]any{"networksAdvanced": []any{map[string]any{
		"name": "lan", "ipv4Address": "192.0.2.7", "macAddress": "02:00:00:00:00:07",
		"driverOpts": []any{"com.docker.network.endpoint.ifname=lan0"}, "gwPriority": 2,
	}}}).objects("networksAdvanced")[0])
	if endpoint.IPAMConfig.IPv4Address != "192.0.2.7" || endpoint.MacAddress != "02:00:00:00:00:07" ||
		endpoint.GwPriority != 2 || endpoint.DriverOpts["com.docker.network.endpoint.ifname"] != "lan0" {
		t.Errorf("endpoint: %+v", endpoint)
	}
}

func TestNetworkDatasComeByName(t *testing.T) {
	datas := networkDatas(map[string]*network.EndpointSettings{"b": {IPAddress: "192.0.2.2"}, "a": {IPAddress: "192.0.2.1"}})
	if datas[0].text("networkName") != "a" || datas[1].text("ipAddress") != "192.0.2.2" {
		t.Errorf("networks: %v", datas)
	}
}

func TestSamePorts(t *testing.T) {
	port := func(inside, outside int) values {
		return values{"internal": number(inside), "external": number(outside), "ip": text("0.0.0.0"), "protocol": text("tcp")}
	}
	one, two, other := port(80, 8080), port(81, 8081), port(81, 8082)
	if !samePorts(blocks([]values{one, two}), blocks([]values{two, one})) {
		t.Error("the order of ports means nothing")
	}
	if samePorts(blocks([]values{one, two}), blocks([]values{one, other})) {
		t.Error("another outside port is another port")
	}
}

func TestParseConfig(t *testing.T) {
	t.Setenv("DOCKER_HOST", "tcp://192.0.2.1:2376")
	config, err := parseConfig(resource.PropertyMap{"sshOpts": text(`["-i","/a key"]`), "disableDockerDaemonCheck": text("true")})
	if err != nil || config.host != "tcp://192.0.2.1:2376" || len(config.sshOpts) != 2 || !config.skipDaemonCheck {
		t.Errorf("%+v, %v", config, err)
	}
	if _, err := parseConfig(resource.PropertyMap{"sshOpts": text("-i /a")}); err == nil {
		t.Error("sshOpts that are no list were taken")
	}
	if _, failures, _ := checkConfig(resource.PropertyMap{"hots": text("x")}); len(failures) != 1 {
		t.Errorf("an unknown key was taken: %v", failures)
	}
}
