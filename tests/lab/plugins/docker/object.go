package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/docker/client"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"wirework.invalid/lab/plugins/docker/shape"
	"wirework.invalid/lab/plugins/internal/provider"
)

// kind is what is particular to one resource type. All functions work on plans and states, never on raw inputs.
type kind struct {
	shape shape.Shape
	// deleteFirst: a replacement always deletes first, whoever chose the name.
	deleteFirst bool
	// create makes the object. An id beside an error means that it exists, but is not as it was wanted. What it
	// returns as values is what only the making can tell.
	create func(ctx context.Context, api *client.Client, want values) (id string, told values, err error)
	// read gives the values that the engine tells; an empty id means that the object is gone.
	read func(ctx context.Context, api *client.Client, id string, known values) (foundID string, told values, err error)
	// update changes an object in place; nil where there is nothing that could be changed.
	update func(ctx context.Context, api *client.Client, id string, change change) error
	remove func(ctx context.Context, api *client.Client, id string, known values) error
}

// change is what an update is told.
type change struct {
	was, want values
	paths     shape.Changes
}

// object is a resource of one kind, at one engine.
type object struct {
	engine *connection
	kind   kind
}

func (o *object) Check(
	_ context.Context, call provider.Call, olds, news resource.PropertyMap,
) (resource.PropertyMap, []provider.Failure, error) {
	inputs, failures := o.kind.shape.Check(call.Name, olds, news)
	return inputs, failures, nil
}

func (o *object) Diff(_ context.Context, _ provider.Call, diff provider.DiffRequest) (*rpc.DiffResponse, error) {
	changes := o.kind.shape.Compare(diff.State, o.kind.shape.Plan(diff.State, diff.News))
	changes.Ignore(diff.IgnoreChanges)
	deleteFirst := o.kind.deleteFirst || o.kind.shape.NamedByProgram(diff.News)
	return changes.Response(o.kind.shape, deleteFirst), nil
}

func (o *object) Create(
	ctx context.Context, call provider.Call, inputs resource.PropertyMap, preview bool,
) (string, resource.PropertyMap, error) {
	planned := o.kind.shape.Plan(nil, inputs)
	if preview {
		return "", planned, nil
	}
	api, err := o.engine.client(ctx)
	if err != nil {
		return "", nil, err
	}
	id, told, err := o.kind.create(ctx, api, values(planned))
	if err == nil {
		var read values
		want := values(o.kind.shape.Applied(planned, resource.PropertyMap(told)))
		if id, read, err = o.kind.read(ctx, api, id, want); err == nil && id == "" {
			err = errors.New("the object was gone as soon as it was made")
		}
		told = told.with(read)
	}
	state := o.kind.shape.Applied(planned, resource.PropertyMap(told))
	if err != nil && id != "" {
		// The object is there: it is kept in the state, so that the next run can put it right or remove it.
		err = &provider.PartialError{
			ID: id, State: state, Inputs: inputs, Err: fmt.Errorf("creating %s: %w", call.URN, err),
		}
	}
	return id, state, err
}

func (o *object) Read(
	ctx context.Context, _ provider.Call, read provider.ReadRequest,
) (string, resource.PropertyMap, resource.PropertyMap, error) {
	api, err := o.engine.client(ctx)
	if err != nil {
		return "", nil, nil, err
	}
	id, told, err := o.kind.read(ctx, api, read.ID, values(read.State))
	if err != nil || id == "" {
		return "", nil, nil, err
	}
	state := o.kind.shape.Read(read.State, resource.PropertyMap(told))
	return id, state, o.kind.shape.Refreshed(read.Inputs, state), nil
}

func (o *object) Update(
	ctx context.Context, _ provider.Call, update provider.UpdateRequest,
) (resource.PropertyMap, error) {
	planned := o.kind.shape.Plan(update.State, update.News)
	if update.Preview {
		return planned, nil
	}
	api, err := o.engine.client(ctx)
	if err != nil {
		return nil, err
	}
	if o.kind.update != nil {
		paths := o.kind.shape.Compare(update.State, planned)
		change := change{was: values(update.State), want: values(planned), paths: paths}
		if err := o.kind.update(ctx, api, update.ID, change); err != nil {
			return nil, err
		}
	}
	// The plan is the new state, unread: what an update cannot change shows up as drift at the next refresh.
	return o.kind.shape.Applied(planned, nil), nil
}

func (o *object) Delete(ctx context.Context, _ provider.Call, id string, _, state resource.PropertyMap) error {
	api, err := o.engine.client(ctx)
	if err != nil {
		return err
	}
	return o.kind.remove(ctx, api, id, values(state))
}
