package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"wirework.invalid/lab/plugins/docker/shape"
)

// imageKind covers images that are there already, and pulls without a login; builds are not in the stand-in.
var imageKind = kind{
	shape: shape.Shape{
		"forceRemove":  {Kind: shape.Bool},
		"imageId":      {Output: true},
		"keepLocally":  {Kind: shape.Bool},
		"name":         {Required: true, Replace: true},
		"platform":     {Replace: true},
		"pullTriggers": {Kind: shape.Set, Replace: true},
		"repoDigest":   {Output: true},
		"triggers":     {Kind: shape.Map, Replace: true},
	},
	create: createImage,
	read:   readImage,
	update: func(ctx context.Context, api *client.Client, _ string, change change) error {
		_, _, err := createImage(ctx, api, change.want)
		return err
	},
	remove: removeImage,
}

func createImage(ctx context.Context, api *client.Client, want values) (string, values, error) {
	name := want.text("name")
	found, err := findImage(ctx, api, name, want.text("platform"))
	if err != nil {
		return "", nil, fmt.Errorf("unable to read Docker image into resource: %w", err)
	}
	return found.ID + name, nil, nil
}

// findImage looks an image up, and pulls it where it is missing.
func findImage(ctx context.Context, api *client.Client, name, platform string) (image.InspectResponse, error) {
	if name == "" {
		return image.InspectResponse{}, errors.New("empty image name is not allowed")
	}
	found, err := api.ImageInspect(ctx, name)
	if err == nil || !errdefs.IsNotFound(err) {
		return found, err
	}
	progress, err := api.ImagePull(ctx, name, image.PullOptions{Platform: platform})
	if err != nil {
		return image.InspectResponse{}, fmt.Errorf("unable to pull image %s: %w", name, err)
	}
	defer progress.Close()
	// The pull has ended when its progress has.
	if _, err := io.Copy(io.Discard, progress); err != nil {
		return image.InspectResponse{}, fmt.Errorf("unable to pull image %s: %w", name, err)
	}
	if found, err = api.ImageInspect(ctx, name); err != nil {
		return image.InspectResponse{}, fmt.Errorf("unable to find or pull image %s: %w", name, err)
	}
	return found, nil
}

func readImage(ctx context.Context, api *client.Client, _ string, known values) (string, values, error) {
	name := known.text("name")
	found, err := api.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("error looking up local image %q: %w", name, err)
	}
	digest := ""
	if len(found.RepoDigests) > 0 {
		digest = found.RepoDigests[0]
	}
	return found.ID + name, values{"imageId": text(found.ID), "repoDigest": text(digest)}, nil
}

func removeImage(ctx context.Context, api *client.Client, _ string, known values) error {
	if known.yes("keepLocally") {
		return nil
	}
	name := known.text("name")
	_, err := api.ImageRemove(ctx, name, image.RemoveOptions{Force: known.yes("forceRemove")})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("unable to remove Docker image: %w", err)
	}
	return nil
}
