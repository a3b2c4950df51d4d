package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"wirework.invalid/lab/plugins/internal/provider"
)

// remoteCommand is command:remote:Command: it runs one command on create, one on update and one on delete.
type remoteCommand struct{}

func (remoteCommand) Check(
	_ context.Context, _ provider.Call, _, news resource.PropertyMap,
) (resource.PropertyMap, []provider.Failure, error) {
	if _, failures, err := decode[commandInputs](news); err != nil {
		if failures == nil {
			return nil, nil, err
		}
		// Marked secret all the same: what is refused is also shown.
		return complete(news), failures, nil
	}
	return complete(news), nil, nil
}

func (remoteCommand) Diff(
	_ context.Context, _ provider.Call, diff provider.DiffRequest,
) (*rpc.DiffResponse, error) {
	news := maps.Clone(diff.News)
	for _, name := range diff.IgnoreChanges {
		if old, ok := diff.State[resource.PropertyKey(name)]; ok {
			news[resource.PropertyKey(name)] = old
		}
	}
	maps.DeleteFunc(news, func(key resource.PropertyKey, _ resource.PropertyValue) bool {
		return key == "version" || strings.HasPrefix(string(key), "__")
	})
	changes := normal(diff.OldInputs).Diff(normal(news))
	response := &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true}
	if !changes.AnyChanges() {
		return response, nil
	}
	response.Changes = rpc.DiffResponse_DIFF_SOME
	response.DetailedDiff = map[string]*rpc.PropertyDiff{}
	touched := map[string]bool{}
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(changes, false) {
		kind := change.Kind
		// Only the whole list replaces here: it appears or goes. That a changed element replaces, too, is the SDK's
		// own replaceOnChanges option, which the engine applies.
		if path == "triggers" {
			kind = kind.AsReplace()
			response.Replaces = append(response.Replaces, path)
		}
		response.DetailedDiff[path] = &rpc.PropertyDiff{
			Kind: rpc.PropertyDiff_Kind(kind), InputDiff: change.InputDiff,
		}
		touched[head(path)] = true
	}
	response.Diffs = slices.Sorted(maps.Keys(touched))
	return response, nil
}

func head(path string) string {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil || len(parsed) == 0 {
		return path
	}
	return fmt.Sprint(parsed[0])
}

// normal puts the wrappings of secret and unknown values in one order, so that equal values compare equal.
func normal(props resource.PropertyMap) resource.PropertyMap {
	value := resource.FromResourcePropertyValue(resource.NewProperty(props))
	return resource.ToResourcePropertyValue(value).ObjectValue()
}

func (remoteCommand) Create(
	ctx context.Context, call provider.Call, inputs resource.PropertyMap, preview bool,
) (string, resource.PropertyMap, error) {
	decoded, _, err := decode[commandInputs](inputs)
	if err != nil {
		return "", nil, fmt.Errorf("invalid inputs: %w", err)
	}
	id, err := resource.NewUniqueHex(call.Name, 8, 0)
	if err != nil {
		return "", nil, err
	}
	if preview {
		unknown := resource.MakeComputed(resource.NewProperty(""))
		return id, withOutputs(inputs, unknown, unknown), nil
	}
	var result outputs
	if decoded.Create != nil {
		result, err = run(ctx, call.Log, *decoded.Create, commandState{commandInputs: decoded})
		if err != nil {
			return "", nil, err
		}
	}
	return id, result.addTo(inputs), nil
}

func (remoteCommand) Update(
	ctx context.Context, call provider.Call, update provider.UpdateRequest,
) (resource.PropertyMap, error) {
	old, _, err := decode[commandState](update.State)
	if err != nil {
		return nil, fmt.Errorf("invalid state: %w", err)
	}
	decoded, _, err := decode[commandInputs](update.News)
	if err != nil {
		return nil, fmt.Errorf("invalid inputs: %w", err)
	}
	result := outputs{stdout: old.Stdout, stderr: old.Stderr}
	if update.Preview {
		if !outputsMayChange(update.State, update.News) {
			return result.addTo(update.News), nil
		}
		return withOutputs(update.News,
			resource.MakeComputed(resource.NewProperty(result.stdout)),
			resource.MakeComputed(resource.NewProperty(result.stderr))), nil
	}
	command := decoded.Update
	if command == nil {
		command = decoded.Create
	}
	if command != nil {
		state := commandState{commandInputs: decoded, Stdout: old.Stdout, Stderr: old.Stderr}
		if result, err = run(ctx, call.Log, *command, state); err != nil {
			return nil, err
		}
	}
	return result.addTo(update.News), nil
}

// outputsMayChange says whether a preview must call the outputs unknown: an input is unknown, or differs from the one in
// the state. An input that the state does not have at all does not count; the original has it so.
func outputsMayChange(state, news resource.PropertyMap) bool {
	for _, name := range inputNames {
		value := resource.FromResourcePropertyValue(news[name])
		if value.IsComputed() {
			return true
		}
		old, ok := state[name]
		if ok && !value.Equals(resource.FromResourcePropertyValue(old)) {
			return true
		}
	}
	return false
}

// Read knows nothing better than the state: what a command did cannot be looked at.
func (remoteCommand) Read(
	_ context.Context, _ provider.Call, read provider.ReadRequest,
) (string, resource.PropertyMap, resource.PropertyMap, error) {
	return read.ID, read.State, read.Inputs, nil
}

func (remoteCommand) Delete(
	ctx context.Context, call provider.Call, _ string, _, props resource.PropertyMap,
) error {
	state, _, err := decode[commandState](props)
	if err != nil {
		return fmt.Errorf("invalid state: %w", err)
	}
	if state.Delete == nil {
		return nil
	}
	_, err = run(ctx, call.Log, *state.Delete, state)
	return err
}

func withOutputs(inputs resource.PropertyMap, stdout, stderr resource.PropertyValue) resource.PropertyMap {
	result := maps.Clone(inputs)
	result["stdout"], result["stderr"] = stdout, stderr
	return result
}
