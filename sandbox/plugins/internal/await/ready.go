package await

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Related reads the other objects that tell whether one is ready: the pods of a Deployment, the endpoints of a Service.
type Related interface {
	List(ctx context.Context, gvk schema.GroupVersionKind, namespace string, options metav1.ListOptions) ([]unstructured.Unstructured, error)
	Get(ctx context.Context, gvk schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error)
}

// check answers whether an object is ready and, where not, what it waits for. An error ends the waiting: the object has failed.
type check func(ctx context.Context, object *unstructured.Unstructured, related Related) (ready bool, message string, err error)

// checks per kind. A kind that is not here is ready as soon as it exists.
var checks = map[schema.GroupKind]check{
	{Group: "", Kind: "Namespace"}:                                    phase("Active"),
	{Group: "", Kind: "PersistentVolume"}:                             phase("Available", "Bound"),
	{Group: "", Kind: "PersistentVolumeClaim"}:                        persistentVolumeClaim,
	{Group: "", Kind: "Pod"}:                                          pod,
	{Group: "", Kind: "ResourceQuota"}:                                resourceQuota,
	{Group: "", Kind: "Secret"}:                                       secret,
	{Group: "", Kind: "Service"}:                                      service,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: customResourceDefinition,
	{Group: "apps", Kind: "DaemonSet"}:                                withPods(daemonSet),
	{Group: "apps", Kind: "Deployment"}:                               withPods(deployment),
	{Group: "apps", Kind: "StatefulSet"}:                              withPods(statefulSet),
	{Group: "batch", Kind: "Job"}:                                     job,
	{Group: "networking.k8s.io", Kind: "Ingress"}:                     ingress,
}

// refreshed are the kinds whose readiness a refresh looks at too.
var refreshed = map[schema.GroupKind]bool{
	{Group: "", Kind: "Pod"}:                      true,
	{Group: "", Kind: "Service"}:                  true,
	{Group: "apps", Kind: "DaemonSet"}:            true,
	{Group: "apps", Kind: "Deployment"}:           true,
	{Group: "apps", Kind: "StatefulSet"}:          true,
	{Group: "batch", Kind: "Job"}:                 true,
	{Group: "networking.k8s.io", Kind: "Ingress"}: true,
}

func phase(wanted ...string) check {
	return func(_ context.Context, object *unstructured.Unstructured, _ Related) (bool, string, error) {
		found, _, _ := unstructured.NestedString(object.Object, "status", "phase")
		for _, phase := range wanted {
			if found == phase {
				return true, "", nil
			}
		}
		return false, fmt.Sprintf("Waiting for phase %s, it is %q", strings.Join(wanted, " or "), found), nil
	}
}

func persistentVolumeClaim(ctx context.Context, object *unstructured.Unstructured, related Related) (bool, string, error) {
	if ready, message, err := phase("Bound")(ctx, object, related); ready || err != nil {
		return ready, message, err
	}
	// A class may bind its volumes only once a pod uses them: such a claim is as ready as it can be.
	class, _, _ := unstructured.NestedString(object.Object, "spec", "storageClassName")
	if class != "" {
		storage, err := related.Get(ctx, schema.GroupVersionKind{Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass"}, "", class)
		if err == nil {
			if mode, _, _ := unstructured.NestedString(storage.Object, "volumeBindingMode"); mode == "WaitForFirstConsumer" {
				return true, "", nil
			}
		}
	}
	return false, "Waiting for the claim to be bound to a volume", nil
}

func pod(_ context.Context, object *unstructured.Unstructured, _ Related) (bool, string, error) {
	if found, _, _ := unstructured.NestedString(object.Object, "status", "phase"); found == "Succeeded" {
		return true, "", nil
	}
	if condition, exists := conditionOf(object, "Ready"); exists && condition["status"] == "True" {
		return true, "", nil
	}
	return false, strings.Join(append([]string{"Waiting for the pod to be ready"}, podProblems(object)...), "; "), nil
}

// podProblems are the reasons the pod's own status gives for not being ready.
func podProblems(object *unstructured.Unstructured) []string {
	var problems []string
	if condition, exists := conditionOf(object, "PodScheduled"); exists && condition["status"] == "False" {
		problems = append(problems, withDetail("not scheduled", condition))
	}
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		statuses, _, _ := unstructured.NestedSlice(object.Object, "status", field)
		for _, item := range statuses {
			container, isMap := item.(map[string]any)
			if !isMap || container["ready"] == true {
				continue
			}
			for _, state := range []string{"waiting", "terminated"} {
				detail, exists, _ := unstructured.NestedMap(container, "state", state)
				if !exists || detail["reason"] == "Completed" || detail["reason"] == "ContainerCreating" || detail["reason"] == "PodInitializing" {
					continue
				}
				problems = append(problems, withDetail(fmt.Sprintf("container %q is %s", container["name"], state), detail))
			}
		}
	}
	return problems
}

func resourceQuota(_ context.Context, object *unstructured.Unstructured, _ Related) (bool, string, error) {
	wanted, _, _ := unstructured.NestedMap(object.Object, "spec", "hard")
	found, _, _ := unstructured.NestedMap(object.Object, "status", "hard")
	for resource, limit := range wanted {
		if found[resource] != limit {
			return false, fmt.Sprintf("Waiting for the quota of %s to be in force", resource), nil
		}
	}
	return true, "", nil
}

func secret(_ context.Context, object *unstructured.Unstructured, _ Related) (bool, string, error) {
	kind, _, _ := unstructured.NestedString(object.Object, "type")
	data, _, _ := unstructured.NestedMap(object.Object, "data")
	if kind == "kubernetes.io/service-account-token" && len(data) == 0 {
		return false, "Waiting for the token", nil
	}
	return true, "", nil
}

func service(ctx context.Context, object *unstructured.Unstructured, related Related) (bool, string, error) {
	kind, _, _ := unstructured.NestedString(object.Object, "spec", "type")
	address, _, _ := unstructured.NestedString(object.Object, "spec", "clusterIP")
	selector, _, _ := unstructured.NestedMap(object.Object, "spec", "selector")
	if kind == "ExternalName" || address == "None" {
		return true, "", nil
	}
	if len(selector) > 0 {
		slices, err := related.List(ctx, schema.GroupVersionKind{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"},
			object.GetNamespace(), metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + object.GetName()})
		if err != nil {
			return false, err.Error(), nil
		}
		endpoints := 0
		for _, slice := range slices {
			found, _, _ := unstructured.NestedSlice(slice.Object, "endpoints")
			endpoints += len(found)
		}
		if endpoints == 0 {
			return false, "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods", nil
		}
	}
	if ingress, _, _ := unstructured.NestedSlice(object.Object, "status", "loadBalancer", "ingress"); kind == "LoadBalancer" && len(ingress) == 0 {
		return false, "Service was not allocated an IP address; does your cloud provider support this?", nil
	}
	return true, "", nil
}

func ingress(_ context.Context, object *unstructured.Unstructured, _ Related) (bool, string, error) {
	if found, _, _ := unstructured.NestedSlice(object.Object, "status", "loadBalancer", "ingress"); len(found) == 0 {
		return false, "Ingress .status.loadBalancer field was not updated with a hostname/IP address", nil
	}
	return true, "", nil
}

func customResourceDefinition(_ context.Context, object *unstructured.Unstructured, _ Related) (bool, string, error) {
	if condition, exists := conditionOf(object, "NamesAccepted"); exists && condition["status"] == "False" {
		return false, "", fmt.Errorf("%s", withDetail("names were not accepted", condition))
	}
	if condition, exists := conditionOf(object, "Established"); !exists || condition["status"] != "True" {
		return false, "Waiting for the custom resource definition to be established", nil
	}
	return true, "", nil
}

func job(_ context.Context, object *unstructured.Unstructured, _ Related) (bool, string, error) {
	if condition, exists := conditionOf(object, "Failed"); exists && condition["status"] == "True" {
		return false, "", fmt.Errorf("%s", withDetail("the job failed", condition))
	}
	for _, kind := range []string{"Complete", "Suspended"} {
		if condition, exists := conditionOf(object, kind); exists && condition["status"] == "True" {
			return true, "", nil
		}
	}
	return false, "Waiting for the job to complete", nil
}

func deployment(object *unstructured.Unstructured) (bool, string) {
	wanted := replicas(object)
	updated, total, available := count(object, "updatedReplicas"), count(object, "replicas"), count(object, "availableReplicas")
	switch {
	case !isObserved(object):
		return false, "Waiting for the change to be observed"
	case updated < wanted:
		return false, fmt.Sprintf("%d of %d replicas updated", updated, wanted)
	case total > updated:
		return false, fmt.Sprintf("Waiting for %d old replicas to end", total-updated)
	case available < wanted:
		return false, fmt.Sprintf("%d of %d replicas available", available, wanted)
	}
	return true, ""
}

func statefulSet(object *unstructured.Unstructured) (bool, string) {
	wanted := replicas(object)
	ready, updated := count(object, "readyReplicas"), count(object, "updatedReplicas")
	strategy, _, _ := unstructured.NestedString(object.Object, "spec", "updateStrategy", "type")
	partition, _, _ := unstructured.NestedInt64(object.Object, "spec", "updateStrategy", "rollingUpdate", "partition")
	switch {
	case !isObserved(object):
		return false, "Waiting for the change to be observed"
	case ready < wanted:
		return false, fmt.Sprintf("%d of %d replicas ready", ready, wanted)
	case strategy != "OnDelete" && updated < wanted-partition:
		return false, fmt.Sprintf("%d of %d replicas updated", updated, wanted-partition)
	}
	return true, ""
}

func daemonSet(object *unstructured.Unstructured) (bool, string) {
	wanted := count(object, "desiredNumberScheduled")
	updated, available := count(object, "updatedNumberScheduled"), count(object, "numberAvailable")
	strategy, _, _ := unstructured.NestedString(object.Object, "spec", "updateStrategy", "type")
	switch {
	case !isObserved(object):
		return false, "Waiting for the change to be observed"
	case strategy != "OnDelete" && updated < wanted:
		return false, fmt.Sprintf("%d of %d pods updated", updated, wanted)
	case available < wanted:
		return false, fmt.Sprintf("%d of %d pods available", available, wanted)
	}
	return true, ""
}

func isObserved(object *unstructured.Unstructured) bool {
	observed, exists, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	return exists && observed >= object.GetGeneration()
}

func replicas(object *unstructured.Unstructured) int64 {
	if wanted, exists, _ := unstructured.NestedInt64(object.Object, "spec", "replicas"); exists {
		return wanted
	}
	return 1
}

func count(object *unstructured.Unstructured, field string) int64 {
	found, _, _ := unstructured.NestedInt64(object.Object, "status", field)
	return found
}

// withPods adds to a workload's own message what holds up its pods.
func withPods(workload func(*unstructured.Unstructured) (bool, string)) check {
	return func(ctx context.Context, object *unstructured.Unstructured, related Related) (bool, string, error) {
		ready, message := workload(object)
		if ready {
			return true, "", nil
		}
		if condition, exists := conditionOf(object, "ReplicaFailure"); exists && condition["status"] == "True" {
			message = withDetail(message+": pods cannot be created", condition)
		}
		labels, _, _ := unstructured.NestedStringMap(object.Object, "spec", "selector", "matchLabels")
		pods, err := related.List(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, object.GetNamespace(),
			metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: labels})})
		if err != nil {
			return false, message, nil // the pods only explain; not to see them is no failure
		}
		for _, pod := range pods {
			if problems := podProblems(&pod); len(problems) > 0 {
				message += fmt.Sprintf("; pod %q: %s", pod.GetName(), strings.Join(problems, ", "))
			}
		}
		return false, message, nil
	}
}
