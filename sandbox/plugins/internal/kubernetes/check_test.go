package kubernetes

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"preview-environments.sandbox/plugins/internal/engine"
	"preview-environments.sandbox/plugins/internal/properties"
)

func check(t *testing.T, token string, old, now resource.PropertyMap, autonaming *pulumirpc.CheckRequest_AutonamingOptions) (resource.PropertyMap, []*pulumirpc.CheckFailure) {
	t.Helper()
	olds, err := properties.Write(old)
	if err != nil {
		t.Fatal(err)
	}
	news, err := properties.Write(now)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := NewProvider(engine.NewLog()).Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: urnOf(token), Olds: olds, News: news, RandomSeed: []byte("seed"), Autonaming: autonaming,
	})
	if err != nil {
		t.Fatal(err)
	}
	checked, err := properties.Read(answer.GetInputs())
	if err != nil {
		t.Fatal(err)
	}
	return checked, answer.GetFailures()
}

func TestNames(t *testing.T) {
	const token = "kubernetes:core/v1:ConfigMap"
	unknown := bag(t, "{metadata: {}}")
	unknown["metadata"].ObjectValue()["name"] = resource.MakeComputed(resource.NewStringProperty(""))
	secretMetadata := bag(t, "{data: {k: v}}")
	secretMetadata["metadata"] = resource.MakeSecret(resource.NewObjectProperty(resource.PropertyMap{}))
	generated := `^one-[0-9a-f]{8}$`
	for _, test := range []struct {
		name       string
		old, now   resource.PropertyMap
		autonaming *pulumirpc.CheckRequest_AutonamingOptions
		want       string
		autonamed  bool
	}{
		{name: "given", now: bag(t, "{metadata: {name: given}}"), want: "^given$"},
		{name: "generated", now: bag(t, "{}"), want: generated, autonamed: true},
		{name: "generated into secret metadata", now: secretMetadata, want: generated, autonamed: true},
		{name: "kept once generated", old: bag(t, "{metadata: {name: one-12345678, annotations: {pulumi.com/autonamed: 'true'}}}"),
			now: bag(t, "{metadata: {labels: {l: v}}}"), want: "^one-12345678$", autonamed: true},
		{name: "generated when the given one was taken away", old: bag(t, "{metadata: {name: given}}"), now: bag(t, "{}"), want: generated, autonamed: true},
		{name: "left to the API server", now: bag(t, "{metadata: {generateName: made-}}"), want: "^$"},
		{name: "unknown yet", now: unknown, want: "^$"},
		{name: "proposed by the engine", now: bag(t, "{}"), want: "^proposed$", autonamed: true, autonaming: &pulumirpc.CheckRequest_AutonamingOptions{
			Mode: pulumirpc.CheckRequest_AutonamingOptions_PROPOSE, ProposedName: "proposed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			checked, failures := check(t, token, test.old, test.now, test.autonaming)
			if len(failures) > 0 {
				t.Fatal(failures)
			}
			metadata := properties.Object(checked, "metadata")
			if name := properties.String(metadata, "name"); !regexp.MustCompile(test.want).MatchString(name) {
				t.Errorf("got %q, want %s", name, test.want)
			}
			if isAutonamed(objectOf(checked)) != test.autonamed {
				t.Errorf("autonamed: got %v, want %v", !test.autonamed, test.autonamed)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, test := range []struct{ name, token, inputs, want string }{
		{"a wait it does not understand", "kubernetes:core/v1:ConfigMap", "{metadata: {name: a, annotations: {pulumi.com/waitFor: soon}}}", "must begin with condition="},
		{"a patch of nothing", "kubernetes:core/v1:ConfigMapPatch", "{apiVersion: v1, kind: ConfigMap}", ".metadata.name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, failures := check(t, test.token, nil, bag(t, test.inputs), nil)
			if len(failures) == 0 || !strings.Contains(failures[0].GetReason(), test.want) {
				t.Errorf("got %v, want %q", failures, test.want)
			}
		})
	}
}

func TestWhatIsNotInTheStandInIsNamed(t *testing.T) {
	provider := NewProvider(engine.NewLog())
	inputs, err := properties.Write(bag(t, "{file: a.yaml}"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = provider.Check(context.Background(), &pulumirpc.CheckRequest{Urn: urnOf("kubernetes:yaml/v2:ConfigFile"), News: inputs})
	if err == nil || !strings.Contains(err.Error(), `resource type "kubernetes:yaml/v2:ConfigFile" is not in the resource-kubernetes stand-in`) {
		t.Errorf("got %v", err)
	}
	_, err = provider.Construct(context.Background(), &pulumirpc.ConstructRequest{Type: "kubernetes:helm.sh/v4:Chart", Name: "c"})
	if err == nil || !strings.Contains(err.Error(), `component "kubernetes:helm.sh/v4:Chart"`) {
		t.Errorf("got %v", err)
	}
	_, err = provider.Invoke(context.Background(), &pulumirpc.InvokeRequest{Tok: "kubernetes:helm:template"})
	if err == nil || !strings.Contains(err.Error(), `function "kubernetes:helm:template"`) {
		t.Errorf("got %v", err)
	}
}
