// Package kubernetes is the stand-in for Pulumi's Kubernetes provider: objects by server-side apply, with waiting.
package kubernetes

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"preview-environments.sandbox/plugins/internal/engine"
	"preview-environments.sandbox/plugins/internal/helm"
)

// Version is that of the npm package the stand-in is made for.
const Version = "4.34.2"

const releaseType = "kubernetes:helm.sh/v3:Release"

// Provider manages the objects of one cluster for the engine.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	logs *engine.Log
	// waiting ends when the engine cancels, and with it every wait.
	waiting context.Context
	stop    context.CancelFunc

	cluster *cluster
	// noCluster is why there is no cluster: a broken kubeconfig is an error only where the cluster is needed.
	noCluster   error
	mutable     mutability
	alwaysForce bool
	upsert      bool
	releases    *helm.Releases
}

// NewProvider is a provider to be configured.
func NewProvider(logs *engine.Log) *Provider {
	waiting, stop := context.WithCancel(context.Background())
	return &Provider{logs: logs, waiting: waiting, stop: stop, noCluster: fmt.Errorf("the provider is not configured")}
}

// Stop ends all waiting. What was created so far is answered as not ready, so that the state keeps it.
func (p *Provider) Stop() { p.stop() }

func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.stop()
	return &emptypb.Empty{}, nil
}

func (p *Provider) Attach(_ context.Context, request *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, p.logs.Connect(request.GetAddress())
}

func (p *Provider) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, SupportsAutonamingConfiguration: true}, nil
}

func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return nil, notInStandIn("the provider's schema (GetSchema)")
}

func (p *Provider) Invoke(_ context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, notInStandIn(fmt.Sprintf("function %q", request.GetTok()))
}

func (p *Provider) Call(_ context.Context, request *pulumirpc.CallRequest) (*pulumirpc.CallResponse, error) {
	return nil, notInStandIn(fmt.Sprintf("method %q", request.GetTok()))
}

func (p *Provider) Construct(_ context.Context, request *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	return nil, notInStandIn(fmt.Sprintf("component %q (resource %q)", request.GetType(), request.GetName()))
}

func notInStandIn(what string) error {
	return status.Errorf(codes.Unimplemented, "%s is not in the resource-kubernetes stand-in of preview-environments: install the official plugin", what)
}

// kindOf is the kind a resource's type names: kubernetes:apps/v1:Deployment is Deployment of apps/v1.
func kindOf(urn string) (schema.GroupVersionKind, error) {
	token := string(resource.URN(urn).Type())
	rest, isKubernetes := strings.CutPrefix(token, "kubernetes:")
	groupVersion, kind, hasKind := strings.Cut(rest, ":")
	if !isKubernetes || !hasKind {
		return schema.GroupVersionKind{}, fmt.Errorf("resource type %q is not one of the Kubernetes provider", token)
	}
	parsed, err := schema.ParseGroupVersion(groupVersion)
	if err != nil {
		return schema.GroupVersionKind{}, fmt.Errorf("resource type %q: %w", token, err)
	}
	return canonical(parsed.WithKind(kind)), nil
}

func isRelease(urn string) bool { return string(resource.URN(urn).Type()) == releaseType }

// isPatch tells whether a resource changes an object that others own: ConfigMapPatch of kind ConfigMap.
func isPatch(urn string, object *unstructured.Unstructured) bool {
	kind, err := kindOf(urn)
	return err == nil && object.GetKind() != "" && kind.Kind == object.GetKind()+"Patch"
}

// unsupported names the types the official provider has and the stand-in has not.
func unsupported(urn string, object *unstructured.Unstructured) error {
	kind, err := kindOf(urn)
	if err != nil {
		return err
	}
	switch {
	case kind.Group == "helm.sh" || kind.Group == "yaml" || kind.Group == "kustomize":
		return notInStandIn(fmt.Sprintf("resource type %q", resource.URN(urn).Type()))
	case strings.HasSuffix(kind.Kind, "List") && object.Object["items"] != nil:
		return fmt.Errorf("list resources exist for compatibility with YAML manifests and Helm charts, " +
			"and cannot be created directly. Use the underlying resource type instead")
	}
	return nil
}

// related reads what the readiness of an object depends on.
type related struct{ cluster *cluster }

func (r related) Get(ctx context.Context, gvk schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(gvk)
	object.SetNamespace(namespace)
	client, err := r.cluster.client(object)
	if err != nil {
		return nil, err
	}
	return client.Get(ctx, name, metav1.GetOptions{})
}

func (r related) List(
	ctx context.Context, gvk schema.GroupVersionKind, namespace string, options metav1.ListOptions,
) ([]unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(gvk)
	object.SetNamespace(namespace)
	client, err := r.cluster.client(object)
	if err != nil {
		return nil, err
	}
	list, err := client.List(ctx, options)
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}
