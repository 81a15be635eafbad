package helm

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/downloader"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/registry"
	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"preview-environments.sandbox/plugins/internal/properties"
)

// find gets the chart of a release: a local folder or archive, an oci:// reference, a URL, or a name in a repository.
func (r *Releases) find(wanted spec, options *action.ChartPathOptions, registryClient *registry.Client) (*chart.Chart, error) {
	options.RepoURL = wanted.RepositoryOpts.Repo
	options.CaFile, options.CertFile, options.KeyFile = wanted.RepositoryOpts.CAFile, wanted.RepositoryOpts.CertFile, wanted.RepositoryOpts.KeyFile
	options.Username, options.Password = wanted.RepositoryOpts.Username, wanted.RepositoryOpts.Password
	options.Keyring, options.Verify = wanted.Keyring, wanted.Verify
	options.Version = wanted.Version
	if options.Version == "" && wanted.Devel {
		options.Version = ">0.0.0-0"
	}
	name := wanted.Chart
	if strings.HasPrefix(options.RepoURL, "oci://") {
		name, options.RepoURL = strings.TrimSuffix(options.RepoURL, "/")+"/"+name, ""
	}

	path, err := options.LocateChart(name, r.settings)
	if err != nil {
		return nil, err
	}
	found, err := loader.Load(path)
	if err != nil {
		return nil, err
	}
	if kind := found.Metadata.Type; kind != "" && kind != "application" {
		return nil, fmt.Errorf("chart %q is a %s chart: these are not installable", wanted.Chart, kind)
	}
	missing := action.CheckDependencies(found, found.Metadata.Dependencies)
	if missing == nil {
		return found, nil
	}
	if !wanted.DependencyUpdate {
		return nil, missing
	}
	manager := &downloader.Manager{
		Out: io.Discard, ChartPath: path, Keyring: options.Keyring, SkipUpdate: false, Getters: getter.All(r.settings),
		RegistryClient: registryClient, RepositoryConfig: r.settings.RepositoryConfig, RepositoryCache: r.settings.RepositoryCache,
	}
	if err := manager.Update(); err != nil {
		return nil, err
	}
	return loader.Load(path)
}

// rendered are the manifests a chart comes to.
type rendered struct{ manifests string }

// render renders the chart without asking the cluster, as `helm template` does.
func (r *Releases) render(ctx context.Context, inputs resource.PropertyMap) (rendered, error) {
	wanted, err := readSpec(inputs)
	if err != nil {
		return rendered{}, err
	}
	configuration, err := r.configuration(wanted.Namespace, wanted, func(string) {})
	if err != nil {
		return rendered{}, err
	}
	install := action.NewInstall(configuration)
	found, err := r.find(wanted, &install.ChartPathOptions, configuration.RegistryClient)
	if err != nil {
		return rendered{}, err
	}
	install.DryRun, install.ClientOnly, install.Replace = true, true, true
	install.IncludeCRDs = !wanted.SkipCrds
	install.ReleaseName, install.Namespace = wanted.Name, wanted.Namespace
	install.DisableOpenAPIValidation = true
	release, err := install.RunWithContext(ctx, found, wanted.Values)
	if err != nil {
		return rendered{}, err
	}
	manifests := []string{release.Manifest}
	if !wanted.DisableWebhooks {
		for _, hook := range release.Hooks {
			manifests = append(manifests, hook.Manifest)
		}
	}
	return rendered{strings.Join(manifests, "\n---\n")}, nil
}

// resourceNames groups the names of the objects by kind, as Deployment.apps/apps/v1: [namespace/name].
func (r rendered) resourceNames() resource.PropertyValue {
	names := map[string][]string{}
	for _, manifest := range releaseutil.SplitManifests(r.manifests) {
		object := &unstructured.Unstructured{}
		// What is no object (a comment, an empty document) has no name either.
		if err := yaml.Unmarshal([]byte(manifest), &object.Object); err != nil || object.GetKind() == "" {
			continue
		}
		key := object.GroupVersionKind().GroupKind().String() + "/" + object.GetAPIVersion()
		name := object.GetName()
		if object.GetNamespace() != "" {
			name = object.GetNamespace() + "/" + name
		}
		names[key] = append(names[key], name)
	}
	grouped := resource.PropertyMap{}
	for _, key := range properties.SortedKeys(names) {
		slices.Sort(names[key])
		items := []resource.PropertyValue{}
		for _, name := range slices.Compact(names[key]) {
			items = append(items, resource.NewStringProperty(name))
		}
		grouped[resource.PropertyKey(key)] = resource.NewArrayProperty(items)
	}
	return resource.NewObjectProperty(grouped)
}
