package helm

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/yaml"

	"preview-environments.sandbox/plugins/internal/properties"
)

const defaultTimeout = 5 * time.Minute

// spec are the inputs of a release, under the names of the npm package.
type spec struct {
	AllowNullValues          bool           `json:"allowNullValues"`
	Atomic                   bool           `json:"atomic"`
	Chart                    string         `json:"chart"`
	CleanupOnFail            bool           `json:"cleanupOnFail"`
	CreateNamespace          bool           `json:"createNamespace"`
	DependencyUpdate         bool           `json:"dependencyUpdate"`
	Description              string         `json:"description"`
	Devel                    bool           `json:"devel"`
	DisableCRDHooks          bool           `json:"disableCRDHooks"`
	DisableOpenapiValidation bool           `json:"disableOpenapiValidation"`
	DisableWebhooks          bool           `json:"disableWebhooks"`
	ForceUpdate              bool           `json:"forceUpdate"`
	Keyring                  string         `json:"keyring"`
	MaxHistory               int            `json:"maxHistory"`
	Name                     string         `json:"name"`
	Namespace                string         `json:"namespace"`
	RenderSubchartNotes      bool           `json:"renderSubchartNotes"`
	Replace                  bool           `json:"replace"`
	RepositoryOpts           repository     `json:"repositoryOpts"`
	ResetValues              bool           `json:"resetValues"`
	ReuseValues              bool           `json:"reuseValues"`
	SkipAwait                bool           `json:"skipAwait"`
	SkipCrds                 bool           `json:"skipCrds"`
	TakeOwnership            bool           `json:"takeOwnership"`
	Timeout                  float64        `json:"timeout"`
	Values                   map[string]any `json:"values"`
	Verify                   bool           `json:"verify"`
	Version                  string         `json:"version"`
	WaitForJobs              bool           `json:"waitForJobs"`
	Postrender               string         `json:"postrender"`
	Lint                     bool           `json:"lint"`
	RecreatePods             bool           `json:"recreatePods"`
}

type repository struct {
	Repo     string `json:"repo"`
	CAFile   string `json:"caFile"`
	CertFile string `json:"certFile"`
	KeyFile  string `json:"keyFile"`
	Username string `json:"username"`
	Password string `json:"password"`
}

func readSpec(inputs resource.PropertyMap) (spec, error) {
	text, err := json.Marshal(properties.Plain(inputs))
	if err != nil {
		return spec{}, err
	}
	var read spec
	if err := json.Unmarshal(text, &read); err != nil {
		return spec{}, fmt.Errorf("the inputs of Helm release %q do not fit: %w", properties.String(inputs, "name"), err)
	}
	for option, given := range map[string]bool{
		"postrender": read.Postrender != "", "lint": read.Lint, "recreatePods": read.RecreatePods,
		"allowNullValues": read.AllowNullValues,
	} {
		if given {
			return spec{}, fmt.Errorf("option %q of Helm releases is not in the resource-kubernetes stand-in of preview-environments", option)
		}
	}
	return read, nil
}

// id is what the engine knows the release by.
func (s spec) id() string { return s.Namespace + "/" + s.Name }

func (s spec) timeout() time.Duration {
	if s.Timeout > 0 {
		return time.Duration(s.Timeout * float64(time.Second))
	}
	return defaultTimeout
}

// foldValueFiles merges valueYamlFiles into the values, which win: what the files say is then part of the comparison.
func foldValueFiles(inputs resource.PropertyMap) error {
	files := properties.Unwrap(inputs["valueYamlFiles"])
	if !files.IsArray() {
		return nil
	}
	merged := map[string]any{}
	for _, file := range files.ArrayValue() {
		file = properties.Unwrap(file)
		if !file.IsAsset() {
			return fmt.Errorf("valueYamlFiles has a %s: each must be an asset", file.TypeString())
		}
		text, err := file.AssetValue().Bytes()
		if err != nil {
			return fmt.Errorf("cannot read a file of valueYamlFiles: %w", err)
		}
		var values map[string]any
		if err := yaml.Unmarshal(text, &values); err != nil {
			return fmt.Errorf("cannot parse a file of valueYamlFiles: %w", err)
		}
		merged = chartutil.CoalesceTables(values, merged)
	}
	given := properties.Object(inputs, "values")
	folded := mergeBags(resource.NewPropertyMapFromMap(merged), given)
	delete(inputs, "valueYamlFiles")
	inputs["values"] = resource.NewObjectProperty(folded)
	return nil
}

func mergeBags(under, over resource.PropertyMap) resource.PropertyMap {
	merged := under.Copy()
	for key, value := range over {
		if value.IsObject() && merged[key].IsObject() {
			value = resource.NewObjectProperty(mergeBags(merged[key].ObjectValue(), value.ObjectValue()))
		}
		merged[key] = value
	}
	return merged
}
