// Package await decides when an object is ready, and waits for it.
package await

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"
)

// Condition is one thing to wait for on an object. It answers whether it holds, and what is missing where it does not.
type Condition func(object *unstructured.Unstructured) (ready bool, message string, err error)

// ParseWaitFor reads the pulumi.com/waitFor annotation: condition=Type, condition=Type=value, jsonpath={path}, or
// jsonpath={path}=value; or a JSON list of these, all of which must hold.
func ParseWaitFor(annotation string) (Condition, error) {
	expressions := []string{annotation}
	if strings.HasPrefix(strings.TrimSpace(annotation), "[") {
		if err := json.Unmarshal([]byte(annotation), &expressions); err != nil {
			return nil, fmt.Errorf("annotation pulumi.com/waitFor is %q: not a JSON list of strings: %w", annotation, err)
		}
		if len(expressions) == 0 {
			return nil, fmt.Errorf("annotation pulumi.com/waitFor is %q: the list is empty", annotation)
		}
	}
	conditions := make([]Condition, 0, len(expressions))
	for _, expression := range expressions {
		condition, err := parseExpression(strings.TrimSpace(expression))
		if err != nil {
			return nil, fmt.Errorf("annotation pulumi.com/waitFor has %q: %w", expression, err)
		}
		conditions = append(conditions, condition)
	}
	return all(conditions), nil
}

func all(conditions []Condition) Condition {
	return func(object *unstructured.Unstructured) (bool, string, error) {
		for _, condition := range conditions {
			if ready, message, err := condition(object); err != nil || !ready {
				return false, message, err
			}
		}
		return true, "", nil
	}
}

func parseExpression(expression string) (Condition, error) {
	if rest, found := strings.CutPrefix(expression, "condition="); found {
		kind, value, hasValue := strings.Cut(rest, "=")
		if !hasValue {
			value = "True"
		}
		kind, value = unquote(kind), unquote(value)
		if kind == "" || value == "" {
			return nil, fmt.Errorf("must be condition=Type or condition=Type=value")
		}
		return statusCondition(kind, value), nil
	}
	if rest, found := strings.CutPrefix(expression, "jsonpath="); found {
		return parseJSONPath(rest)
	}
	return nil, fmt.Errorf("must begin with condition= or jsonpath=")
}

func unquote(text string) string {
	for _, quote := range []string{`"`, `'`} {
		if len(text) >= 2 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			return text[1 : len(text)-1]
		}
	}
	return text
}

// statusCondition holds when the object's condition has the value, and was written for the object's present generation.
func statusCondition(kind, value string) Condition {
	return func(object *unstructured.Unstructured) (bool, string, error) {
		condition, exists := conditionOf(object, kind)
		if !exists {
			return false, fmt.Sprintf("Waiting for condition %s=%s", kind, value), nil
		}
		if observed, stated := observedGeneration(object, condition); stated && observed < object.GetGeneration() {
			return false, fmt.Sprintf("Waiting for generation %d to be observed, %d was", object.GetGeneration(), observed), nil
		}
		status, _, _ := unstructured.NestedString(condition, "status")
		if strings.EqualFold(status, value) {
			return true, "", nil
		}
		return false, withDetail(fmt.Sprintf("Condition %s is %s, waiting for %s", kind, status, value), condition), nil
	}
}

func conditionOf(object *unstructured.Unstructured, kind string) (map[string]any, bool) {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, item := range conditions {
		condition, isMap := item.(map[string]any)
		if name, _, _ := unstructured.NestedString(condition, "type"); isMap && strings.EqualFold(name, kind) {
			return condition, true
		}
	}
	return nil, false
}

func observedGeneration(object *unstructured.Unstructured, condition map[string]any) (int64, bool) {
	if observed, exists, _ := unstructured.NestedInt64(condition, "observedGeneration"); exists {
		return observed, true
	}
	observed, exists, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	return observed, exists
}

// withDetail adds what the controller says about the condition.
func withDetail(message string, condition map[string]any) string {
	reason, _, _ := unstructured.NestedString(condition, "reason")
	detail, _, _ := unstructured.NestedString(condition, "message")
	switch {
	case reason != "" && detail != "":
		return fmt.Sprintf("%s: %s: %s", message, reason, detail)
	case reason+detail != "":
		return fmt.Sprintf("%s: %s", message, reason+detail)
	}
	return message
}

func parseJSONPath(text string) (Condition, error) {
	template, value, hasValue, err := splitJSONPath(unquote(text))
	if err != nil {
		return nil, err
	}
	path := jsonpath.New("waitFor").AllowMissingKeys(true)
	if err := path.Parse(template); err != nil {
		return nil, fmt.Errorf("invalid JSONPath: %w", err)
	}
	return func(object *unstructured.Unstructured) (bool, string, error) {
		waiting := "Waiting for " + template
		if hasValue {
			waiting += " to be " + value
		}
		results, err := path.FindResults(object.Object)
		if err != nil {
			return false, "", fmt.Errorf("JSONPath %s: %w", template, err)
		}
		if len(results) == 0 || len(results[0]) == 0 {
			return false, waiting, nil
		}
		if !hasValue {
			return true, "", nil
		}
		if len(results[0]) > 1 {
			return false, "", fmt.Errorf("JSONPath %s matches more than one value", template)
		}
		switch found := results[0][0].Interface().(type) {
		case map[string]any, []any:
			return false, "", fmt.Errorf("JSONPath %s leads to an object or a list, which has no value to compare", template)
		default:
			text := strings.TrimSpace(fmt.Sprint(found))
			return text == value, fmt.Sprintf("%s, it is %s", waiting, text), nil
		}
	}, nil
}

// splitJSONPath cuts {path}=value at the brace that ends the path: a filter within the path may hold equals signs itself.
func splitJSONPath(text string) (template, value string, hasValue bool, err error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, ".") { // kubectl takes a bare path too
		path, value, hasValue := strings.Cut(text, "=")
		return "{" + path + "}", unquote(value), hasValue, nil
	}
	if quote := text[:min(1, len(text))]; quote == "'" || quote == `"` {
		if end := strings.Index(text[1:], quote); end >= 0 {
			text = text[1:end+1] + text[end+2:]
		}
	}
	end := closingBrace(text)
	if end < 0 {
		return "", "", false, fmt.Errorf("must be jsonpath={path} or jsonpath={path}=value")
	}
	template, rest := text[:end+1], text[end+1:]
	if rest == "" {
		return template, "", false, nil
	}
	value, hasValue = strings.CutPrefix(rest, "=")
	if !hasValue || value == "" {
		return "", "", false, fmt.Errorf("must be jsonpath={path} or jsonpath={path}=value")
	}
	return template, unquote(value), true, nil
}

func closingBrace(text string) int {
	depth := 0
	for i, char := range text {
		switch char {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
		if depth == 0 {
			return -1
		}
	}
	return -1
}
