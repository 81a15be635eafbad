package kubernetes

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"preview-environments.sandbox/plugins/internal/engine"
	"preview-environments.sandbox/plugins/internal/properties"
)

func kubeconfig(server, authority, token string) string {
	return `{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}],` +
		`clusters: [{name: k, cluster: {server: "` + server + `", certificate-authority-data: "` + authority + `"}}], users: [{name: u, user: {token: "` + token + `"}}]}`
}

func TestAProviderIsReplacedWhenItLeadsToAnotherCluster(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(kubeconfig("https://one", "YQ==", "t")), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(pairs ...string) resource.PropertyMap {
		given := resource.PropertyMap{}
		for i := 0; i < len(pairs); i += 2 {
			given[resource.PropertyKey(pairs[i])] = resource.NewStringProperty(pairs[i+1])
		}
		return given
	}
	one := kubeconfig("https://one", "YQ==", "t")
	for _, test := range []struct {
		name            string
		old, now        resource.PropertyMap
		diffs, replaces []string
	}{
		{"nothing", with("kubeconfig", one), with("kubeconfig", one), nil, nil},
		{"another version of the package", with("kubeconfig", one, "version", "1"), with("kubeconfig", one, "version", "2"), nil, nil},
		{"another user", with("kubeconfig", one), with("kubeconfig", kubeconfig("https://one", "YQ==", "u")), []string{"kubeconfig"}, nil},
		{"a path instead of the contents", with("kubeconfig", one), with("kubeconfig", file), []string{"kubeconfig"}, nil},
		{"another address", with("kubeconfig", one), with("kubeconfig", kubeconfig("https://two", "YQ==", "t")), []string{"kubeconfig"}, []string{"kubeconfig"}},
		{"another authority", with("kubeconfig", one), with("kubeconfig", kubeconfig("https://one", "Yg==", "t")), []string{"kubeconfig"}, []string{"kubeconfig"}},
		{"another name for the same cluster", with("kubeconfig", one, "clusterIdentifier", "a"), with("kubeconfig", one, "clusterIdentifier", "b"), []string{"clusterIdentifier"}, []string{"clusterIdentifier"}},
		{"another address under the same name", with("kubeconfig", one, "clusterIdentifier", "a"), with("kubeconfig", kubeconfig("https://two", "YQ==", "t"), "clusterIdentifier", "a"), []string{"kubeconfig"}, nil},
		{"a default namespace", with("kubeconfig", one), with("kubeconfig", one, "namespace", "n"), []string{"namespace"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			olds, err := properties.Write(test.old)
			if err != nil {
				t.Fatal(err)
			}
			news, err := properties.Write(test.now)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := NewProvider(engine.NewLog()).DiffConfig(context.Background(), &pulumirpc.DiffRequest{Olds: olds, News: news})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(answer.GetDiffs(), test.diffs) || !slices.Equal(answer.GetReplaces(), test.replaces) {
				t.Errorf("got %v, %v; want %v, %v", answer.GetDiffs(), answer.GetReplaces(), test.diffs, test.replaces)
			}
		})
	}
}
