package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"preview-environments.sandbox/plugins/internal/await"
	"preview-environments.sandbox/plugins/internal/properties"
)

// Check completes the program's inputs: kind, name, namespace.
func (p *Provider) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if isRelease(request.GetUrn()) {
		if p.noCluster != nil {
			return nil, p.noCluster
		}
		return p.releases.Check(ctx, request)
	}
	inputs, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	old, err := properties.Read(request.GetOlds())
	if err != nil {
		return nil, err
	}
	gvk, err := kindOf(request.GetUrn())
	if err != nil {
		return nil, err
	}
	if !inputs.HasValue("apiVersion") {
		inputs["apiVersion"] = resource.NewStringProperty(gvk.GroupVersion().String())
	}
	if !inputs.HasValue("kind") {
		inputs["kind"] = resource.NewStringProperty(gvk.Kind)
	}
	object := objectOf(inputs)
	if err := unsupported(request.GetUrn(), object); err != nil {
		return nil, err
	}

	response := &pulumirpc.CheckResponse{}
	if isPatch(request.GetUrn(), object) && object.GetName() == "" {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{
			Property: "metadata.name", Reason: "patch resources require the resource `.metadata.name` to be set"})
	}
	if waitFor := object.GetAnnotations()[annotationWaitFor]; waitFor != "" {
		if _, err := await.ParseWaitFor(waitFor); err != nil {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: "metadata.annotations", Reason: err.Error()})
		}
	}
	if failure := assignName(inputs, old, request); failure != nil {
		response.Failures = append(response.Failures, failure)
	}
	p.assignNamespace(inputs, object)
	hideSecretData(inputs)

	response.Inputs, err = properties.Write(inputs)
	return response, err
}

// assignName names an object that the program did not: by its old generated name, or by a new one.
func assignName(inputs, old resource.PropertyMap, request *pulumirpc.CheckRequest) *pulumirpc.CheckFailure {
	if properties.IsUnknown(inputs, "metadata") {
		return nil
	}
	metadata := properties.Object(inputs, "metadata")
	if metadata.HasValue("name") || properties.IsUnknown(metadata, "name") || metadata.HasValue("generateName") {
		return nil
	}
	name := ""
	if before := properties.Object(old, "metadata"); isAutonamed(objectOf(old)) {
		name = properties.String(before, "name")
	}
	if name == "" {
		generated, failure := generateName(request)
		if failure != nil {
			return failure
		}
		name = generated
	}
	set(inputs, name, "metadata", "name")
	set(inputs, "true", "metadata", "annotations", annotationAutonamed)
	return nil
}

func generateName(request *pulumirpc.CheckRequest) (string, *pulumirpc.CheckFailure) {
	prefix := resource.URN(request.GetUrn()).Name() + "-"
	switch naming := request.GetAutonaming(); {
	case naming == nil || naming.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_PROPOSE && naming.GetProposedName() == "":
	case naming.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return "", &pulumirpc.CheckFailure{Property: "metadata.name", Reason: "autonaming is disabled: the resource must have a name"}
	default:
		return naming.GetProposedName(), nil
	}
	name, err := resource.NewUniqueName(request.GetRandomSeed(), prefix, 8, 0, nil)
	if err != nil {
		return "", &pulumirpc.CheckFailure{Property: "metadata.name", Reason: fmt.Sprintf("cannot generate a name: %v", err)}
	}
	return name, nil
}

func isAutonamed(object *unstructured.Unstructured) bool {
	return object.GetAnnotations()[annotationAutonamed] == "true"
}

// assignNamespace makes the provider's namespace explicit. Of a kind that does not exist yet it is assumed that it is
// namespaced; what is wrong in that is mended when the object is compared or created.
func (p *Provider) assignNamespace(inputs resource.PropertyMap, object *unstructured.Unstructured) {
	metadata := properties.Object(inputs, "metadata")
	if p.noCluster != nil || metadata.HasValue("namespace") || properties.IsUnknown(metadata, "namespace") || properties.IsUnknown(inputs, "metadata") {
		return
	}
	if p.cluster.isNamespaced(object.GroupVersionKind()) {
		set(inputs, p.cluster.namespace, "metadata", "namespace")
	}
}

// set writes a string at a path of objects, through secrets, making objects that are missing.
func set(bag resource.PropertyMap, value string, path ...resource.PropertyKey) {
	if len(path) == 1 {
		bag[path[0]] = resource.NewStringProperty(value)
		return
	}
	child := properties.Unwrap(bag[path[0]])
	if !child.IsObject() {
		child = resource.NewObjectProperty(resource.PropertyMap{})
		bag[path[0]] = child
	}
	set(child.ObjectValue(), value, path[1:]...)
}
