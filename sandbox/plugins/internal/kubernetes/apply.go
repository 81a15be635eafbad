package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"preview-environments.sandbox/plugins/internal/await"
	"preview-environments.sandbox/plugins/internal/properties"
)

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
