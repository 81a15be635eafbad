package kubernetes

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// replaceFields are the fields whose change replaces the object, because Kubernetes does not let them change: per group and
// kind, as paths in which * is any item of a list. Name, namespace and kind replace every object.
var replaceFields = map[string]map[string][]string{
	"": {
		"PersistentVolume": {
			"spec.awsElasticBlockStore", "spec.azureDisk", "spec.azureFile", "spec.cephfs", "spec.cinder", "spec.csi", "spec.fc",
			"spec.flexVolume", "spec.flocker", "spec.gcePersistentDisk", "spec.glusterfs", "spec.hostPath", "spec.iscsi", "spec.local",
			"spec.nfs", "spec.photonPersistentDisk", "spec.portworxVolume", "spec.quobyte", "spec.rbd", "spec.scaleIO",
			"spec.storageos", "spec.vsphereVolume",
		},
		"PersistentVolumeClaim": {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
		"Pod":                   podFields(),
		"ResourceQuota":         {"spec.scopes"},
		"Secret":                {"type"},
		"Service":               {"spec.clusterIP"},
	},
	"apps": {
		"DaemonSet":   {"spec.selector"},
		"Deployment":  {"spec.selector"},
		"StatefulSet": {"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"},
	},
	"batch": {
		"Job": {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	},
	"rbac.authorization.k8s.io": {
		"ClusterRoleBinding": {"roleRef"},
		"RoleBinding":        {"roleRef"},
	},
	"storage.k8s.io": {
		"StorageClass": {"parameters", "provisioner"},
	},
}

func podFields() []string {
	fields := []string{}
	for _, field := range []string{
		"affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases", "hostIPC",
		"hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector", "overhead", "preemptionPolicy",
		"priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName", "schedulerName",
		"securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace", "subdomain",
		"terminationGracePeriodSeconds", "volumes",
	} {
		fields = append(fields, "spec."+field)
	}
	for _, containers := range []string{"spec.containers.*.", "spec.initContainers.*."} {
		for _, field := range []string{
			"args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports", "readinessProbe",
			"resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty",
			"volumeDevices", "volumeMounts", "workingDir",
		} {
			fields = append(fields, containers+field)
		}
	}
	return fields
}

// mutability are the provider settings that let the contents of config maps and secrets change in place. Without them a
// change replaces the object, so that its users roll over to a new name.
type mutability struct{ configMaps, secrets bool }

// replaceFieldsOf are the fields whose change replaces this very object.
func replaceFieldsOf(object *unstructured.Unstructured, mutable mutability) []string {
	gvk := canonical(object.GroupVersionKind())
	fields := append([]string{"kind", "metadata.name", "metadata.namespace"}, replaceFields[gvk.Group][gvk.Kind]...)
	immutable, _, _ := unstructured.NestedBool(object.Object, "immutable")
	switch {
	case gvk.Group == "" && gvk.Kind == "ConfigMap" && (immutable || !mutable.configMaps):
		fields = append(fields, "binaryData", "data")
	case gvk.Group == "" && gvk.Kind == "Secret" && (immutable || !mutable.secrets):
		fields = append(fields, "data", "stringData")
	}
	return fields
}

// isReplacedBy tells whether a change at a path replaces the object: at, below or above one of the fields. Above counts
// only where the changed value has the field in it.
func isReplacedBy(path []any, changed any, fields []string) bool {
	return slices.ContainsFunc(fields, func(field string) bool {
		return touches(path, changed, strings.Split(field, "."))
	})
}

func touches(path []any, changed any, field []string) bool {
	for len(path) > 0 && len(field) > 0 {
		_, isIndex := path[0].(int)
		if isIndex != (field[0] == "*") || (!isIndex && path[0] != field[0]) {
			return false
		}
		path, field = path[1:], field[1:]
	}
	return len(field) == 0 || contains(changed, field)
}

func contains(value any, field []string) bool {
	if len(field) == 0 {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		item, exists := value[field[0]]
		return exists && contains(item, field[1:])
	case []any:
		return field[0] == "*" && slices.ContainsFunc(value, func(item any) bool { return contains(item, field[1:]) })
	}
	return false
}
