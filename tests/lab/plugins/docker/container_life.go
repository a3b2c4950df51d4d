package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// createContainer makes a container in the official order: on the default network, off it, onto each network that the
// program gives, files into it, started, and waited for.
func createContainer(ctx context.Context, api *client.Client, want values) (string, values, error) {
	image := want.text("image")
	if _, err := findImage(ctx, api, image, ""); err != nil {
		return "", nil, fmt.Errorf("unable to create container with image %s: %w", image, err)
	}
	config, host, err := containerConfig(want, api.ClientVersion())
	if err != nil {
		return "", nil, err
	}
	made, err := api.ContainerCreate(ctx, config, host, &network.NetworkingConfig{}, platformOf(want), want.text("name"))
	if err != nil {
		return "", nil, fmt.Errorf("unable to create container: %w", err)
	}
	if err := connectNetworks(ctx, api, made.ID, want.objects("networksAdvanced")); err != nil {
		return made.ID, nil, err
	}
	if err := uploadFiles(ctx, api, made.ID, want.objects("uploads")); err != nil {
		return made.ID, nil, err
	}
	if want.yes("start") {
		if err := api.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
			return made.ID, nil, fmt.Errorf("unable to start container: %w", err)
		}
		if want.yes("wait") {
			if err := waitHealthy(ctx, api, made.ID, time.Duration(want.number("waitTimeout"))*time.Second); err != nil {
				return made.ID, nil, err
			}
		}
	}
	if want.yes("attach") {
		told, err := waitEnd(ctx, api, made.ID, want.yes("logs"), want.yes("tty"))
		return made.ID, told, err
	}
	return made.ID, nil, nil
}

// platformOf reads os/architecture/variant.
func platformOf(want values) *specs.Platform {
	if !want.has("platform") {
		return nil
	}
	parts := append(strings.Split(want.text("platform"), "/"), "", "")
	return &specs.Platform{OS: parts[0], Architecture: parts[1], Variant: parts[2]}
}

func connectNetworks(ctx context.Context, api *client.Client, id string, networks []values) error {
	if len(networks) == 0 {
		return nil
	}
	err := api.NetworkDisconnect(ctx, "bridge", id, false)
	if err != nil && !strings.Contains(err.Error(), "is not connected to the network bridge") {
		return fmt.Errorf("unable to disconnect the default network: %w", err)
	}
	for _, entry := range networks {
		name := entry.text("name")
		if err := api.NetworkConnect(ctx, name, id, endpointOf(entry)); err != nil {
			return fmt.Errorf("unable to connect to network '%s': %w", name, err)
		}
	}
	return nil
}

// waitHealthy asks for the health: the engine has no call that waits for it.
func waitHealthy(ctx context.Context, api *client.Client, id string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		found, err := api.ContainerInspect(ctx, id)
		switch {
		case ctx.Err() != nil:
			return errors.New("container failed to be in healthy state")
		case err != nil:
			return fmt.Errorf("error inspecting container state: %w", err)
		case found.State == nil || found.State.Health == nil:
			return errors.New("you have supplied a 'wait' argument, but the container does not have a healthcheck " +
				"defined: remove the 'wait' argument or add a 'healthcheck'")
		case found.State.Health.Status == container.Healthy:
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// waitEnd follows a container until it ends, and gives its output where that is wanted.
func waitEnd(ctx context.Context, api *client.Client, id string, logs, tty bool) (values, error) {
	ended, failed := api.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	select {
	case err := <-failed:
		return nil, fmt.Errorf("unable to wait container end of execution: %w", err)
	case <-ended:
	}
	if !logs {
		return nil, nil
	}
	reader, err := api.ContainerLogs(ctx, id, container.LogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return nil, fmt.Errorf("unable to read container logs: %w", err)
	}
	defer reader.Close()
	var output bytes.Buffer
	if tty {
		_, err = io.Copy(&output, reader)
	} else {
		_, err = stdcopy.StdCopy(&output, &output, reader)
	}
	if err != nil {
		return nil, fmt.Errorf("unable to read container logs: %w", err)
	}
	return values{"containerLogs": text(output.String())}, nil
}

// limitKeys are what Docker changes in a container that runs. A change of any other property that does not replace
// reaches the state only, in the official plugin too.
var limitKeys = []string{
	"cpuSet", "cpuShares", "deviceReadBps", "deviceReadIops", "deviceWriteBps", "deviceWriteIops", "maxRetryCount",
	"memory", "memoryReservation", "memorySwap", "restart",
}

func updateContainer(ctx context.Context, api *client.Client, id string, change change) error {
	want := change.want
	if !change.was.yes("mustRun") && want.yes("mustRun") && want.yes("start") {
		if err := api.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
			return fmt.Errorf("unable to start container: %w", err)
		}
	}
	for _, key := range limitKeys {
		if !change.paths.Touches(key) {
			continue
		}
		limits := container.UpdateConfig{RestartPolicy: restartPolicy(want), Resources: resources(want)}
		limits.MemorySwap = memorySwap(want)
		if _, err := api.ContainerUpdate(ctx, id, limits); err != nil {
			return fmt.Errorf("unable to update a container: %w", err)
		}
		break
	}
	return nil
}

func removeContainer(ctx context.Context, api *client.Client, id string, known values) error {
	// A container that was being removed, or is gone, is what was wanted.
	done := func(err error) bool {
		return err == nil || strings.Contains(err.Error(), "No such container") ||
			strings.Contains(err.Error(), "is already in progress")
	}
	if !known.yes("attach") {
		grace := int(max(known.number("destroyGraceSeconds"), 0))
		if err := api.ContainerStop(ctx, id, container.StopOptions{Timeout: &grace}); !done(err) {
			return fmt.Errorf("error stopping container %s: %w", id, err)
		}
	}
	options := container.RemoveOptions{RemoveVolumes: known.yes("removeVolumes"), Force: true}
	if err := api.ContainerRemove(ctx, id, options); !done(err) {
		return fmt.Errorf("error deleting container %s: %w", id, err)
	}
	condition := container.WaitConditionNotRunning
	if known.yes("rm") {
		condition = container.WaitConditionRemoved
	}
	ended, failed := api.ContainerWait(ctx, id, condition)
	select {
	case <-ended:
	case err := <-failed:
		if !done(err) {
			return fmt.Errorf("error waiting for container removal '%s': %w", id, err)
		}
	}
	return nil
}
