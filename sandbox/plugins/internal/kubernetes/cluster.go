package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// A request that takes longer than this will not be answered any more.
const requestTimeout = time.Minute

// cluster is the API server a provider talks to.
type cluster struct {
	config    *rest.Config
	dynamic   dynamic.Interface
	discovery discovery.DiscoveryInterface
	// namespace is where a namespaced object goes that names none.
	namespace string

	mutex sync.Mutex
	kinds map[schema.GroupVersion]map[string]metav1.APIResource
}

// settings choose the cluster: a kubeconfig (path or contents, "" for the usual places) and what to override in it.
type settings struct {
	kubeconfig, context, cluster, namespace string
}

func (s settings) clientConfig() (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{
		CurrentContext: s.context,
		Context:        clientcmdapi.Context{Cluster: s.cluster, Namespace: s.namespace},
	}
	if s.kubeconfig == "" {
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), overrides), nil
	}
	parsed, err := parseKubeconfig(s.kubeconfig)
	if err != nil {
		return nil, err
	}
	return clientcmd.NewDefaultClientConfig(*parsed, overrides), nil
}

// parseKubeconfig reads a kubeconfig given by its path or its contents.
func parseKubeconfig(pathOrContents string) (*clientcmdapi.Config, error) {
	path := pathOrContents
	if strings.HasPrefix(path, "~/") {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, err
		}
		path = filepath.Join(home, path[2:])
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return clientcmd.LoadFromFile(path)
	}
	parsed, err := clientcmd.Load([]byte(pathOrContents))
	if err != nil {
		return nil, fmt.Errorf("kubeconfig is neither a file that can be read nor the contents of one: %w", err)
	}
	return parsed, nil
}

func newCluster(s settings, warn func(message string)) (*cluster, error) {
	clientConfig, err := s.clientConfig()
	if err != nil {
		return nil, err
	}
	config, err := clientConfig.ClientConfig()
	if err != nil {
		return nil, err
	}
	namespace, _, err := clientConfig.Namespace()
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 100, 200
	config.Timeout = requestTimeout
	config.UserAgent = "pulumi-resource-kubernetes-stand-in/" + Version
	config.WarningHandler = warningFunc(warn)
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	discoveryClient, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &cluster{
		config: config, dynamic: dynamicClient, discovery: discoveryClient, namespace: namespace,
		kinds: map[schema.GroupVersion]map[string]metav1.APIResource{},
	}, nil
}

// warningFunc shows the API server's warnings, such as those about unknown fields.
type warningFunc func(message string)

func (warn warningFunc) HandleWarningHeader(code int, _ string, text string) {
	if code == 299 && text != "" {
		warn(text)
	}
}

// noSuchKindError says that the API server answered, and serves no such kind.
type noSuchKindError struct{ gvk schema.GroupVersionKind }

func (err *noSuchKindError) Error() string {
	return fmt.Sprintf("no matches for kind %q in version %q", err.gvk.Kind, err.gvk.GroupVersion())
}

func isNoSuchKind(err error) bool {
	var noSuchKind *noSuchKindError
	return errors.As(err, &noSuchKind)
}

// kind asks the API server for a kind. Only what exists is remembered: a missing kind may be created in the same run.
func (c *cluster) kind(gvk schema.GroupVersionKind) (metav1.APIResource, error) {
	c.mutex.Lock()
	known, exists := c.kinds[gvk.GroupVersion()][gvk.Kind]
	c.mutex.Unlock()
	if exists {
		return known, nil
	}

	list, err := c.discovery.ServerResourcesForGroupVersion(gvk.GroupVersion().String())
	if apierrors.IsNotFound(err) {
		return metav1.APIResource{}, &noSuchKindError{gvk}
	}
	if err != nil {
		return metav1.APIResource{}, unreachable(err)
	}
	kinds := map[string]metav1.APIResource{}
	for _, found := range list.APIResources {
		if !strings.Contains(found.Name, "/") {
			kinds[found.Kind] = found
		}
	}
	c.mutex.Lock()
	c.kinds[gvk.GroupVersion()] = kinds
	c.mutex.Unlock()
	if found, exists := kinds[gvk.Kind]; exists {
		return found, nil
	}
	return metav1.APIResource{}, &noSuchKindError{gvk}
}

// client speaks to the API server about an object's kind, in the object's namespace.
func (c *cluster) client(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	gvk := canonical(object.GroupVersionKind())
	kind, err := c.kind(gvk)
	if err != nil {
		return nil, err
	}
	resources := c.dynamic.Resource(gvk.GroupVersion().WithResource(kind.Name))
	if !kind.Namespaced {
		return resources, nil
	}
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = c.namespace
	}
	return resources.Namespace(namespace), nil
}

// isNamespaced answers for kinds that are not served yet too: all but a few of Kubernetes' own kinds are namespaced.
func (c *cluster) isNamespaced(gvk schema.GroupVersionKind) bool {
	if c != nil {
		if kind, err := c.kind(canonical(gvk)); err == nil {
			return kind.Namespaced
		}
	}
	return !clusterScoped[gvk.Kind]
}

var clusterScoped = map[string]bool{
	"APIService": true, "ClusterRole": true, "ClusterRoleBinding": true, "CustomResourceDefinition": true, "GatewayClass": true,
	"IngressClass": true, "MutatingWebhookConfiguration": true, "Namespace": true, "Node": true, "PersistentVolume": true,
	"PriorityClass": true, "RuntimeClass": true, "StorageClass": true, "ValidatingAdmissionPolicy": true,
	"ValidatingAdmissionPolicyBinding": true, "ValidatingWebhookConfiguration": true,
}

// canonical maps "core/v1", as Pulumi's type tokens say, to the API's own empty group.
func canonical(gvk schema.GroupVersionKind) schema.GroupVersionKind {
	if gvk.Group == "core" {
		gvk.Group = ""
	}
	return gvk
}

// unreachable tells an answer of the API server, which is passed on as it is, from the lack of one.
func unreachable(err error) error {
	var answer apierrors.APIStatus
	if err == nil || errors.As(err, &answer) || errors.Is(err, context.Canceled) || isNoSuchKind(err) {
		return err
	}
	return fmt.Errorf("configured Kubernetes cluster is unreachable: %w", err)
}
