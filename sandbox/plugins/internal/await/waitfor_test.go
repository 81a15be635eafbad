package await

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	parsed := map[string]any{}
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	read := &unstructured.Unstructured{Object: parsed}
	if err := read.UnmarshalJSON(asJSON); err != nil {
		t.Fatal(err)
	}
	return read
}

const widget = `
apiVersion: test.example/v1
kind: Widget
metadata: { name: one, generation: 3 }
status:
  phase: Running
  ready: 2
  nothing: []
  observedGeneration: 3
  conditions:
    - { type: Ready, status: "True", reason: Done }
    - { type: Late, status: "True", observedGeneration: 2 }
    - { type: Stalled, status: "False", reason: Fine, message: all is well }
`

func TestWaitFor(t *testing.T) {
	for _, test := range []struct {
		name, annotation string
		ready            bool
		message          string
	}{
		{"a condition that is True", "condition=Ready", true, ""},
		{"whatever its case", "condition=ready=true", true, ""},
		{"a condition with another value", "condition=Stalled=False", true, ""},
		{"a condition that has the wrong value", "condition=Stalled", false, "Condition Stalled is False, waiting for True: Fine: all is well"},
		{"a condition that is not there", "condition=Missing", false, "Waiting for condition Missing=True"},
		{"a condition of an older generation", "condition=Late", false, "Waiting for generation 3 to be observed, 2 was"},
		{"a path that exists", "jsonpath={.status.phase}", true, ""},
		{"a path that does not", "jsonpath={.status.address}", false, "Waiting for {.status.address}"},
		{"a path with a value", "jsonpath={.status.phase}=Running", true, ""},
		{"a number", "jsonpath={.status.ready}=2", true, ""},
		{"a path with another value", "jsonpath={.status.ready}=3", false, "Waiting for {.status.ready} to be 3, it is 2"},
		{"a quoted path", "jsonpath='{.status.phase}'=Running", true, ""},
		{"a bare path", "jsonpath=.status.phase=Running", true, ""},
		{"a filter with equals signs", `jsonpath={.status.conditions[?(@.type=="Ready")].reason}=Done`, true, ""},
		{"a list of which all hold", `["condition=Ready", "jsonpath={.status.phase}=Running"]`, true, ""},
		{"a list of which one does not", `["condition=Ready", "condition=Missing"]`, false, "Waiting for condition Missing=True"},
	} {
		t.Run(test.name, func(t *testing.T) {
			condition, err := ParseWaitFor(test.annotation)
			if err != nil {
				t.Fatal(err)
			}
			ready, message, err := condition(object(t, widget))
			if err != nil {
				t.Fatal(err)
			}
			if ready != test.ready || (!ready && message != test.message) {
				t.Errorf("got %v, %q; want %v, %q", ready, message, test.ready, test.message)
			}
		})
	}
}

func TestWaitForThatCannotBeUnderstood(t *testing.T) {
	for annotation, reason := range map[string]string{
		"Ready":                      "must begin with condition= or jsonpath=",
		"condition=":                 "must be condition=Type",
		"jsonpath=status":            "must be jsonpath={path}",
		"jsonpath={.status":          "must be jsonpath={path}",
		"jsonpath={.status.phase}=":  "must be jsonpath={path}",
		"jsonpath={.status[}":        "invalid JSONPath",
		"[]":                         "the list is empty",
		`["condition=Ready"`:         "not a JSON list",
		`["condition=Ready", "bad"]`: `has "bad"`,
	} {
		if _, err := ParseWaitFor(annotation); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: got %v, want %q", annotation, err, reason)
		}
	}
}
