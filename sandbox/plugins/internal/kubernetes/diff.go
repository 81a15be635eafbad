package kubernetes

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"preview-environments.sandbox/plugins/internal/diff"
	"preview-environments.sandbox/plugins/internal/properties"
)

// Diff compares the last known live object, as far as the program has a say in it, with what the program wants now.
func (p *Provider) Diff(ctx context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	if isRelease(request.GetUrn()) {
		return p.diffRelease(ctx, request)
	}
	state, err := properties.Read(request.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	oldInputs, live := parseState(state)
	now := normalize(objectOf(inputs))
	old := pruneObject(live, normalize(oldInputs))
	p.sameNamespaces(old, now)

	ignored, err := diff.Paths(request.GetIgnoreChanges())
	if err != nil {
		return nil, err
	}
	fields := replaceFieldsOf(now, p.mutable)
	if isPatch(request.GetUrn(), now) {
		fields = []string{"metadata.name", "metadata.namespace"}
	}
	replaces := func(change diff.Change) bool { return isReplacedBy(change.Path, change.Value(), fields) }
	// A new object under the old name can only be made once the old one is gone.
	mustDeleteFirst := func() bool {
		return !isAutonamed(now) && now.GetName() == old.GetName() && now.GetNamespace() == old.GetNamespace()
	}
	return diff.Answer(diff.Between(old.Object, now.Object), ignored, replaces, mustDeleteFirst), nil
}

func (p *Provider) diffRelease(ctx context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	if p.noCluster != nil {
		return nil, p.noCluster
	}
	return p.releases.Diff(ctx, request)
}

// sameNamespaces makes the default namespace explicit on both sides, or removes it where the kind has none.
func (p *Provider) sameNamespaces(old, now *unstructured.Unstructured) {
	namespaced := p.cluster.isNamespaced(now.GroupVersionKind())
	for _, object := range []*unstructured.Unstructured{old, now} {
		metadata, isMap := object.Object["metadata"].(map[string]any)
		if !isMap {
			continue
		}
		switch _, unknown := metadata["namespace"].(properties.Unknown); {
		case unknown:
		case !namespaced:
			delete(metadata, "namespace")
		case object.GetNamespace() == "":
			metadata["namespace"] = p.defaultNamespace()
		}
	}
}

func (p *Provider) defaultNamespace() string {
	if p.cluster == nil {
		return "default"
	}
	return p.cluster.namespace
}
