package kubernetes

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The annotations by which a program steers the provider.
const (
	annotationAutonamed           = "pulumi.com/autonamed"
	annotationSkipAwait           = "pulumi.com/skipAwait"
	annotationTimeoutSeconds      = "pulumi.com/timeoutSeconds"
	annotationWaitFor             = "pulumi.com/waitFor"
	annotationPatchForce          = "pulumi.com/patchForce"
	annotationPatchFieldManager   = "pulumi.com/patchFieldManager"
	annotationDeletionPropagation = "pulumi.com/deletionPropagationPolicy"
)

const defaultTimeout = 10 * time.Minute

func isSet(object *unstructured.Unstructured, annotation string) bool {
	return object.GetAnnotations()[annotation] == "true"
}

// timeoutOf is how long to wait: customTimeouts before the annotation before the default.
func timeoutOf(requestSeconds float64, object *unstructured.Unstructured) time.Duration {
	if requestSeconds > 0 {
		return time.Duration(requestSeconds * float64(time.Second))
	}
	if seconds, err := strconv.Atoi(object.GetAnnotations()[annotationTimeoutSeconds]); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return defaultTimeout
}

func deletionPropagation(object *unstructured.Unstructured) metav1.DeletionPropagation {
	switch object.GetAnnotations()[annotationDeletionPropagation] {
	case "background":
		return metav1.DeletePropagationBackground
	case "orphan":
		return metav1.DeletePropagationOrphan
	}
	return metav1.DeletePropagationForeground
}
