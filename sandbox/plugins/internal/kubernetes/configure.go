package kubernetes

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"preview-environments.sandbox/plugins/internal/diff"
	"preview-environments.sandbox/plugins/internal/helm"
	"preview-environments.sandbox/plugins/internal/properties"
)

// notConfigurable are options of the official provider that the stand-in refuses rather than ignores.
var notConfigurable = []string{"renderYamlToDirectory", "alwaysRender", "deleteUnreachable", "skipUpdateUnreachable"}

func (p *Provider) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	given, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{Inputs: request.GetNews()}
	for _, option := range notConfigurable {
		switch properties.PlainValue(given[resource.PropertyKey(option)]) {
		case nil, "", "false", false:
			continue
		}
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{
			Property: option, Reason: fmt.Sprintf("provider option %q is not in the resource-kubernetes stand-in of preview-environments", option),
		})
	}
	if !properties.Bool(given, "enableServerSideApply", true) {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{
			Property: "enableServerSideApply", Reason: "the resource-kubernetes stand-in of preview-environments knows server-side apply only",
		})
	}
	return response, nil
}

// DiffConfig replaces the provider, and with it every object, when it leads to another cluster.
func (p *Provider) DiffConfig(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	old, err := properties.Read(request.GetOlds())
	if err != nil {
		return nil, err
	}
	now, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	changes := diff.Between(withoutVersion(old), withoutVersion(now))
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	for _, change := range changes {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, change.String())
	}
	if isOtherCluster(old, now) {
		for _, change := range changes {
			switch change.String() {
			case "kubeconfig", "context", "cluster", "clusterIdentifier":
				response.Replaces = append(response.Replaces, change.String())
			}
		}
	}
	return response, nil
}

func withoutVersion(bag resource.PropertyMap) map[string]any {
	plain := properties.Plain(bag)
	delete(plain, "version")
	return plain
}

// isOtherCluster compares where two configurations lead. A cluster has no identity of its own: its address and its
// certificate authority stand for it, unless the user names it.
func isOtherCluster(old, now resource.PropertyMap) bool {
	if properties.IsUnknown(now, "kubeconfig") {
		return false
	}
	oldName, newName := properties.String(old, "clusterIdentifier"), properties.String(now, "clusterIdentifier")
	if oldName != "" || newName != "" {
		return oldName != newName
	}
	before, err := clusterOf(settingsOf(old))
	if err != nil {
		return false // the old kubeconfig leads nowhere any more: nothing says that the cluster is another
	}
	after, err := clusterOf(settingsOf(now))
	if err != nil {
		return false
	}
	return before.Server != after.Server || !bytes.Equal(before.CertificateAuthorityData, after.CertificateAuthorityData)
}

func clusterOf(s settings) (*clientcmdapi.Cluster, error) {
	clientConfig, err := s.clientConfig()
	if err != nil {
		return nil, err
	}
	raw, err := clientConfig.RawConfig()
	if err != nil {
		return nil, err
	}
	name := s.cluster
	if name == "" {
		contextName := s.context
		if contextName == "" {
			contextName = raw.CurrentContext
		}
		if found := raw.Contexts[contextName]; found != nil {
			name = found.Cluster
		}
	}
	found := raw.Clusters[name]
	if found == nil {
		return nil, fmt.Errorf("the kubeconfig has no cluster %q", name)
	}
	if found.CertificateAuthority != "" && len(found.CertificateAuthorityData) == 0 {
		found = found.DeepCopy()
		if found.CertificateAuthorityData, err = os.ReadFile(found.CertificateAuthority); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func settingsOf(bag resource.PropertyMap) settings {
	return settings{
		kubeconfig: properties.String(bag, "kubeconfig"),
		context:    properties.String(bag, "context"),
		cluster:    properties.String(bag, "cluster"),
		namespace:  properties.String(bag, "namespace"),
	}
}

func (p *Provider) Configure(_ context.Context, request *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	given, err := configuration(request)
	if err != nil {
		return nil, err
	}
	p.mutable = mutability{
		configMaps: option(given, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
		secrets:    option(given, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
	}
	p.alwaysForce = option(given, "enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE")
	p.upsert = option(given, "upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS")

	p.cluster, p.noCluster = newCluster(settingsOf(given), func(message string) { p.logs.Warn("", "%s", message) })
	if p.noCluster != nil {
		p.noCluster = fmt.Errorf("configured Kubernetes cluster is unreachable: unable to load Kubernetes client configuration "+
			"from kubeconfig file: %w", p.noCluster)
	} else {
		p.releases = helm.NewReleases(p.cluster.config, p.cluster.namespace, p.logs)
	}
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true}, nil
}

// configuration is what the engine sends: as properties, or from older engines as text variables.
func configuration(request *pulumirpc.ConfigureRequest) (resource.PropertyMap, error) {
	if request.GetArgs() != nil {
		return properties.Read(request.GetArgs())
	}
	given := resource.PropertyMap{}
	for key, value := range request.GetVariables() {
		given[resource.PropertyKey(strings.TrimPrefix(key, "kubernetes:config:"))] = resource.NewStringProperty(value)
	}
	return given, nil
}

func option(given resource.PropertyMap, key, variable string) bool {
	return properties.Bool(given, key, os.Getenv(variable) == "true")
}
