package kubernetes

import (
	"context"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"preview-environments.sandbox/plugins/internal/properties"
)

// A create is tried again this often while its namespace or its kind does not exist yet: either may be in the making.
var createRetries = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// Create makes the object and waits until it is ready.
func (p *Provider) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	object := objectOf(inputs)
	if request.GetPreview() {
		return p.previewCreate(ctx, request, inputs, object)
	}
	if p.noCluster != nil {
		return nil, p.noCluster
	}
	if isRelease(request.GetUrn()) {
		return p.releases.Create(p.waiting, request)
	}

	manager := fieldManagerOf(object, nil)
	live, err := p.createObject(p.waiting, request.GetUrn(), object, manager)
	if err != nil {
		if isNoSuchKind(err) {
			return nil, fmt.Errorf("creation of resource %s failed because the Kubernetes API server reported that the apiVersion for this "+
				"resource does not exist. Verify that any required CRDs have been created: %w", displayName(object), err)
		}
		return nil, fmt.Errorf("resource %s was not successfully created by the Kubernetes API server: %w", displayName(object), unreachable(err))
	}

	live, failure := p.awaitReady(p.waiting, request.GetUrn(), object, live, request.GetTimeout())
	state := stateOf(live, inputs, object.GetAPIVersion(), manager)
	if failure != nil {
		return nil, properties.InitFailed(displayName(live), state, nil, append([]string{fmt.Sprintf(
			"resource %s was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live",
			displayName(live))}, failure.Reasons...)...)
	}
	bag, err := properties.Write(state)
	return &pulumirpc.CreateResponse{Id: displayName(live), Properties: bag}, err
}

// previewCreate asks the API server what it would make of the object. Where that cannot be asked yet (values, the kind or
// the namespace do not exist), or an old object of this name is still there, the inputs stand for the answer.
func (p *Provider) previewCreate(
	ctx context.Context, request *pulumirpc.CreateRequest, inputs resource.PropertyMap, object *unstructured.Unstructured,
) (*pulumirpc.CreateResponse, error) {
	asGiven := &pulumirpc.CreateResponse{Properties: request.GetProperties()}
	cannotAsk := p.noCluster != nil || inputs.ContainsUnknowns() || object.GetName() == ""
	if cannotAsk || isRelease(request.GetUrn()) || isPatch(request.GetUrn(), object) {
		return asGiven, nil
	}
	client, err := p.cluster.client(object)
	if err != nil {
		return asGiven, nil
	}
	if _, err := client.Get(ctx, object.GetName(), metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		return asGiven, nil
	}
	manager := fieldManagerOf(object, nil)
	live, err := p.applyObject(ctx, client, object, dryRun(manager, true))
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err) {
		return asGiven, nil
	}
	if err != nil {
		return nil, fmt.Errorf("resource %s would not be created by the Kubernetes API server: %w", displayName(object), unreachable(err))
	}
	delete(live.Object, "status")
	bag, err := properties.Write(stateOf(live, inputs, object.GetAPIVersion(), manager))
	return &pulumirpc.CreateResponse{Properties: bag}, err
}

func (p *Provider) createObject(ctx context.Context, urn string, object *unstructured.Unstructured, manager string) (*unstructured.Unstructured, error) {
	for attempt := 0; ; attempt++ {
		live, err := p.tryCreate(ctx, urn, object, manager)
		retry := isNoSuchKind(err) || apierrors.IsNotFound(err)
		if !retry || attempt == len(createRetries) {
			p.logs.Status(urn, "")
			return live, err
		}
		p.logs.Status(urn, fmt.Sprintf("Retry #%d; creation failed: %v", attempt+1, err))
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(createRetries[attempt]):
		}
	}
}

func (p *Provider) tryCreate(ctx context.Context, urn string, object *unstructured.Unstructured, manager string) (*unstructured.Unstructured, error) {
	client, err := p.cluster.client(object)
	if err != nil {
		return nil, err
	}
	if object.GetName() == "" {
		return client.Create(ctx, object, metav1.CreateOptions{FieldManager: manager, FieldValidation: metav1.FieldValidationWarn})
	}
	// Server-side apply would silently take over an object that somebody else made.
	if !p.upsert && !isPatch(urn, object) {
		existing, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
		if err == nil {
			kind, _ := p.cluster.kind(existing.GroupVersionKind())
			resource := existing.GroupVersionKind().GroupVersion().WithResource(kind.Name).GroupResource()
			return nil, apierrors.NewAlreadyExists(resource, displayName(object))
		}
		if !apierrors.IsNotFound(err) {
			return nil, err
		}
	}
	return p.applyObject(ctx, client, object, metav1.PatchOptions{FieldManager: manager})
}
