// Package random is the stand-in for Pulumi's random provider: values that are drawn once and kept in the state.
package random

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"preview-environments.sandbox/plugins/internal/diff"
	"preview-environments.sandbox/plugins/internal/properties"
)

// Version is that of the npm package the stand-in is made for.
const Version = "4.21.2"

// Provider draws random values for the engine.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer
}

// NewProvider is a provider; it has nothing to configure.
func NewProvider() *Provider { return &Provider{} }

// drawn is a value and what the engine knows it by.
type drawn struct {
	id      string
	outputs map[string]any
	secret  []resource.PropertyKey
}

// draws per resource type, from inputs that are complete.
var draws = map[string]struct {
	defaults map[string]any
	required []resource.PropertyKey
	draw     func(inputs) (drawn, error)
}{
	"random:index/randomBytes:RandomBytes":       {required: keys("length"), draw: bytes},
	"random:index/randomId:RandomId":             {required: keys("byteLength"), draw: id},
	"random:index/randomInteger:RandomInteger":   {required: keys("min", "max"), draw: integer},
	"random:index/randomPassword:RandomPassword": {required: keys("length"), defaults: charactersByDefault, draw: password},
	"random:index/randomPet:RandomPet":           {defaults: map[string]any{"length": 2.0, "separator": "-"}, draw: pet},
	"random:index/randomString:RandomString":     {required: keys("length"), defaults: charactersByDefault, draw: text},
	"random:index/randomUuid:RandomUuid":         {draw: uuid},
}

func keys(names ...resource.PropertyKey) []resource.PropertyKey { return names }

func typeOf(urn string) string { return string(resource.URN(urn).Type()) }

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

// Configure tells the engine not to preview creations: a value is unknown until it is drawn.
func (p *Provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true}, nil
}

func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (p *Provider) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	kind, known := draws[typeOf(request.GetUrn())]
	if !known {
		return nil, notInStandIn(fmt.Sprintf("resource type %q", typeOf(request.GetUrn())))
	}
	given, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{Inputs: request.GetNews()}
	for _, key := range kind.required {
		if !given.HasValue(key) && !properties.IsUnknown(given, string(key)) {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{
				Property: string(key), Reason: fmt.Sprintf("missing required property %q", key)})
		}
	}
	return response, nil
}

// Diff replaces the value for any change: that is what keepers are for.
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
	return diff.Answer(changes, ignored, func(diff.Change) bool { return true }, func() bool { return false }), nil
}

func (p *Provider) Create(_ context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	kind, known := draws[typeOf(request.GetUrn())]
	if !known {
		return nil, notInStandIn(fmt.Sprintf("resource type %q", typeOf(request.GetUrn())))
	}
	given, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	complete := resource.NewPropertyMapFromMap(kind.defaults)
	for key, value := range given {
		complete[key] = value
	}
	drawn, err := kind.draw(inputs(properties.Plain(complete)))
	if err != nil {
		return nil, err
	}
	for key, value := range resource.NewPropertyMapFromMap(drawn.outputs) {
		complete[key] = value
	}
	for _, key := range drawn.secret {
		complete[key] = resource.MakeSecret(complete[key])
	}
	bag, err := properties.Write(complete)
	return &pulumirpc.CreateResponse{Id: drawn.id, Properties: bag}, err
}

// Read has nothing to look at: a value lives in the state only.
func (p *Provider) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if len(request.GetProperties().GetFields()) == 0 {
		return nil, notInStandIn(fmt.Sprintf("the import of %q", typeOf(request.GetUrn())))
	}
	return &pulumirpc.ReadResponse{Id: request.GetId(), Properties: request.GetProperties(), Inputs: request.GetInputs()}, nil
}

func (p *Provider) Delete(context.Context, *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return nil, notInStandIn("the provider's schema (GetSchema)")
}

func (p *Provider) Invoke(_ context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, notInStandIn(fmt.Sprintf("function %q", request.GetTok()))
}

func notInStandIn(what string) error {
	return status.Errorf(codes.Unimplemented, "%s is not in the resource-random stand-in of preview-environments: install the official plugin", what)
}
