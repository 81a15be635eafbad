package kubernetes

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Fields written by hand or by a provider without server-side apply become the provider's when it updates the object:
// otherwise an imported object could never be changed without a conflict.
var takenOver = []string{"kubectl", "before-first-apply", "pulumi-kubernetes", "pulumi-resource-kubernetes"}

func takeOverFields(ctx context.Context, client dynamic.ResourceInterface, live *unstructured.Unstructured, manager string) error {
	former := formerManagers(live, manager)
	if former.Len() == 0 {
		return nil
	}
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, former, manager)
	if err != nil || len(patch) == 0 {
		return err
	}
	_, err = client.Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
	return err
}

func formerManagers(live *unstructured.Unstructured, manager string) sets.Set[string] {
	former := sets.New[string]()
	for _, entry := range live.GetManagedFields() {
		for _, prefix := range takenOver {
			if entry.Manager != manager && entry.Subresource == "" && strings.HasPrefix(entry.Manager, prefix) &&
				(entry.Operation == metav1.ManagedFieldsOperationUpdate || prefix == "kubectl") {
				former.Insert(entry.Manager)
			}
		}
	}
	return former
}

// withIgnoredAsLive is the object with the fields of ignoreChanges as they are: left out where only others own them, else
// with their present value.
func withIgnoredAsLive(object, live *unstructured.Unstructured, ignored []string, manager string) (*unstructured.Unstructured, error) {
	if len(ignored) == 0 {
		return object, nil
	}
	ours, theirs, err := owners(live, manager)
	if err != nil {
		return nil, err
	}
	wanted := &unstructured.Unstructured{}
	wanted.Object, _ = copyValue(object.Object).(map[string]any)
	for _, text := range ignored {
		path, err := resource.ParsePropertyPath(text)
		if err != nil {
			return nil, fmt.Errorf("ignoreChanges has %q: %w", text, err)
		}
		keys, isPlain := stringKeys(path)
		if !isPlain {
			continue // items of lists keep the value the engine already took from the state
		}
		field := fieldpath.MakePathOrDie(interfaces(keys)...)
		present, exists, err := unstructured.NestedFieldNoCopy(live.Object, keys...)
		switch {
		case err != nil:
			return nil, fmt.Errorf("ignoreChanges has %q: %w", text, err)
		case hasMember(theirs, field) && !hasMember(ours, field):
			unstructured.RemoveNestedField(wanted.Object, keys...)
		case exists:
			if err := unstructured.SetNestedField(wanted.Object, copyValue(present), keys...); err != nil {
				return nil, fmt.Errorf("ignoreChanges has %q: %w", text, err)
			}
		}
	}
	return wanted, nil
}

func owners(live *unstructured.Unstructured, manager string) (ours, theirs *fieldpath.Set, err error) {
	ours, theirs = fieldpath.NewSet(), fieldpath.NewSet()
	for _, entry := range live.GetManagedFields() {
		if entry.FieldsV1 == nil {
			continue
		}
		fields := fieldpath.NewSet()
		if err := fields.FromJSON(bytes.NewReader(entry.FieldsV1.Raw)); err != nil {
			return nil, nil, err
		}
		if entry.Manager == manager {
			ours = ours.Union(fields)
		} else {
			theirs = theirs.Union(fields)
		}
	}
	return ours, theirs, nil
}

// hasMember tells whether a set has a field or anything below it.
func hasMember(set *fieldpath.Set, field fieldpath.Path) bool {
	found := false
	set.Iterate(func(member fieldpath.Path) {
		if len(member) >= len(field) && member[:len(field)].Equals(field) {
			found = true
		}
	})
	return found
}

func stringKeys(path resource.PropertyPath) ([]string, bool) {
	keys := make([]string, 0, len(path))
	for _, part := range path {
		key, isString := part.(string)
		if !isString {
			return nil, false
		}
		keys = append(keys, key)
	}
	return keys, true
}

func interfaces(keys []string) []any {
	parts := make([]any, len(keys))
	for i, key := range keys {
		parts[i] = key
	}
	return parts
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
