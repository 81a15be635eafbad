// Package helm manages Helm releases for the Kubernetes provider: kubernetes:helm.sh/v3:Release.
package helm

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	"k8s.io/client-go/rest"

	"preview-environments.sandbox/plugins/internal/diff"
	"preview-environments.sandbox/plugins/internal/engine"
	"preview-environments.sandbox/plugins/internal/properties"
)

// Keys of inputs and state that the stand-in itself writes.
const (
	keyInputs        = "__inputs"
	keyResourceNames = "resourceNames"
	keyStatus        = "status"
)

// Releases are the Helm releases of one cluster.
type Releases struct {
	config    *rest.Config
	namespace string
	logs      *engine.Log
	settings  *cli.EnvSettings
}

// NewReleases manages releases on the cluster of a client configuration; a release that names no namespace goes into the
// given one.
func NewReleases(config *rest.Config, namespace string, logs *engine.Log) *Releases {
	patient := rest.CopyConfig(config)
	patient.Timeout = 0 // Helm watches for longer than any one request may take
	return &Releases{config: patient, namespace: namespace, logs: logs, settings: cli.New()}
}

// Check names the release, finds its chart and renders it: the objects it renders to are part of the inputs.
func (r *Releases) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	inputs, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	old, err := properties.Read(request.GetOlds())
	if err != nil {
		return nil, err
	}
	if err := r.complete(inputs, old, request); err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{}
	if !inputs.ContainsUnknowns() {
		rendered, err := r.render(ctx, inputs)
		if err != nil {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{
				Property: "chart", Reason: fmt.Sprintf("%v; check the chart name and repository configuration.", err)})
		} else {
			inputs[keyResourceNames] = rendered.resourceNames()
		}
	}
	response.Inputs, err = properties.Write(inputs)
	return response, err
}

func (r *Releases) complete(inputs, old resource.PropertyMap, request *pulumirpc.CheckRequest) error {
	if err := foldValueFiles(inputs); err != nil {
		return err
	}
	if properties.String(inputs, "name") == "" && !properties.IsUnknown(inputs, "name") {
		name := properties.String(old, "name")
		if name == "" {
			var err error
			if name, err = resource.NewUniqueName(request.GetRandomSeed(), resource.URN(request.GetUrn()).Name()+"-", 8, 0, nil); err != nil {
				return err
			}
		}
		inputs["name"] = resource.NewStringProperty(name)
	}
	if properties.String(inputs, "namespace") == "" && !properties.IsUnknown(inputs, "namespace") {
		inputs["namespace"] = resource.NewStringProperty(r.namespace)
	}
	if !inputs.HasValue("timeout") && !properties.Bool(inputs, "skipAwait", false) {
		inputs["timeout"] = resource.NewNumberProperty(defaultTimeout.Seconds())
	}
	return nil
}

// Diff compares the inputs of the last update with the present ones.
func (r *Releases) Diff(_ context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	state, err := properties.Read(request.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	ignored, err := diff.Paths(request.GetIgnoreChanges())
	if err != nil {
		return nil, err
	}
	before, after := properties.Plain(properties.Object(state, keyInputs)), properties.Plain(inputs)
	if inputs.ContainsUnknowns() {
		// A chart with unknown values is not rendered: that it renders to nothing is no change.
		delete(before, keyResourceNames)
	}
	replaces := func(change diff.Change) bool { return change.Path[0] == "name" || change.Path[0] == "namespace" }
	return diff.Answer(diff.Between(before, after), ignored, replaces, func() bool { return false }), nil
}

// Create installs the release.
func (r *Releases) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	wanted, err := readSpec(inputs)
	if err != nil {
		return nil, err
	}
	installed, failure := r.install(ctx, request.GetUrn(), wanted)
	if installed == nil {
		return nil, fmt.Errorf("Helm release %q was not created: %w", wanted.id(), failure)
	}
	state := stateOf(inputs, installed)
	if failure != nil {
		r.logs.Warn(request.GetUrn(), "Helm release %q was created but has a failed status. Use the `helm` command to investigate "+
			"the error, correct it, then retry. Reason: %v", wanted.id(), failure)
		return nil, properties.InitFailed(wanted.id(), state, nil, fmt.Sprintf(
			"Helm release %q was created, but failed to initialize completely. Use Helm CLI to investigate.: failed to become available "+
				"within allocated timeout. Error: Helm Release %s: %v", wanted.id(), wanted.id(), failure))
	}
	bag, err := properties.Write(state)
	return &pulumirpc.CreateResponse{Id: wanted.id(), Properties: bag}, err
}

// Update upgrades the release.
func (r *Releases) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	inputs, err := properties.Read(request.GetNews())
	if err != nil {
		return nil, err
	}
	wanted, err := readSpec(inputs)
	if err != nil {
		return nil, err
	}
	upgraded, failure := r.upgrade(ctx, request.GetUrn(), wanted)
	if upgraded == nil {
		return nil, fmt.Errorf("Helm release %q was not upgraded: %w", wanted.id(), failure)
	}
	state := stateOf(inputs, upgraded)
	if failure != nil {
		return nil, properties.InitFailed(request.GetId(), state, nil, fmt.Sprintf(
			"Helm release %q failed to initialize completely. Use Helm CLI to investigate.: failed to become available within allocated "+
				"timeout. Error: Helm Release %s: %v", wanted.id(), wanted.id(), failure))
	}
	bag, err := properties.Write(state)
	return &pulumirpc.UpdateResponse{Properties: bag}, err
}

// Read answers with the release as Helm has recorded it. Values or a version that somebody else changed become the inputs,
// so that the next update changes them back.
func (r *Releases) Read(_ context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	state, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs := properties.Object(state, keyInputs).Copy()
	namespace, name, isQualified := strings.Cut(request.GetId(), "/")
	if !isQualified {
		namespace, name = r.namespace, request.GetId()
	}
	live, err := r.get(namespace, name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return &pulumirpc.ReadResponse{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read Helm release %q: %w", request.GetId(), err)
	}

	if len(inputs) == 0 { // an import
		inputs["name"] = resource.NewStringProperty(live.Name)
		inputs["namespace"] = resource.NewStringProperty(live.Namespace)
		inputs["chart"] = resource.NewStringProperty(live.Chart.Metadata.Name)
		inputs["version"] = resource.NewStringProperty(live.Chart.Metadata.Version)
		inputs["timeout"] = resource.NewNumberProperty(defaultTimeout.Seconds())
		inputs["values"] = valuesOf(live)
	} else {
		takeDrift(inputs, state, live)
	}
	stateBag, err := properties.Write(stateOf(inputs, live))
	if err != nil {
		return nil, err
	}
	inputsBag, err := properties.Write(inputs)
	return &pulumirpc.ReadResponse{Id: request.GetId(), Properties: stateBag, Inputs: inputsBag}, err
}

func takeDrift(inputs, state resource.PropertyMap, live *release.Release) {
	wanted, _ := properties.PlainValue(inputs["values"]).(map[string]any)
	found, _ := properties.PlainValue(valuesOf(live)).(map[string]any)
	if len(wanted)+len(found) > 0 && !reflect.DeepEqual(wanted, found) {
		values := valuesOf(live)
		if inputs["values"].ContainsSecrets() {
			values = resource.MakeSecret(values)
		}
		inputs["values"] = values
	}
	if known := properties.String(properties.Object(state, keyStatus), "version"); known != live.Chart.Metadata.Version {
		inputs["version"] = resource.NewStringProperty(live.Chart.Metadata.Version)
	}
}

// Delete uninstalls the release and waits until what it made is gone.
func (r *Releases) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	state, err := properties.Read(request.GetProperties())
	if err != nil {
		return nil, err
	}
	known, err := readSpec(properties.Object(state, keyInputs))
	if err != nil {
		return nil, err
	}
	configuration, err := r.configuration(known.Namespace, known, func(message string) { r.logs.Status(request.GetUrn(), message) })
	if err != nil {
		return nil, err
	}
	uninstall := action.NewUninstall(configuration)
	uninstall.IgnoreNotFound = true
	uninstall.DisableHooks = known.DisableWebhooks
	if known.Atomic || !known.SkipAwait {
		uninstall.Wait = true
		uninstall.Timeout = known.timeout()
	}
	ended := make(chan error, 1)
	go func() {
		answer, err := uninstall.Run(known.Name)
		if err == nil && answer != nil && answer.Info != "" {
			r.logs.Warn(request.GetUrn(), "Helm uninstall returned information: %q", answer.Info)
		}
		ended <- err
	}()
	// Helm's uninstall cannot be cancelled, but need not be waited for: what it has begun, the next destroy completes.
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	r.logs.Status(request.GetUrn(), "")
	if err != nil {
		return nil, fmt.Errorf("Helm release %q was not uninstalled completely: %w", known.id(), err)
	}
	return &emptypb.Empty{}, nil
}

// stateOf is what the engine keeps of a release: the inputs, and what Helm recorded.
func stateOf(inputs resource.PropertyMap, live *release.Release) resource.PropertyMap {
	state := inputs.Copy()
	state["values"] = valuesOf(live)
	state["version"] = resource.NewStringProperty(live.Chart.Metadata.Version)
	state[keyResourceNames] = rendered{live.Manifest}.resourceNames()
	state[keyStatus] = resource.NewObjectProperty(resource.NewPropertyMapFromMap(map[string]any{
		"appVersion": live.Chart.Metadata.AppVersion,
		"chart":      live.Chart.Metadata.Name,
		"name":       live.Name,
		"namespace":  live.Namespace,
		"revision":   live.Version,
		"status":     live.Info.Status.String(),
		"version":    live.Chart.Metadata.Version,
	}))
	properties.KeepSecrets(state, inputs)
	state[keyInputs] = resource.MakeSecret(resource.NewObjectProperty(inputs))
	return state
}

func valuesOf(live *release.Release) resource.PropertyValue {
	if len(live.Config) == 0 {
		return resource.NewObjectProperty(resource.PropertyMap{})
	}
	return resource.NewObjectProperty(resource.NewPropertyMapFromMap(live.Config))
}
