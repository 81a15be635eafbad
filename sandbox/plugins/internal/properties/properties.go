// Package properties turns the engine's property bags into plain values and back, keeping secrets secret.
package properties

import (
	"sort"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// Unknown stands in plain values for what a preview does not know yet.
type Unknown struct{}

// Read is the property bag of a request.
func Read(bag *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(bag, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}

// Write is the property bag of an answer.
func Write(bag resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(bag, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}

// Plain is the bag as JSON-like values: secrets unwrapped, unknowns as Unknown.
func Plain(bag resource.PropertyMap) map[string]any {
	plain := make(map[string]any, len(bag))
	for key, value := range bag {
		plain[string(key)] = PlainValue(value)
	}
	return plain
}

// PlainValue is one value of Plain.
func PlainValue(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return PlainValue(value.SecretValue().Element)
	case value.IsComputed():
		return Unknown{}
	case value.IsOutput():
		if !value.OutputValue().Known {
			return Unknown{}
		}
		return PlainValue(value.OutputValue().Element)
	case value.IsObject():
		return Plain(value.ObjectValue())
	case value.IsArray():
		items := make([]any, len(value.ArrayValue()))
		for i, item := range value.ArrayValue() {
			items[i] = PlainValue(item)
		}
		return items
	}
	return value.V
}

// Unwrap is the value without its secrecy, one level deep.
func Unwrap(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	return value
}

// Object is the object below a key, or an empty one.
func Object(bag resource.PropertyMap, key string) resource.PropertyMap {
	value := Unwrap(bag[resource.PropertyKey(key)])
	if value.IsObject() {
		return value.ObjectValue()
	}
	return resource.PropertyMap{}
}

// String is the string below a key, or "".
func String(bag resource.PropertyMap, key string) string {
	value := Unwrap(bag[resource.PropertyKey(key)])
	if value.IsString() {
		return value.StringValue()
	}
	return ""
}

// Bool is the boolean below a key, given as one or as the JSON text of one (provider configuration comes as text).
func Bool(bag resource.PropertyMap, key string, otherwise bool) bool {
	value := Unwrap(bag[resource.PropertyKey(key)])
	switch {
	case value.IsBool():
		return value.BoolValue()
	case value.IsString() && value.StringValue() != "":
		return value.StringValue() == "true"
	}
	return otherwise
}

// IsUnknown tells whether a preview does not know the value below a key yet.
func IsUnknown(bag resource.PropertyMap, key string) bool {
	value := Unwrap(bag[resource.PropertyKey(key)])
	return value.IsComputed() || value.IsOutput()
}

// KeepSecrets marks as secret in the bag whatever is secret at the same place of the inputs it comes from. An array with a
// secret item becomes secret as a whole, because items may have moved.
func KeepSecrets(bag, inputs resource.PropertyMap) {
	for key, input := range inputs {
		if value, exists := bag[key]; exists {
			bag[key] = keepSecret(value, input)
		}
	}
}

func keepSecret(value, input resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return value
	case input.IsSecret():
		return resource.MakeSecret(value)
	case input.IsObject() && value.IsObject():
		KeepSecrets(value.ObjectValue(), input.ObjectValue())
	case input.IsArray() && input.ContainsSecrets():
		return resource.MakeSecret(value)
	}
	return value
}

// SortedKeys are a map's keys in order.
func SortedKeys[V any](values map[string]V) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
