// Package command is the stand-in for Pulumi's command provider: programs that are run when a resource comes, changes and goes.
package command

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"preview-environments.sandbox/plugins/internal/diff"
	"preview-environments.sandbox/plugins/internal/engine"
	"preview-environments.sandbox/plugins/internal/properties"
)

// Version is that of the npm package the stand-in is made for.
const Version = "1.2.1"

const local = "command:local:Command"

// Provider runs commands for the engine. Stop ends those that run.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	logs    *engine.Log
	running context.Context
	Stop    func()
}

// NewProvider is a provider; it has nothing to configure.
func NewProvider(logs *engine.Log) *Provider {
	running, stop := context.WithCancel(context.Background())
	return &Provider{logs: logs, running: running, Stop: stop}
}

// notOffered are the inputs of the official provider that are refused here.
var notOffered = []resource.PropertyKey{"archivePaths", "assetPaths"}

func (p *Provider) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

func (p *Provider) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: request.GetNews()}, nil
}

func (p *Provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure tells the engine not to preview: what a command prints is unknown until it has run.
func (p *Provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true}, nil
}

func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.Stop()
	return &emptypb.Empty{}, nil
}

func (p *Provider) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if kind := resource.URN(request.GetUrn()).Type(); kind != local {
		return nil, notInStandIn(fmt.Sprintf("resource type %q", kind))
	}
	given, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	for _, key := range notOffered {
		if given.HasValue(key) {
			return nil, notInStandIn(fmt.Sprintf("the input %q", key))
		}
	}
	return &pulumirpc.CheckResponse{Inputs: request.GetNews()}, nil
}

// Diff updates for any change, but replaces for one of the triggers.
func (p *Provider) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	old, err := properties.Read(request.GetOldInputs())
	if err != nil {
		return nil, err
	}
	now, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	ignored, err := diff.Paths(request.GetIgnoreChanges())
	if err != nil {
		return nil, err
	}
	changes := diff.Between(properties.Plain(old), properties.Plain(now))
	isTrigger := func(change diff.Change) bool { return change.Path[0] == "triggers" }
	return diff.Answer(changes, ignored, isTrigger, func() bool { return false }), nil
}

func (p *Provider) Create(_ context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	bag, err := p.outputs(request.GetUrn(), "create", request.GetProperties(), nil)
	if err != nil {
		return nil, err
	}
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return nil, err
	}
	return &pulumirpc.CreateResponse{Id: "create" + hex.EncodeToString(id), Properties: bag}, nil
}

// Update runs the command for updates, or, where there is none, the one for creation again.
func (p *Provider) Update(_ context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	command := "update"
	given, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	if properties.String(given, command) == "" {
		command = "create"
	}
	bag, err := p.outputs(request.GetUrn(), command, request.GetNews(), request.GetOlds())
	return &pulumirpc.UpdateResponse{Properties: bag}, err
}

// Read has nothing to look at: what a command has printed lives in the state only.
func (p *Provider) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if len(request.GetProperties().GetFields()) == 0 {
		return nil, notInStandIn("the import of a command")
	}
	return &pulumirpc.ReadResponse{Id: request.GetId(), Properties: request.GetProperties(), Inputs: request.GetInputs()}, nil
}

// Delete runs the command for deletion with all that the state knows; without one there is nothing to do.
func (p *Provider) Delete(_ context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	state, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	_, err = p.run(request.GetUrn(), "delete", state, state)
	return &emptypb.Empty{}, err
}

func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return nil, notInStandIn("the provider's schema (GetSchema)")
}

func (p *Provider) Invoke(_ context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, notInStandIn(fmt.Sprintf("function %q", request.GetTok()))
}

// outputs are the inputs with what the command has printed.
func (p *Provider) outputs(urn, command string, inputs, before *structpb.Struct) (*structpb.Struct, error) {
	given, err := properties.Read(inputs)
	if err != nil {
		return nil, err
	}
	state, err := properties.Read(before)
	if err != nil {
		return nil, err
	}
	printed, err := p.run(urn, command, given, state)
	if err != nil {
		return nil, err
	}
	given["stdout"] = resource.NewStringProperty(printed.stdout)
	given["stderr"] = resource.NewStringProperty(printed.stderr)
	return properties.Write(given)
}

func notInStandIn(what string) error {
	return status.Errorf(codes.Unimplemented, "%s is not in the resource-command stand-in of preview-environments: install the official plugin", what)
}
