package await

import (
	"context"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// others are the related objects of a test.
type others []unstructured.Unstructured

func (o others) List(context.Context, schema.GroupVersionKind, string, metav1.ListOptions) ([]unstructured.Unstructured, error) {
	return o, nil
}

func (o others) Get(_ context.Context, gvk schema.GroupVersionKind, _, name string) (*unstructured.Unstructured, error) {
	for _, object := range o {
		if object.GetName() == name {
			return &object, nil
		}
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{Resource: gvk.Kind}, name)
}

func TestReady(t *testing.T) {
	const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: one, generation: 2 }\nspec: { replicas: 2 }\n"
	const service = "apiVersion: v1\nkind: Service\nmetadata: { name: one }\n"
	for _, test := range []struct {
		name, object string
		related      []string
		ready        bool
		message      string
	}{
		{"a kind without a check", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }", nil, true, ""},
		{"a deployment whose change nobody saw yet", deployment + "status: { observedGeneration: 1 }", nil, false, "Waiting for the change to be observed"},
		{"a deployment in the middle", deployment + "status: { observedGeneration: 2, updatedReplicas: 1 }", nil, false, "1 of 2 replicas updated"},
		{"a deployment with old pods", deployment + "status: { observedGeneration: 2, updatedReplicas: 2, replicas: 3 }", nil, false, "Waiting for 1 old replicas to end"},
		{"a deployment whose pods tell why", deployment + "status: { observedGeneration: 2, updatedReplicas: 2, replicas: 2 }", []string{
			`{apiVersion: v1, kind: Pod, metadata: {name: p}, status: {containerStatuses: [{name: app, ready: false, state: {waiting: {reason: ErrImagePull, message: no such image}}}]}}`,
		}, false, `0 of 2 replicas available; pod "p": container "app" is waiting: ErrImagePull: no such image`},
		{"a deployment that is done", deployment + "status: { observedGeneration: 2, updatedReplicas: 2, replicas: 2, availableReplicas: 2 }", nil, true, ""},
		{"a deployment of nothing", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: one, generation: 1 }\nspec: { replicas: 0 }\nstatus: { observedGeneration: 1 }", nil, true, ""},
		{"a stateful set", "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: one, generation: 1 }\nstatus: { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 0 }", nil, false, "0 of 1 replicas updated"},
		{"a daemon set", "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: { name: one, generation: 1 }\nstatus: { observedGeneration: 1, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 }", nil, false, "2 of 3 pods available"},
		{"a service without pods", service + "spec: { clusterIP: 10.0.0.1, selector: { app: x } }", nil, false, "Service does not target any Pods"},
		{"a service with pods", service + "spec: { clusterIP: 10.0.0.1, selector: { app: x } }", []string{`{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s}, endpoints: [{addresses: [10.1.1.1]}]}`}, true, ""},
		{"a service without a selector", service + "spec: { clusterIP: 10.0.0.1 }", nil, true, ""},
		{"a headless service", service + "spec: { clusterIP: None, selector: { app: x } }", nil, true, ""},
		{"a load balancer without an address", service + "spec: { type: LoadBalancer, clusterIP: 10.0.0.1 }", nil, false, "Service was not allocated an IP address"},
		{"a load balancer with one", service + "spec: { type: LoadBalancer, clusterIP: 10.0.0.1 }\nstatus: { loadBalancer: { ingress: [{ ip: 10.9.9.9 }] } }", nil, true, ""},
		{"a quota not in force", "apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: one }\nspec: { hard: { pods: '5' } }", nil, false, "Waiting for the quota of pods"},
		{"a quota in force", "apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: one }\nspec: { hard: { pods: '5' } }\nstatus: { hard: { pods: '5' } }", nil, true, ""},
		{"a claim that waits for its first pod", "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: one }\nspec: { storageClassName: late }\nstatus: { phase: Pending }", []string{"{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: late}, volumeBindingMode: WaitForFirstConsumer}"}, true, ""},
		{"a definition", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: one }", nil, false, "Waiting for the custom resource definition"},
		{"a job that is complete", "apiVersion: batch/v1\nkind: Job\nmetadata: { name: one }\nstatus: { conditions: [{ type: Complete, status: 'True' }] }", nil, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			given := object(t, test.object)
			var related others
			for _, text := range test.related {
				related = append(related, *object(t, text))
			}
			check := checks[given.GroupVersionKind().GroupKind()]
			if check == nil {
				if !test.ready {
					t.Error("has no check")
				}
				return
			}
			ready, message, err := check(context.Background(), given, related)
			if err != nil {
				t.Fatal(err)
			}
			if ready != test.ready || !strings.HasPrefix(message, test.message) {
				t.Errorf("got %v, %q; want %v, %q", ready, message, test.ready, test.message)
			}
		})
	}
}

func TestAFailedJobIsNotWaitedFor(t *testing.T) {
	given := object(t, "apiVersion: batch/v1\nkind: Job\nmetadata: { name: one }\nstatus: { conditions: [{ type: Failed, status: 'True', reason: BackoffLimitExceeded }] }")
	_, err := Ready(context.Background(), given, "", Wait{
		Timeout: time.Minute,
		Get:     func(context.Context) (*unstructured.Unstructured, error) { return given, nil },
		Status:  func(string) {},
	})
	if err == nil || !strings.Contains(err.Error(), "BackoffLimitExceeded") {
		t.Errorf("got %v", err)
	}
}

func TestWaitingEnds(t *testing.T) {
	given := object(t, widget)
	wait := Wait{
		Timeout: 300 * time.Millisecond,
		Get:     func(context.Context) (*unstructured.Unstructured, error) { return given, nil },
		Status:  func(string) {},
	}
	_, err := Ready(context.Background(), given, "condition=Missing", wait)
	if want := `"one" timed out after 300ms: timed out waiting for the condition: Waiting for condition Missing=True`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}

	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Ready(cancelled, given, "condition=Missing", wait)
	if err == nil || !strings.Contains(err.Error(), "was cancelled while it was waited for") {
		t.Errorf("got %v", err)
	}
}

func TestGone(t *testing.T) {
	notFound := apierrors.NewNotFound(schema.GroupResource{Resource: "widgets"}, "one")
	deleted := object(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, uid: a, finalizers: [test/held] }")
	again := object(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, uid: b }")
	for _, test := range []struct {
		name string
		live *unstructured.Unstructured
		err  error
		want string
	}{
		{"when it is not found", nil, notFound, ""},
		{"when another one has its name", again, nil, ""},
		{"not while a finalizer holds it", deleted, nil, "finalizers might be preventing deletion (test/held)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := Gone(context.Background(), deleted, Wait{
				Timeout: 200 * time.Millisecond,
				Get:     func(context.Context) (*unstructured.Unstructured, error) { return test.live, test.err },
				Status:  func(string) {},
			})
			if (test.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
