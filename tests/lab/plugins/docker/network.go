package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"wirework.invalid/lab/plugins/docker/shape"
)

// busyTimeout is how long a network or volume may stay in use before its delete fails.
const busyTimeout = 30 * time.Second

var labelShape = shape.Shape{
	"label": {Required: true, Replace: true},
	"value": {Required: true, Replace: true},
}

// networkKind: every property replaces, there is no update of a Docker network.
var networkKind = kind{
	shape: shape.Shape{
		"attachable": {Kind: shape.Bool, Replace: true},
		"driver":     {Computed: true, Replace: true},
		"ingress":    {Kind: shape.Bool, Replace: true},
		"internal":   {Kind: shape.Bool, Computed: true, Replace: true},
		"ipamConfigs": {Kind: shape.Set, Computed: true, Replace: true, Of: shape.Shape{
			"auxAddress": {Kind: shape.Map, Replace: true},
			"gateway":    {Replace: true},
			"ipRange":    {Replace: true},
			"subnet":     {Replace: true},
		}},
		"ipamDriver":  {Default: "default", Replace: true},
		"ipamOptions": {Kind: shape.Map, Replace: true},
		"ipv6":        {Kind: shape.Bool, Replace: true},
		"labels":      {Kind: shape.Set, Replace: true, Of: labelShape},
		"name":        {Required: true, AutoName: true, Replace: true},
		"options":     {Kind: shape.Map, Computed: true, Replace: true},
		"scope":       {Output: true},
	},
	create: createNetwork,
	read:   readNetwork,
	remove: removeNetwork,
}

func networkOptions(want values) network.CreateOptions {
	options := network.CreateOptions{
		Driver:     want.text("driver"),
		Internal:   want.yes("internal"),
		Attachable: want.yes("attachable"),
		Ingress:    want.yes("ingress"),
		Labels:     want.labels("labels"),
		Options:    want.table("options"),
		IPAM: &network.IPAM{
			Driver:  want.text("ipamDriver"),
			Options: want.table("ipamOptions"),
		},
	}
	if want.has("ipv6") {
		enable := true
		options.EnableIPv6 = &enable
	}
	for _, pool := range want.objects("ipamConfigs") {
		options.IPAM.Config = append(options.IPAM.Config, network.IPAMConfig{
			Subnet:     pool.text("subnet"),
			IPRange:    pool.text("ipRange"),
			Gateway:    pool.text("gateway"),
			AuxAddress: pool.table("auxAddress"),
		})
	}
	return options
}

func createNetwork(ctx context.Context, api *client.Client, want values) (string, values, error) {
	made, err := api.NetworkCreate(ctx, want.text("name"), networkOptions(want))
	if err != nil {
		return "", nil, fmt.Errorf("unable to create network: %w", err)
	}
	return made.ID, nil, nil
}

func readNetwork(ctx context.Context, api *client.Client, id string, _ values) (string, values, error) {
	found, err := api.NetworkInspect(ctx, id, network.InspectOptions{})
	if errdefs.IsNotFound(err) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("unable to inspect network: %w", err)
	}
	return found.ID, networkValues(found), nil
}

func networkValues(found network.Inspect) values {
	pools := []values{}
	for _, config := range found.IPAM.Config {
		pool := values{}
		for key, value := range map[resource.PropertyKey]string{
			"subnet": config.Subnet, "ipRange": config.IPRange, "gateway": config.Gateway,
		} {
			if value != "" {
				pool[key] = text(value)
			}
		}
		if len(config.AuxAddress) > 0 {
			pool["auxAddress"] = table(config.AuxAddress)
		}
		pools = append(pools, pool)
	}
	return values{
		"attachable":  yes(found.Attachable),
		"driver":      text(found.Driver),
		"ingress":     yes(found.Ingress),
		"internal":    yes(found.Internal),
		"ipamConfigs": blocks(pools),
		"ipamDriver":  text(found.IPAM.Driver),
		"ipamOptions": table(found.IPAM.Options),
		"ipv6":        yes(found.EnableIPv6),
		"labels":      labelPairs(found.Labels),
		"name":        text(found.Name),
		"options":     table(found.Options),
		"scope":       text(found.Scope),
	}
}

func removeNetwork(ctx context.Context, api *client.Client, id string, _ values) error {
	return untilFree(ctx, "has active endpoints", func() error {
		if _, err := api.NetworkInspect(ctx, id, network.InspectOptions{}); err != nil {
			return nil
		}
		return api.NetworkRemove(ctx, id)
	})
}

// untilFree repeats a removal while the engine says that the object is in use, for a while.
func untilFree(ctx context.Context, busy string, remove func() error) error {
	const pause = 250 * time.Millisecond
	for deadline := time.Now().Add(busyTimeout); ; {
		err := remove()
		if err == nil || !strings.Contains(err.Error(), busy) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("timeout while waiting for state to become 'removed' (timeout: %s): %w", busyTimeout, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
