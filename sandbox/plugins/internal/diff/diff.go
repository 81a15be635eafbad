// Package diff compares what a resource was with what it shall be, and answers the engine.
package diff

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"preview-environments.sandbox/plugins/internal/properties"
)

// Change is one difference between what an object was and what it shall be.
type Change struct {
	Path     []any
	Kind     pulumirpc.PropertyDiff_Kind
	Old, New any
}

// Value is what the change is about: what is added, what it becomes, or what is removed.
func (c Change) Value() any {
	if c.Kind == pulumirpc.PropertyDiff_DELETE {
		return c.Old
	}
	return c.New
}

func (c Change) propertyPath() resource.PropertyPath {
	path := make(resource.PropertyPath, len(c.Path))
	copy(path, c.Path)
	return path
}

func (c Change) String() string { return c.propertyPath().String() }

// Between compares two bags of plain values.
func Between(before, after map[string]any) []Change {
	return mapDifferences(nil, before, after)
}

// differences compares two plain values, lists item by item.
func differences(path []any, before, after any) []Change {
	switch after := after.(type) {
	case map[string]any:
		if before, ok := before.(map[string]any); ok {
			return mapDifferences(path, before, after)
		}
	case []any:
		if before, ok := before.([]any); ok {
			return listDifferences(path, before, after)
		}
	}
	if isEqual(before, after) {
		return nil
	}
	return []Change{{Path: path, Kind: pulumirpc.PropertyDiff_UPDATE, Old: before, New: after}}
}

func mapDifferences(path []any, before, after map[string]any) []Change {
	var changes []Change
	for _, key := range properties.SortedKeys(after) {
		old, existed := before[key]
		switch {
		case existed && old != nil:
			changes = append(changes, differences(at(path, key), old, after[key])...)
		case after[key] != nil:
			changes = append(changes, Change{Path: at(path, key), Kind: pulumirpc.PropertyDiff_ADD, New: after[key]})
		}
	}
	for _, key := range properties.SortedKeys(before) {
		if _, exists := after[key]; !exists && before[key] != nil {
			changes = append(changes, Change{Path: at(path, key), Kind: pulumirpc.PropertyDiff_DELETE, Old: before[key]})
		}
	}
	return changes
}

func listDifferences(path []any, before, after []any) []Change {
	var changes []Change
	for i := range max(len(before), len(after)) {
		switch {
		case i >= len(before):
			changes = append(changes, Change{Path: at(path, i), Kind: pulumirpc.PropertyDiff_ADD, New: after[i]})
		case i >= len(after):
			changes = append(changes, Change{Path: at(path, i), Kind: pulumirpc.PropertyDiff_DELETE, Old: before[i]})
		default:
			changes = append(changes, differences(at(path, i), before[i], after[i])...)
		}
	}
	return changes
}

func at(path []any, key any) []any {
	return append(path[:len(path):len(path)], key)
}

// isEqual holds for numbers of any type with the same value; what is unknown equals nothing.
func isEqual(before, after any) bool {
	if _, unknown := after.(properties.Unknown); unknown {
		return false
	}
	old, oldIsNumber := number(before)
	new, newIsNumber := number(after)
	if oldIsNumber && newIsNumber {
		return old == new
	}
	return reflect.DeepEqual(before, after)
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, true
	}
	return 0, false
}

// Answer tells the engine about the changes, but for those at or below an ignored path. A change that replaces says so;
// whether the old object must go before the new one comes is asked only when there is one.
func Answer(changes []Change, ignored []resource.PropertyPath, replaces func(Change) bool, mustDeleteFirst func() bool) *pulumirpc.DiffResponse {
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	for _, change := range changes {
		if slices.ContainsFunc(ignored, func(path resource.PropertyPath) bool { return path.Contains(change.propertyPath()) }) {
			continue
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		kind := change.Kind
		if replaces(change) {
			kind = replacing[kind]
			response.Replaces = append(response.Replaces, change.String())
		}
		response.DetailedDiff[change.String()] = &pulumirpc.PropertyDiff{Kind: kind}
		// The CLI sums a change up by the top-level properties alone.
		if key := fmt.Sprint(change.Path[0]); !slices.Contains(response.Diffs, key) {
			response.Diffs = append(response.Diffs, key)
		}
	}
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && mustDeleteFirst()
	return response
}

var replacing = map[pulumirpc.PropertyDiff_Kind]pulumirpc.PropertyDiff_Kind{
	pulumirpc.PropertyDiff_ADD:    pulumirpc.PropertyDiff_ADD_REPLACE,
	pulumirpc.PropertyDiff_DELETE: pulumirpc.PropertyDiff_DELETE_REPLACE,
	pulumirpc.PropertyDiff_UPDATE: pulumirpc.PropertyDiff_UPDATE_REPLACE,
}

// Paths parses the paths of ignoreChanges.
func Paths(texts []string) ([]resource.PropertyPath, error) {
	paths := make([]resource.PropertyPath, 0, len(texts))
	for _, text := range texts {
		path, err := resource.ParsePropertyPath(text)
		if err != nil {
			return nil, fmt.Errorf("ignoreChanges has %q: %w", text, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}
