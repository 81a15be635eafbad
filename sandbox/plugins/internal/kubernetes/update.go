package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"preview-environments.sandbox/plugins/internal/properties"
)

// Update writes the changed object and waits until it is ready again.
func (p *Provider) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	inputs, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	if request.GetPreview() && (inputs.ContainsUnknowns() || p.noCluster != nil || isRelease(request.GetUrn())) {
		return &pulumirpc.UpdateResponse{Properties: request.GetNews()}, nil
	}
	if p.noCluster != nil {
		return nil, p.noCluster
	}
	if isRelease(request.GetUrn()) {
		return p.releases.Update(p.waiting, request)
	}
	state, err := properties.Read(request.GetOlds())
	if err != nil {
		return nil, err
	}
	object := objectOf(inputs)
	manager := fieldManagerOf(object, state)
	apiVersion := properties.String(state, keyInitialAPIVersion)

	if request.GetPreview() {
		live, err := p.updateObject(ctx, request, object, manager)
		if isNoSuchKind(err) || apierrors.IsForbidden(err) || apierrors.IsNotFound(err) {
			return &pulumirpc.UpdateResponse{Properties: request.GetNews()}, nil
		}
		if err != nil {
			return nil, updateFailed(object, err)
		}
		bag, err := properties.Write(stateOf(live, inputs, apiVersion, manager))
		return &pulumirpc.UpdateResponse{Properties: bag}, err
	}

	live, err := p.updateObject(p.waiting, request, object, manager)
	if err != nil {
		return nil, p.updateNotDone(request, object, inputs, apiVersion, manager, err)
	}
	if before := fieldManagerOf(&unstructured.Unstructured{}, state); before != manager {
		if err := p.relinquish(p.waiting, object, before); err != nil {
			return nil, err
		}
	}
	live, failure := p.awaitReady(p.waiting, request.GetUrn(), object, live, request.GetTimeout())
	newState := stateOf(live, inputs, apiVersion, manager)
	if failure != nil {
		return nil, properties.InitFailed(displayName(live), newState, nil, append([]string{fmt.Sprintf(
			"the Kubernetes API server reported that %q failed to fully initialize or become live", displayName(live))}, failure.Reasons...)...)
	}
	bag, err := properties.Write(newState)
	return &pulumirpc.UpdateResponse{Properties: bag}, err
}

func updateFailed(object *unstructured.Unstructured, cause error) error {
	if isNoSuchKind(cause) {
		return fmt.Errorf("update of resource %s failed because the Kubernetes API server reported that the apiVersion for this "+
			"resource does not exist. Verify that any required CRDs have been created: %w", displayName(object), cause)
	}
	return fmt.Errorf("update of resource %s failed: %w", displayName(object), unreachable(cause))
}

// updateNotDone keeps the present object in the state when the API server refuses the new one, so that the next update
// compares with what is there.
func (p *Provider) updateNotDone(
	request *pulumirpc.UpdateRequest, object *unstructured.Unstructured, inputs resource.PropertyMap, apiVersion, manager string, cause error,
) error {
	client, err := p.cluster.client(object)
	if err != nil {
		return updateFailed(object, cause)
	}
	live, err := client.Get(p.waiting, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return updateFailed(object, cause)
	}
	return properties.InitFailed(request.GetId(), stateOf(live, inputs, apiVersion, manager), nil, updateFailed(object, cause).Error())
}

func (p *Provider) updateObject(
	ctx context.Context, request *pulumirpc.UpdateRequest, object *unstructured.Unstructured, manager string,
) (*unstructured.Unstructured, error) {
	client, err := p.cluster.client(object)
	if err != nil {
		return nil, err
	}
	before, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: manager}
	if request.GetPreview() {
		options = dryRun(manager, formerManagers(before, manager).Len() > 0)
	}
	// A definition is replaced as a whole: the lists within it do not merge.
	if object.GetKind() == "CustomResourceDefinition" {
		replaced := object.DeepCopy()
		replaced.SetResourceVersion(before.GetResourceVersion())
		return client.Update(ctx, replaced, metav1.UpdateOptions{FieldManager: manager, DryRun: options.DryRun})
	}
	if !request.GetPreview() && !isPatch(request.GetUrn(), object) {
		if err := takeOverFields(ctx, client, before, manager); err != nil {
			return nil, err
		}
	}
	wanted, err := withIgnoredAsLive(object, before, request.GetIgnoreChanges(), manager)
	if err != nil {
		return nil, err
	}
	return p.applyObject(ctx, client, wanted, options)
}
