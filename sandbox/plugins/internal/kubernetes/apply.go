package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"preview-environments.sandbox/plugins/internal/await"
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
			return nil, apierrors.NewAlreadyExists(metav1.SchemeGroupVersion.WithResource(kind.Name).GroupResource(), displayName(object))
		}
		if !apierrors.IsNotFound(err) {
			return nil, err
		}
	}
	return p.applyObject(ctx, client, object, metav1.PatchOptions{FieldManager: manager})
}

// dryRun asks what would be. Fields that the update itself would first take over must not conflict in its preview.
func dryRun(manager string, force bool) metav1.PatchOptions {
	return metav1.PatchOptions{FieldManager: manager, Force: &force, DryRun: []string{metav1.DryRunAll}}
}

// applyObject writes the object by server-side apply.
func (p *Provider) applyObject(
	ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, options metav1.PatchOptions,
) (*unstructured.Unstructured, error) {
	written := &unstructured.Unstructured{Object: foldStringData(object)}
	if !p.cluster.isNamespaced(object.GroupVersionKind()) {
		written.SetNamespace("")
	}
	body, err := json.Marshal(written.Object)
	if err != nil {
		return nil, err
	}
	force := p.alwaysForce || isSet(object, annotationPatchForce) || options.Force != nil && *options.Force
	options.Force = &force
	options.FieldValidation = metav1.FieldValidationWarn
	live, err := client.Patch(ctx, object.GetName(), types.ApplyPatchType, body, options)
	if apierrors.IsConflict(err) {
		return nil, errors.Join(
			errors.New("Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"+
				"managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help."),
			fmt.Errorf("The resource managed by field manager %q had an apply conflict: %w", options.FieldManager, err))
	}
	return live, err
}

// fieldManagerOf is the name an object's fields are owned under: the annotation's, the one in the state, or a new one.
func fieldManagerOf(object *unstructured.Unstructured, state resource.PropertyMap) string {
	if name := object.GetAnnotations()[annotationPatchFieldManager]; name != "" {
		return name
	}
	if name := properties.String(state, keyFieldManager); name != "" {
		return name
	}
	name, err := resource.NewUniqueHex("pulumi-kubernetes-", 8, 0)
	if err != nil {
		return "pulumi-kubernetes"
	}
	return name
}

// awaitReady waits as the object's annotations say. It answers with the object's last state, and with why it is not ready.
func (p *Provider) awaitReady(
	ctx context.Context, urn string, object, live *unstructured.Unstructured, timeout float64,
) (*unstructured.Unstructured, *await.Failure) {
	if isSet(object, annotationSkipAwait) || isPatch(urn, object) {
		return live, nil
	}
	client, err := p.cluster.client(live)
	if err != nil {
		return live, &await.Failure{Object: live, Reasons: []string{err.Error()}}
	}
	ready, err := await.Ready(ctx, live, object.GetAnnotations()[annotationWaitFor], await.Wait{
		Timeout: timeoutOf(timeout, object),
		Get: func(ctx context.Context) (*unstructured.Unstructured, error) {
			return client.Get(ctx, live.GetName(), metav1.GetOptions{})
		},
		Related: related{p.cluster},
		Status:  func(message string) { p.logs.Status(urn, message) },
	})
	if err == nil {
		return ready, nil
	}
	var failure *await.Failure
	if !errors.As(err, &failure) {
		failure = &await.Failure{Object: live, Reasons: []string{err.Error()}}
	}
	return failure.Object, failure
}

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

// relinquish gives up a field manager's fields: those nobody else owns are removed.
func (p *Provider) relinquish(ctx context.Context, object *unstructured.Unstructured, manager string) error {
	client, err := p.cluster.client(object)
	if err != nil {
		return err
	}
	empty := &unstructured.Unstructured{}
	empty.SetGroupVersionKind(object.GroupVersionKind())
	empty.SetName(object.GetName())
	empty.SetNamespace(object.GetNamespace())
	_, err = p.applyObject(ctx, client, empty, metav1.PatchOptions{FieldManager: manager})
	return err
}

// Delete removes the object and waits until it is gone.
func (p *Provider) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	if p.noCluster != nil {
		return nil, p.noCluster
	}
	if isRelease(request.GetUrn()) {
		return p.releases.Delete(p.waiting, request)
	}
	state, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs, object := parseState(state)
	namespace, name := parseID(request.GetId())
	if object.GroupVersionKind().Kind == "" {
		gvk, err := kindOf(request.GetUrn())
		if err != nil {
			return nil, err
		}
		object.SetGroupVersionKind(gvk)
		object.SetNamespace(namespace)
	}
	object.SetName(name)

	client, err := p.cluster.client(object)
	if isNoSuchKind(err) {
		return &emptypb.Empty{}, nil // the kind is gone, and with it all of its objects
	}
	if err != nil {
		return nil, err
	}
	if isPatch(request.GetUrn(), object) {
		err := p.relinquish(p.waiting, object, properties.String(state, keyFieldManager))
		return &emptypb.Empty{}, unreachable(ignoreNotFound(err))
	}
	live, err := client.Get(p.waiting, name, metav1.GetOptions{})
	if err == nil {
		policy := deletionPropagation(inputs)
		err = client.Delete(p.waiting, name, metav1.DeleteOptions{PropagationPolicy: &policy})
	}
	if apierrors.IsNotFound(err) {
		return &emptypb.Empty{}, nil
	}
	if err != nil {
		return nil, unreachable(err)
	}
	if isSet(inputs, annotationSkipAwait) {
		return &emptypb.Empty{}, nil
	}
	return &emptypb.Empty{}, p.awaitGone(request, client, inputs, live)
}

func (p *Provider) awaitGone(request *pulumirpc.DeleteRequest, client dynamic.ResourceInterface, inputs, live *unstructured.Unstructured) error {
	timeout := timeoutOf(request.GetTimeout(), inputs)
	err := await.Gone(p.waiting, live, await.Wait{
		Timeout: timeout,
		Get: func(ctx context.Context) (*unstructured.Unstructured, error) {
			return client.Get(ctx, live.GetName(), metav1.GetOptions{})
		},
		Status: func(message string) { p.logs.Status(request.GetUrn(), message) },
	})
	if err != nil && strings.Contains(err.Error(), "finalizers") {
		p.logs.Warn(request.GetUrn(), "finalizers might be preventing deletion (%s)", displayName(live))
	}
	return err
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
