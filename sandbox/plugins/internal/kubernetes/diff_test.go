package kubernetes

import (
	"context"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"preview-environments.sandbox/plugins/internal/engine"
	"preview-environments.sandbox/plugins/internal/properties"
)

func bag(t *testing.T, text string) resource.PropertyMap {
	t.Helper()
	parsed := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatal(err)
	}
	return resource.NewPropertyMapFromMap(parsed)
}

func urnOf(token string) string {
	return "urn:pulumi:stack::project::" + token + "::one"
}

// diffOf asks for the difference between what was applied and what is wanted now. Where the API server answered with the
// object as it was applied, live is "".
func diffOf(t *testing.T, token, old, live, now string) *pulumirpc.DiffResponse {
	t.Helper()
	if live == "" {
		live = old
	}
	inputs := bag(t, old)
	state := stateOf(&unstructured.Unstructured{Object: properties.Plain(bag(t, live))}, inputs, "v1", "manager")
	olds, err := properties.Write(state)
	if err != nil {
		t.Fatal(err)
	}
	news, err := properties.Write(bag(t, now))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := NewProvider(engine.NewLog()).Diff(context.Background(), &pulumirpc.DiffRequest{Urn: urnOf(token), Olds: olds, News: news})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestDiff(t *testing.T) {
	const (
		configMap  = "kubernetes:core/v1:ConfigMap"
		deployment = "kubernetes:apps/v1:Deployment"
		secret     = "kubernetes:core/v1:Secret"
		custom     = "kubernetes:test.example/v1:Widget"
	)
	for _, test := range []struct {
		name, token     string
		old, live, now  string
		diffs, replaces []string
		deleteFirst     bool
	}{
		{name: "nothing", token: configMap,
			old: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}",
			now: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}, data: {k: v}}"},
		{name: "what the API server added", token: custom,
			old:  "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a}, spec: {size: 1}}",
			live: "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a, uid: u, generation: 1}, spec: {size: 1, colour: red}, status: {ready: true}}",
			now:  "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a}, spec: {size: 1}}"},
		{name: "what somebody else changed of ours", token: custom,
			old:   "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a}, spec: {size: 1}}",
			live:  "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a}, spec: {size: 2}}",
			now:   "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a}, spec: {size: 1}}",
			diffs: []string{"spec.size"}},
		{name: "a label", token: configMap,
			old:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {l: '1', m: '1'}}}",
			now:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {l: '2', o: '1'}}}",
			diffs: []string{"metadata.labels.l", "metadata.labels.m", "metadata.labels.o"}},
		{name: "the data of a config map with a name of its own", token: configMap,
			old:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}",
			now:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: w}}",
			diffs: []string{"data.k"}, replaces: []string{"data.k"}, deleteFirst: true},
		{name: "the data of a config map with a generated name", token: configMap,
			old:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a-1, annotations: {pulumi.com/autonamed: 'true'}}, data: {k: v}}",
			now:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a-1, annotations: {pulumi.com/autonamed: 'true'}}, data: {k: w}}",
			diffs: []string{"data.k"}, replaces: []string{"data.k"}},
		{name: "the name", token: configMap,
			old:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
			now:   "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}",
			diffs: []string{"metadata.name"}, replaces: []string{"metadata.name"}},
		{name: "the namespace", token: custom,
			old:   "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a, namespace: x}}",
			now:   "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a, namespace: y}}",
			diffs: []string{"metadata.namespace"}, replaces: []string{"metadata.namespace"}},
		{name: "another version of the API", token: custom,
			old:   "{apiVersion: test.example/v1beta1, kind: Widget, metadata: {name: a}}",
			now:   "{apiVersion: test.example/v1, kind: Widget, metadata: {name: a}}",
			diffs: []string{"apiVersion"}},
		{name: "the selector of a deployment", token: deployment,
			old:   "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 1, selector: {matchLabels: {app: a}}}}",
			now:   "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 2, selector: {matchLabels: {app: b}}}}",
			diffs: []string{"spec.replicas", "spec.selector.matchLabels.app"}, replaces: []string{"spec.selector.matchLabels.app"}, deleteFirst: true},
		{name: "the image of a deployment", token: deployment,
			old:   "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: c, image: 'i:1'}]}}}}",
			now:   "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: c, image: 'i:2'}]}}}}",
			diffs: []string{"spec.template.spec.containers[0].image"}},
		{name: "the image of a pod", token: "kubernetes:core/v1:Pod",
			old:   "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: 'i:1'}]}}",
			now:   "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: 'i:2'}]}}",
			diffs: []string{"spec.containers[0].image"}, replaces: []string{"spec.containers[0].image"}, deleteFirst: true},
		{name: "the template of a job", token: "kubernetes:batch/v1:Job",
			old:   "{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {template: {spec: {restartPolicy: Never}}}}",
			now:   "{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {template: {spec: {restartPolicy: OnFailure}}}}",
			diffs: []string{"spec.template.spec.restartPolicy"}, replaces: []string{"spec.template.spec.restartPolicy"}, deleteFirst: true},
		{name: "the role of a binding", token: "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
			old:   "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, roleRef: {kind: Role, name: r}}",
			now:   "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, roleRef: {kind: Role, name: s}}",
			diffs: []string{"roleRef.name"}, replaces: []string{"roleRef.name"}, deleteFirst: true},
		{name: "a whole spec that holds a fixed field", token: "kubernetes:core/v1:PersistentVolumeClaim",
			old:   "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}",
			now:   "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {storageClassName: fast}}",
			diffs: []string{"spec"}, replaces: []string{"spec"}, deleteFirst: true},
		{name: "a quantity written otherwise", token: "kubernetes:core/v1:ResourceQuota",
			old:  "{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: {hard: {cpu: 1000m}}}",
			live: "{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: {hard: {cpu: '1'}}}",
			now:  "{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: {hard: {cpu: 1000m}}}"},
		{name: "a secret written as text", token: secret,
			old:  "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {k: v}}",
			live: "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {k: dg==}, type: Opaque}",
			now:  "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {k: v}}"},
		{name: "another secret", token: secret,
			old:   "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {k: v}}",
			live:  "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {k: dg==}}",
			now:   "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {k: w}}",
			diffs: []string{"data.k"}, replaces: []string{"data.k"}, deleteFirst: true},
		{name: "the namespace of a kind that has none", token: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
			old: "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}}",
			now: "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a, namespace: x}}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := diffOf(t, test.token, test.old, test.live, test.now)
			diffs := properties.SortedKeys(answer.GetDetailedDiff())
			if !slices.Equal(diffs, test.diffs) || !slices.Equal(answer.GetReplaces(), test.replaces) {
				t.Errorf("got diffs %v, replaces %v; want %v, %v", diffs, answer.GetReplaces(), test.diffs, test.replaces)
			}
			if answer.GetDeleteBeforeReplace() != test.deleteFirst {
				t.Errorf("delete before replace: got %v, want %v", answer.GetDeleteBeforeReplace(), test.deleteFirst)
			}
			if (answer.GetChanges() == pulumirpc.DiffResponse_DIFF_NONE) != (len(test.diffs) == 0) {
				t.Errorf("got %v for %v", answer.GetChanges(), test.diffs)
			}
		})
	}
}

func TestAnUnknownValueIsAChange(t *testing.T) {
	inputs := bag(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}")
	olds, err := properties.Write(stateOf(&unstructured.Unstructured{Object: properties.Plain(inputs)}, inputs, "v1", "manager"))
	if err != nil {
		t.Fatal(err)
	}
	unknown := bag(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}")
	unknown["data"].ObjectValue()["k"] = resource.MakeComputed(resource.NewStringProperty(""))
	news, err := properties.Write(unknown)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := NewProvider(engine.NewLog()).Diff(context.Background(), &pulumirpc.DiffRequest{Urn: urnOf("kubernetes:core/v1:ConfigMap"), Olds: olds, News: news})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answer.GetReplaces(), []string{"data.k"}) {
		t.Errorf("got %v", answer)
	}
}

func TestSecretsStaySecret(t *testing.T) {
	inputs := bag(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}, list: [a]}")
	inputs["data"].ObjectValue()["k"] = resource.MakeSecret(resource.NewStringProperty("v"))
	inputs["list"].ArrayValue()[0] = resource.MakeSecret(resource.NewStringProperty("a"))
	state := stateOf(&unstructured.Unstructured{Object: properties.Plain(inputs)}, inputs, "v1", "manager")
	if !state["data"].ObjectValue()["k"].IsSecret() || !state["list"].IsSecret() {
		t.Errorf("the live object has lost its secrets: %v", state)
	}
	if !properties.Object(state, keyInputs)["data"].ObjectValue()["k"].IsSecret() {
		t.Error("the inputs have lost their secrets")
	}

	plain := bag(t, "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {k: v}}")
	live := &unstructured.Unstructured{Object: properties.Plain(bag(t, "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {k: dg==}}"))}
	state = stateOf(live, plain, "v1", "manager")
	if !state["data"].IsSecret() || !properties.Object(state, keyInputs)["stringData"].IsSecret() {
		t.Errorf("a Secret's contents are not secret: %v", state)
	}
}
