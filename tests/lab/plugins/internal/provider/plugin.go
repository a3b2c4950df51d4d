// Package provider is what the lab's stand-in plugins share: it speaks the engine's provider protocol and gives each
// resource plain property maps.
package provider

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Failure is one input that Check refuses.
type Failure struct {
	Property string
	Reason   string
}

// Call is what every operation on one resource is told.
type Call struct {
	URN  resource.URN
	Type string
	// Name is the resource's name in the program.
	Name string
	Log  Logger
}

// Resource is one resource type. Property maps hold secrets and unknown values as they came.
type Resource interface {
	// Check fills in defaults and names what is wrong.
	Check(ctx context.Context, call Call, olds, news resource.PropertyMap) (resource.PropertyMap, []Failure, error)
	// Diff compares the state and inputs of last time with the new inputs.
	Diff(ctx context.Context, call Call, diff DiffRequest) (*rpc.DiffResponse, error)
	Create(ctx context.Context, call Call, inputs resource.PropertyMap, preview bool) (string, resource.PropertyMap, error)
	// Read gives state and inputs as they are now; an empty id says that the object is gone.
	Read(ctx context.Context, call Call, read ReadRequest) (string, resource.PropertyMap, resource.PropertyMap, error)
	Update(ctx context.Context, call Call, update UpdateRequest) (resource.PropertyMap, error)
	Delete(ctx context.Context, call Call, id string, inputs, state resource.PropertyMap) error
}

// DiffRequest is one comparison.
type DiffRequest struct {
	ID            string
	State         resource.PropertyMap
	OldInputs     resource.PropertyMap
	News          resource.PropertyMap
	IgnoreChanges []string
}

// ReadRequest names an object. State and inputs are nil when it is looked up for an import.
type ReadRequest struct {
	ID     string
	Inputs resource.PropertyMap
	State  resource.PropertyMap
}

// UpdateRequest is one change in place.
type UpdateRequest struct {
	ID        string
	State     resource.PropertyMap
	OldInputs resource.PropertyMap
	News      resource.PropertyMap
	Preview   bool
}

// PartialError says that an object was made or changed, but not to the end: its state is kept and the update fails.
type PartialError struct {
	ID     string
	State  resource.PropertyMap
	Inputs resource.PropertyMap
	Err    error
}

func (e *PartialError) Error() string { return e.Err.Error() }
func (e *PartialError) Unwrap() error { return e.Err }

// Plugin is one provider plugin. Functions that are nil accept everything.
type Plugin struct {
	Name    string
	Version string
	// Schema is the package schema as JSON.
	Schema    []byte
	Resources map[string]Resource
	// Accepts is the answer to Configure: what kinds of values the engine may send.
	Accepts *rpc.ConfigureResponse

	CheckConfig func(news resource.PropertyMap) (resource.PropertyMap, []Failure, error)
	DiffConfig  func(olds, news resource.PropertyMap) (*rpc.DiffResponse, error)
	Configure   func(ctx context.Context, config resource.PropertyMap) error
}

// Logger writes to the engine, under one resource.
type Logger struct {
	host *sdk.HostClient
	urn  resource.URN
}

// Say writes a message that stays in the output of the run.
func (l Logger) Say(ctx context.Context, severity diag.Severity, message string) {
	if l.host != nil {
		_ = l.host.Log(ctx, severity, l.urn, message)
	}
}

// Status writes a message that the progress display shows while the operation runs.
func (l Logger) Status(ctx context.Context, severity diag.Severity, message string) {
	if l.host != nil {
		_ = l.host.LogStatus(ctx, severity, l.urn, message)
	}
}

// Main serves the plugin until the engine closes it.
func Main(p *Plugin) {
	err := sdk.Main(p.Name, func(host *sdk.HostClient) (rpc.ResourceProviderServer, error) {
		return &server{plugin: p, host: host}, nil
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-%s: %v\n", p.Name, err)
		os.Exit(1)
	}
}

func marshalOptions(label string) plugin.MarshalOptions {
	return plugin.MarshalOptions{Label: label, KeepUnknowns: true, KeepSecrets: true, KeepResources: true, SkipNulls: true}
}
