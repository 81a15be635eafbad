package kubernetes

import (
	"encoding/base64"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"preview-environments.sandbox/plugins/internal/properties"
)

// Keys of the state beside the live object's own.
const (
	keyInputs            = "__inputs"
	keyInitialAPIVersion = "__initialApiVersion"
	keyFieldManager      = "__fieldManager"
)

// objectOf is the Kubernetes object that a bag of inputs describes.
func objectOf(bag resource.PropertyMap) *unstructured.Unstructured {
	object, _ := apiNames(properties.Plain(bag)).(map[string]any)
	return &unstructured.Unstructured{Object: object}
}

// apiNames renames what the SDKs had to name otherwise: x_kubernetes_list_type is x-kubernetes-list-type.
func apiNames(value any) any {
	switch value := value.(type) {
	case map[string]any:
		renamed := make(map[string]any, len(value))
		for key, item := range value {
			if strings.HasPrefix(key, "x_kubernetes_") {
				key = strings.ReplaceAll(key, "_", "-")
			}
			renamed[key] = apiNames(item)
		}
		return renamed
	case []any:
		for i, item := range value {
			value[i] = apiNames(item)
		}
	}
	return value
}

// stateOf is what the engine keeps of an object: the live object, the inputs it came from, and how it was written.
func stateOf(live *unstructured.Unstructured, inputs resource.PropertyMap, initialAPIVersion, fieldManager string) resource.PropertyMap {
	state := resource.NewPropertyMapFromMap(live.Object)
	kept := inputs.Copy()
	properties.KeepSecrets(state, inputs)
	hideSecretData(state)
	hideSecretData(kept)
	state[keyInputs] = resource.NewObjectProperty(kept)
	state[keyInitialAPIVersion] = resource.NewStringProperty(initialAPIVersion)
	state[keyFieldManager] = resource.NewStringProperty(fieldManager)
	return state
}

// hideSecretData marks the contents of a Secret as secret, whether the program did or not.
func hideSecretData(bag resource.PropertyMap) {
	if properties.String(bag, "kind") != "Secret" || properties.String(bag, "apiVersion") != "v1" {
		return
	}
	for _, key := range []resource.PropertyKey{"data", "stringData"} {
		if value, exists := bag[key]; exists && !value.IsSecret() && !value.IsNull() {
			bag[key] = resource.MakeSecret(value)
		}
	}
}

// parseState is the reverse of stateOf, for the comparison: secrets are unwrapped.
func parseState(state resource.PropertyMap) (inputs, live *unstructured.Unstructured) {
	inputs = objectOf(properties.Object(state, keyInputs))
	rest := resource.PropertyMap{}
	for key, value := range state {
		if !strings.HasPrefix(string(key), "__") {
			rest[key] = value
		}
	}
	return inputs, objectOf(rest)
}

// Fields of metadata that only the API server writes.
var serverMetadata = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid",
}

// normalize writes an object the way the API server would, so that 1000m and 1, or stringData and data, do not differ.
// Fields that the object does not have are not added.
func normalize(object *unstructured.Unstructured) *unstructured.Unstructured {
	folded := &unstructured.Unstructured{Object: foldStringData(object)}
	for _, field := range serverMetadata {
		unstructured.RemoveNestedField(folded.Object, "metadata", field)
	}
	typed, err := scheme.Scheme.New(canonical(folded.GroupVersionKind()))
	if err != nil {
		return folded // a custom resource: its own words are the only ones
	}
	// What does not fit the type, an unknown value in a preview for one, is compared as it was given.
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(folded.Object, typed); err != nil {
		return folded
	}
	written, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return folded
	}
	pruned, _ := prune(written, folded.Object).(map[string]any)
	return &unstructured.Unstructured{Object: pruned}
}

func foldStringData(object *unstructured.Unstructured) map[string]any {
	copied, _ := copyValue(object.Object).(map[string]any)
	given, isMap := copied["stringData"].(map[string]any)
	if !isMap || canonical(object.GroupVersionKind()) != (schema.GroupVersionKind{Version: "v1", Kind: "Secret"}) {
		return copied
	}
	data, _ := copied["data"].(map[string]any)
	if data == nil {
		data = map[string]any{}
	}
	for key, value := range given {
		if text, isText := value.(string); isText {
			value = base64.StdEncoding.EncodeToString([]byte(text))
		}
		data[key] = value
	}
	copied["data"] = data
	delete(copied, "stringData")
	return copied
}

// prune keeps of a value only what the shape has too. Items of a list beyond the shape's length are kept: they are a
// difference.
func prune(value, shape any) any {
	switch shape := shape.(type) {
	case map[string]any:
		if given, isMap := value.(map[string]any); isMap {
			pruned := map[string]any{}
			for key, item := range shape {
				if found, exists := given[key]; exists {
					pruned[key] = prune(found, item)
				}
			}
			return pruned
		}
	case []any:
		if given, isList := value.([]any); isList {
			pruned := make([]any, len(given))
			for i, item := range given {
				if i < len(shape) {
					item = prune(item, shape[i])
				}
				pruned[i] = item
			}
			return pruned
		}
	}
	return value
}

func pruneObject(live, shape *unstructured.Unstructured) *unstructured.Unstructured {
	pruned, _ := prune(live.Object, shape.Object).(map[string]any)
	return &unstructured.Unstructured{Object: pruned}
}

// copyValue copies maps and lists; unlike the API machinery's own it takes values it does not know.
func copyValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for key, item := range value {
			copied[key] = copyValue(item)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, item := range value {
			copied[i] = copyValue(item)
		}
		return copied
	}
	return value
}

// displayName is how messages name an object, and what the engine knows it by: its id.
func displayName(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}

func parseID(id string) (namespace, name string) {
	if namespace, name, found := strings.Cut(id, "/"); found {
		return namespace, name
	}
	return "", id
}
