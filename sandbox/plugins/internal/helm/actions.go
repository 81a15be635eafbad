package helm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/registry"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// configuration is what a Helm action needs to work on the releases of a namespace.
func (r *Releases) configuration(namespace string, wanted spec, status func(message string)) (*action.Configuration, error) {
	configuration := &action.Configuration{}
	log := func(format string, values ...any) {
		// Of all that Helm logs, what it waits for is what a user wants to see.
		if message := fmt.Sprintf(format, values...); strings.Contains(message, "not ready") {
			status(message)
		}
	}
	if err := configuration.Init(clientGetter{r.config, namespace}, namespace, os.Getenv("HELM_DRIVER"), log); err != nil {
		return nil, err
	}
	client, err := r.registryClient(wanted.RepositoryOpts)
	if err != nil {
		return nil, err
	}
	configuration.RegistryClient = client
	return configuration, nil
}

func (r *Releases) registryClient(options repository) (*registry.Client, error) {
	if options.CAFile+options.CertFile+options.KeyFile != "" {
		return registry.NewRegistryClientWithTLS(io.Discard, options.CertFile, options.KeyFile, options.CAFile, false, r.settings.RegistryConfig, false)
	}
	return registry.NewClient(registry.ClientOptWriter(io.Discard), registry.ClientOptCredentialsFile(r.settings.RegistryConfig))
}

func (r *Releases) get(namespace, name string) (*release.Release, error) {
	configuration, err := r.configuration(namespace, spec{}, func(string) {})
	if err != nil {
		return nil, err
	}
	return action.NewGet(configuration).Run(name)
}

// install answers with the release and, where it did not become ready, why; without a release nothing was made.
func (r *Releases) install(ctx context.Context, urn string, wanted spec) (*release.Release, error) {
	configuration, err := r.configuration(wanted.Namespace, wanted, func(message string) { r.logs.Status(urn, message) })
	if err != nil {
		return nil, err
	}
	defer r.logs.Status(urn, "")
	install := action.NewInstall(configuration)
	found, err := r.find(wanted, &install.ChartPathOptions, configuration.RegistryClient)
	if err != nil {
		return nil, err
	}
	install.ReleaseName, install.Namespace, install.CreateNamespace = wanted.Name, wanted.Namespace, wanted.CreateNamespace
	install.Wait, install.WaitForJobs, install.Timeout = !wanted.SkipAwait, !wanted.SkipAwait && wanted.WaitForJobs, wanted.timeout()
	install.Atomic = wanted.Atomic
	install.Description = wanted.Description
	install.DisableHooks, install.DisableOpenAPIValidation = wanted.DisableWebhooks, wanted.DisableOpenapiValidation
	install.Replace, install.TakeOwnership = wanted.Replace, wanted.TakeOwnership
	install.SkipCRDs = wanted.SkipCrds
	install.SubNotes = wanted.RenderSubchartNotes
	installed, err := install.RunWithContext(ctx, found, wanted.Values)
	if err != nil && installed != nil && !r.isRecorded(wanted) {
		return nil, err
	}
	return installed, err
}

// isRecorded tells whether Helm keeps a record of the release: a failed install may have ended before, or cleaned up.
func (r *Releases) isRecorded(wanted spec) bool {
	_, err := r.get(wanted.Namespace, wanted.Name)
	return !errors.Is(err, driver.ErrReleaseNotFound)
}

// upgrade answers like install.
func (r *Releases) upgrade(ctx context.Context, urn string, wanted spec) (*release.Release, error) {
	configuration, err := r.configuration(wanted.Namespace, wanted, func(message string) { r.logs.Status(urn, message) })
	if err != nil {
		return nil, err
	}
	defer r.logs.Status(urn, "")
	upgrade := action.NewUpgrade(configuration)
	upgrade.SetRegistryClient(configuration.RegistryClient)
	found, err := r.find(wanted, &upgrade.ChartPathOptions, configuration.RegistryClient)
	if err != nil {
		return nil, err
	}
	upgrade.Namespace = wanted.Namespace
	upgrade.Wait, upgrade.WaitForJobs, upgrade.Timeout = !wanted.SkipAwait, !wanted.SkipAwait && wanted.WaitForJobs, wanted.timeout()
	upgrade.Atomic, upgrade.CleanupOnFail = wanted.Atomic, wanted.CleanupOnFail
	upgrade.Description = wanted.Description
	upgrade.DisableHooks, upgrade.DisableOpenAPIValidation = wanted.DisableWebhooks || wanted.DisableCRDHooks, wanted.DisableOpenapiValidation
	upgrade.Force = wanted.ForceUpdate
	upgrade.MaxHistory = wanted.MaxHistory
	upgrade.ResetValues, upgrade.ReuseValues = wanted.ResetValues, wanted.ReuseValues
	upgrade.SubNotes = wanted.RenderSubchartNotes
	upgrade.TakeOwnership = wanted.TakeOwnership
	return upgrade.RunWithContext(ctx, wanted.Name, found, wanted.Values)
}

// clientGetter gives Helm the provider's own client configuration, with a release's namespace as the default one.
type clientGetter struct {
	config    *rest.Config
	namespace string
}

func (g clientGetter) ToRESTConfig() (*rest.Config, error) { return rest.CopyConfig(g.config), nil }

func (g clientGetter) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	client, err := discovery.NewDiscoveryClientForConfig(g.config)
	if err != nil {
		return nil, err
	}
	return memory.NewMemCacheClient(client), nil
}

func (g clientGetter) ToRESTMapper() (meta.RESTMapper, error) {
	client, err := g.ToDiscoveryClient()
	if err != nil {
		return nil, err
	}
	return restmapper.NewShortcutExpander(restmapper.NewDeferredDiscoveryRESTMapper(client), client, nil), nil
}

func (g clientGetter) ToRawKubeConfigLoader() clientcmd.ClientConfig {
	return clientcmd.NewDefaultClientConfig(*clientcmdapi.NewConfig(), &clientcmd.ConfigOverrides{
		Context: clientcmdapi.Context{Namespace: g.namespace},
	})
}
