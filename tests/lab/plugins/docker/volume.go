package main

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"

	"wirework.invalid/lab/plugins/docker/shape"
)

var volumeKind = kind{
	shape: shape.Shape{
		"driver":     {Computed: true, Replace: true},
		"driverOpts": {Kind: shape.Map, Replace: true},
		"labels":     {Kind: shape.Set, Replace: true, Of: labelShape},
		"mountpoint": {Output: true},
		"name":       {Computed: true, AutoName: true, Replace: true},
	},
	create: createVolume,
	read:   readVolume,
	remove: func(ctx context.Context, api *client.Client, id string, _ values) error {
		return untilFree(ctx, "volume is in use", func() error { return api.VolumeRemove(ctx, id, true) })
	},
}

func createVolume(ctx context.Context, api *client.Client, want values) (string, values, error) {
	made, err := api.VolumeCreate(ctx, volume.CreateOptions{
		Name:       want.text("name"),
		Driver:     want.text("driver"),
		DriverOpts: want.table("driverOpts"),
		Labels:     want.labels("labels"),
	})
	if err != nil {
		return "", nil, fmt.Errorf("unable to create volume: %w", err)
	}
	return made.Name, nil, nil
}

func readVolume(ctx context.Context, api *client.Client, id string, _ values) (string, values, error) {
	found, err := api.VolumeInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("unable to inspect volume: %w", err)
	}
	return found.Name, values{
		"driver":     text(found.Driver),
		"driverOpts": table(found.Options),
		"labels":     labelPairs(found.Labels),
		"mountpoint": text(found.Mountpoint),
		"name":       text(found.Name),
	}, nil
}
