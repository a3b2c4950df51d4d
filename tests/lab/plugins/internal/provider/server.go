package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

type server struct {
	rpc.UnimplementedResourceProviderServer
	plugin *Plugin
	host   *sdk.HostClient
}

func in(label string, value *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(value, marshalOptions(label))
}

func out(label string, value resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(value, marshalOptions(label))
}

func checked(props resource.PropertyMap, failures []Failure) (*rpc.CheckResponse, error) {
	inputs, err := out("checked inputs", props)
	if err != nil {
		return nil, err
	}
	response := &rpc.CheckResponse{Inputs: inputs}
	for _, f := range failures {
		response.Failures = append(response.Failures, &rpc.CheckFailure{Property: f.Property, Reason: f.Reason})
	}
	return response, nil
}

func (s *server) resource(rawURN string) (Resource, Call, error) {
	urn := resource.URN(rawURN)
	call := Call{URN: urn, Type: string(urn.Type()), Name: urn.Name(), Log: Logger{host: s.host, urn: urn}}
	found, ok := s.plugin.Resources[call.Type]
	if !ok {
		return nil, call, status.Errorf(codes.NotFound,
			"%s: the lab's stand-in for the %s plugin does not have this resource type", call.Type, s.plugin.Name)
	}
	return found, call, nil
}

func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: s.plugin.Version}, nil
}

func (s *server) Attach(_ context.Context, request *rpc.PluginAttach) (*emptypb.Empty, error) {
	host, err := sdk.NewHostClient(request.Address)
	if err != nil {
		return nil, err
	}
	s.host = host
	return &emptypb.Empty{}, nil
}

func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (s *server) GetSchema(context.Context, *rpc.GetSchemaRequest) (*rpc.GetSchemaResponse, error) {
	return &rpc.GetSchemaResponse{Schema: string(s.plugin.Schema)}, nil
}

func (s *server) CheckConfig(_ context.Context, request *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	if s.plugin.CheckConfig == nil {
		return &rpc.CheckResponse{Inputs: request.News}, nil
	}
	news, err := in("configuration", request.News)
	if err != nil {
		return nil, err
	}
	props, failures, err := s.plugin.CheckConfig(news)
	if err != nil {
		return nil, err
	}
	return checked(props, failures)
}

func (s *server) DiffConfig(_ context.Context, request *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	if s.plugin.DiffConfig == nil {
		return &rpc.DiffResponse{}, nil
	}
	olds, err := in("old configuration", request.OldInputs)
	if err != nil {
		return nil, err
	}
	news, err := in("new configuration", request.News)
	if err != nil {
		return nil, err
	}
	return s.plugin.DiffConfig(olds, news)
}

func (s *server) Configure(ctx context.Context, request *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	if s.plugin.Configure != nil {
		config, err := in("configuration", request.Args)
		if err != nil {
			return nil, err
		}
		if err := s.plugin.Configure(ctx, config); err != nil {
			return nil, err
		}
	}
	return proto.Clone(s.plugin.Accepts).(*rpc.ConfigureResponse), nil
}

func (s *server) Check(ctx context.Context, request *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	res, call, err := s.resource(request.Urn)
	if err != nil {
		return nil, err
	}
	olds, err := in("old inputs", request.Olds)
	if err != nil {
		return nil, err
	}
	news, err := in("new inputs", request.News)
	if err != nil {
		return nil, err
	}
	props, failures, err := res.Check(ctx, call, olds, news)
	if err != nil {
		return nil, err
	}
	return checked(props, failures)
}

func (s *server) Diff(ctx context.Context, request *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	res, call, err := s.resource(request.Urn)
	if err != nil {
		return nil, err
	}
	diff := DiffRequest{ID: request.Id, IgnoreChanges: request.IgnoreChanges}
	if diff.State, err = in("state", request.Olds); err != nil {
		return nil, err
	}
	if diff.OldInputs, err = in("old inputs", request.OldInputs); err != nil {
		return nil, err
	}
	if diff.News, err = in("new inputs", request.News); err != nil {
		return nil, err
	}
	return res.Diff(ctx, call, diff)
}

func (s *server) Create(ctx context.Context, request *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	res, call, err := s.resource(request.Urn)
	if err != nil {
		return nil, err
	}
	inputs, err := in("inputs", request.Properties)
	if err != nil {
		return nil, err
	}
	id, state, err := res.Create(ctx, call, inputs, request.Preview)
	if err != nil {
		return nil, rpcError(err)
	}
	props, err := out("state", state)
	if err != nil {
		return nil, err
	}
	return &rpc.CreateResponse{Id: id, Properties: props}, nil
}

func (s *server) Read(ctx context.Context, request *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	res, call, err := s.resource(request.Urn)
	if err != nil {
		return nil, err
	}
	read := ReadRequest{ID: request.Id}
	if read.Inputs, err = in("inputs", request.Inputs); err != nil {
		return nil, err
	}
	if read.State, err = in("state", request.Properties); err != nil {
		return nil, err
	}
	id, state, inputs, err := res.Read(ctx, call, read)
	if err != nil {
		return nil, rpcError(err)
	}
	if id == "" {
		return &rpc.ReadResponse{}, nil
	}
	response := &rpc.ReadResponse{Id: id}
	if response.Properties, err = out("state", state); err != nil {
		return nil, err
	}
	if response.Inputs, err = out("inputs", inputs); err != nil {
		return nil, err
	}
	return response, nil
}

func (s *server) Update(ctx context.Context, request *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	res, call, err := s.resource(request.Urn)
	if err != nil {
		return nil, err
	}
	update := UpdateRequest{ID: request.Id, Preview: request.Preview}
	if update.State, err = in("state", request.Olds); err != nil {
		return nil, err
	}
	if update.OldInputs, err = in("old inputs", request.OldInputs); err != nil {
		return nil, err
	}
	if update.News, err = in("new inputs", request.News); err != nil {
		return nil, err
	}
	state, err := res.Update(ctx, call, update)
	if err != nil {
		return nil, rpcError(err)
	}
	props, err := out("state", state)
	if err != nil {
		return nil, err
	}
	return &rpc.UpdateResponse{Properties: props}, nil
}

func (s *server) Delete(ctx context.Context, request *rpc.DeleteRequest) (*emptypb.Empty, error) {
	res, call, err := s.resource(request.Urn)
	if err != nil {
		return nil, err
	}
	inputs, err := in("inputs", request.OldInputs)
	if err != nil {
		return nil, err
	}
	state, err := in("state", request.Properties)
	if err != nil {
		return nil, err
	}
	if err := res.Delete(ctx, call, request.Id, inputs, state); err != nil {
		return nil, rpcError(err)
	}
	return &emptypb.Empty{}, nil
}

// rpcError keeps the state of a half-made object beside the reason, as the engine's protocol has it.
func rpcError(err error) error {
	var partial *PartialError
	if !errors.As(err, &partial) {
		return err
	}
	state, marshalErr := out("state", partial.State)
	if marshalErr != nil {
		return fmt.Errorf("%w (and its state cannot be kept: %v)", err, marshalErr)
	}
	inputs, marshalErr := out("inputs", partial.Inputs)
	if marshalErr != nil {
		return fmt.Errorf("%w (and its inputs cannot be kept: %v)", err, marshalErr)
	}
	detail := &rpc.ErrorResourceInitFailed{
		Id: partial.ID, Properties: state, Inputs: inputs, Reasons: []string{err.Error()},
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, err.Error()), detail)
}
