package await

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Waiting asks again after this long at first, then less and less often up to the longest pause. The official provider watches
// instead: what takes an API server's controller a few milliseconds, a quota's status, is not to take longer here.
const (
	firstPause   = 20 * time.Millisecond
	longestPause = time.Second
)

// What holds up a deletion is said after this long: the finalizers of an ordinary one come and go meanwhile.
const quiet = 3 * time.Second

// Wait is one waiting: for whom, how long, and where to say what it waits for.
type Wait struct {
	Timeout time.Duration
	// Get reads the object's present state.
	Get func(ctx context.Context) (*unstructured.Unstructured, error)
	// Related reads what else the object depends on.
	Related Related
	// Status shows what is missing.
	Status func(message string)
}

// Failure says why an object did not become ready, and how it was at that time.
type Failure struct {
	Object  *unstructured.Unstructured
	Reasons []string
}

func (failure *Failure) Error() string {
	return strings.Join(failure.Reasons, ": ")
}

// Ready waits until the object is ready: by the waitFor annotation if there is one, else by what its kind says.
func Ready(ctx context.Context, object *unstructured.Unstructured, waitFor string, wait Wait) (*unstructured.Unstructured, error) {
	check, err := checkOf(object, waitFor)
	if err != nil {
		return nil, &Failure{Object: object, Reasons: []string{err.Error()}}
	}
	if check == nil {
		return object, nil
	}
	defer wait.Status("")
	missing := ""
	last, err := poll(ctx, wait.Timeout, func(ctx context.Context) (bool, error) {
		live, err := wait.Get(ctx)
		if apierrors.IsNotFound(err) {
			return false, &Failure{Object: object, Reasons: []string{fmt.Sprintf("%q was deleted while it was waited for", object.GetName())}}
		}
		if err != nil {
			if ctx.Err() == nil {
				missing = err.Error() // a moment without the API server is not the object's failure
			}
			return false, nil
		}
		object = live
		ready, message, err := check(ctx, live, wait.Related)
		if err != nil {
			return false, &Failure{Object: live, Reasons: []string{err.Error()}}
		}
		missing = message
		wait.Status(message)
		return ready, nil
	})
	if err == nil {
		return object, nil
	}
	var failure *Failure
	if errors.As(err, &failure) {
		return nil, failure
	}
	reasons := []string{fmt.Sprintf("%q %s", object.GetName(), last)}
	if missing != "" {
		reasons = append(reasons, missing)
	}
	return nil, &Failure{Object: object, Reasons: reasons}
}

// Now answers whether an object is ready at this moment, for the kinds whose readiness a refresh looks at.
func Now(ctx context.Context, object *unstructured.Unstructured, related Related) error {
	kind := object.GroupVersionKind().GroupKind()
	if !refreshed[kind] {
		return nil
	}
	ready, message, err := checks[kind](ctx, object, related)
	if err != nil {
		return &Failure{Object: object, Reasons: []string{err.Error()}}
	}
	if !ready {
		return &Failure{Object: object, Reasons: []string{fmt.Sprintf("%q is not ready", object.GetName()), message}}
	}
	return nil
}

func checkOf(object *unstructured.Unstructured, waitFor string) (check, error) {
	if waitFor == "" {
		return checks[object.GroupVersionKind().GroupKind()], nil
	}
	condition, err := ParseWaitFor(waitFor)
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, object *unstructured.Unstructured, _ Related) (bool, string, error) {
		return condition(object)
	}, nil
}

// Gone waits until the object with this uid does not exist any more. A new object of the same name is another one.
func Gone(ctx context.Context, object *unstructured.Unstructured, wait Wait) error {
	defer wait.Status("")
	started := time.Now()
	missing := ""
	last, err := poll(ctx, wait.Timeout, func(ctx context.Context) (bool, error) {
		live, err := wait.Get(ctx)
		switch {
		case apierrors.IsNotFound(err):
			return true, nil
		case err != nil:
			if ctx.Err() == nil {
				missing = err.Error()
			}
			return false, nil
		case live.GetUID() != object.GetUID():
			return true, nil
		}
		missing = holdUp(live)
		if time.Since(started) > quiet {
			wait.Status(missing)
		}
		return false, nil
	})
	if err == nil {
		return nil
	}
	return fmt.Errorf("%q %s: %s", object.GetName(), last, missing)
}

// holdUp is what keeps a deleted object in existence.
func holdUp(object *unstructured.Unstructured) string {
	reasons := []string{"still exists"}
	if finalizers := object.GetFinalizers(); len(finalizers) > 0 {
		reasons = append(reasons, fmt.Sprintf("finalizers might be preventing deletion (%s)", strings.Join(finalizers, ", ")))
	}
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, item := range conditions {
		condition, isMap := item.(map[string]any)
		name, _, _ := unstructured.NestedString(condition, "type")
		// A namespace says in these conditions what is left in it.
		if isMap && object.GetKind() == "Namespace" && condition["status"] == "True" && strings.HasPrefix(name, "Namespace") {
			reasons = append(reasons, withDetail(name, condition))
		}
	}
	return strings.Join(reasons, "; ")
}

// poll asks until the answer is yes, an error, or the time is up; then it says how the waiting ended.
func poll(ctx context.Context, timeout time.Duration, ask func(context.Context) (bool, error)) (ended string, err error) {
	deadline, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for pause := firstPause; ; pause = min(pause*3/2, longestPause) {
		done, err := ask(deadline)
		if done || err != nil {
			return "", err
		}
		select {
		case <-deadline.Done():
			// The end of the caller's own context is one of the deadline's too.
			if ctx.Err() != nil {
				return "was cancelled while it was waited for", ctx.Err()
			}
			return fmt.Sprintf("timed out after %s: timed out waiting for the condition", timeout), deadline.Err()
		case <-time.After(pause):
		}
	}
}
