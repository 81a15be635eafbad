package kubernetes

import (
	"context"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"preview-environments.sandbox/plugins/internal/await"
	"preview-environments.sandbox/plugins/internal/properties"
)

// Delete removes the object and waits until it is gone.
func (p *Provider) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	if p.noCluster != nil {
		return nil, p.noCluster
	}
	if isRelease(request.GetUrn()) {
		return p.releases.Delete(p.waiting, request)
	}
	state, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs, object := parseState(state)
	namespace, name := parseID(request.GetId())
	if object.GroupVersionKind().Kind == "" {
		gvk, err := kindOf(request.GetUrn())
		if err != nil {
			return nil, err
		}
		object.SetGroupVersionKind(gvk)
		object.SetNamespace(namespace)
	}
	object.SetName(name)

	client, err := p.cluster.client(object)
	if isNoSuchKind(err) {
		return &emptypb.Empty{}, nil // the kind is gone, and with it all of its objects
	}
	if err != nil {
		return nil, err
	}
	if isPatch(request.GetUrn(), object) {
		err := p.relinquish(p.waiting, object, properties.String(state, keyFieldManager))
		return &emptypb.Empty{}, unreachable(ignoreNotFound(err))
	}
	live, err := client.Get(p.waiting, name, metav1.GetOptions{})
	if err == nil {
		policy := deletionPropagation(inputs)
		err = client.Delete(p.waiting, name, metav1.DeleteOptions{PropagationPolicy: &policy})
	}
	if apierrors.IsNotFound(err) {
		return &emptypb.Empty{}, nil
	}
	if err != nil {
		return nil, unreachable(err)
	}
	if isSet(inputs, annotationSkipAwait) {
		return &emptypb.Empty{}, nil
	}
	return &emptypb.Empty{}, p.awaitGone(request, client, inputs, live)
}

func (p *Provider) awaitGone(request *pulumirpc.DeleteRequest, client dynamic.ResourceInterface, inputs, live *unstructured.Unstructured) error {
	timeout := timeoutOf(request.GetTimeout(), inputs)
	err := await.Gone(p.waiting, live, await.Wait{
		Timeout: timeout,
		Get: func(ctx context.Context) (*unstructured.Unstructured, error) {
			return client.Get(ctx, live.GetName(), metav1.GetOptions{})
		},
		Status: func(message string) { p.logs.Status(request.GetUrn(), message) },
	})
	if err != nil && strings.Contains(err.Error(), "finalizers") {
		p.logs.Warn(request.GetUrn(), "finalizers might be preventing deletion (%s)", displayName(live))
	}
	return err
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
