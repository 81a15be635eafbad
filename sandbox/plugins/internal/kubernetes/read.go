package kubernetes

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"preview-environments.sandbox/plugins/internal/await"
	"preview-environments.sandbox/plugins/internal/properties"
)

// Read answers with the object as it is now. One that does not exist any more has no id; that is only said when the API
// server said so.
func (p *Provider) Read(ctx context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if p.noCluster != nil {
		return nil, p.noCluster
	}
	if isRelease(request.GetUrn()) {
		return p.releases.Read(ctx, request)
	}
	state, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	oldInputs, err := properties.Read(request.GetInputs())
	if err != nil {
		return nil, err
	}
	namespace, name := parseID(request.GetId())
	if name == "" {
		return nil, fmt.Errorf("id %q names no object: must be \"name\" or \"namespace/name\"", request.GetId())
	}
	known := objectOf(oldInputs)
	isImport := known.GetKind() == ""
	if isImport {
		gvk, err := kindOf(request.GetUrn())
		if err != nil {
			return nil, err
		}
		known.SetGroupVersionKind(gvk)
		known.SetNamespace(namespace)
	}

	live, err := p.readObject(ctx, known, name)
	if isNoSuchKind(err) || apierrors.IsNotFound(err) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s %q: %w", known.GetKind(), request.GetId(), unreachable(err))
	}

	inputs := inputsOf(live)
	if !isImport {
		inputs = pruneObject(live, normalize(known)).Object
	}
	newInputs := resource.NewPropertyMapFromMap(inputs)
	properties.KeepSecrets(newInputs, oldInputs)
	hideSecretData(newInputs)
	apiVersion := properties.String(state, keyInitialAPIVersion)
	if apiVersion == "" {
		apiVersion = live.GetAPIVersion()
	}
	newState := stateOf(live, newInputs, apiVersion, fieldManagerOf(known, state))

	if !isImport && !isSet(known, annotationSkipAwait) {
		var failure *await.Failure
		if errors.As(await.Now(ctx, live, related{p.cluster}), &failure) {
			return nil, properties.InitFailed(request.GetId(), newState, newInputs, failure.Reasons...)
		}
	}
	stateBag, err := properties.Write(newState)
	if err != nil {
		return nil, err
	}
	inputsBag, err := properties.Write(newInputs)
	return &pulumirpc.ReadResponse{Id: request.GetId(), Properties: stateBag, Inputs: inputsBag}, err
}

func (p *Provider) readObject(ctx context.Context, known *unstructured.Unstructured, name string) (*unstructured.Unstructured, error) {
	client, err := p.cluster.client(known)
	if err != nil {
		return nil, err
	}
	return client.Get(ctx, name, metav1.GetOptions{})
}

// inputsOf are the inputs that would have made a live object, for an import: all but what the API server writes.
func inputsOf(live *unstructured.Unstructured) map[string]any {
	inputs, _ := copyValue(live.Object).(map[string]any)
	delete(inputs, "status")
	for _, field := range serverMetadata {
		unstructured.RemoveNestedField(inputs, "metadata", field)
	}
	for _, annotation := range []string{"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"} {
		unstructured.RemoveNestedField(inputs, "metadata", "annotations", annotation)
	}
	return inputs
}
