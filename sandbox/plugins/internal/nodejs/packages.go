package nodejs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// manifest is what the language host reads of a package.json.
type manifest struct {
	Name            string            `json:"name"`
	Version         string            `json:"version"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
	Pulumi          struct {
		Resource         bool   `json:"resource"`
		Name             string `json:"name"`
		Version          string `json:"version"`
		Server           string `json:"server"`
		Parameterization *struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			Value   []byte `json:"value"`
		} `json:"parameterization"`
	} `json:"pulumi"`
}

func readManifest(file string) (manifest, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return manifest{}, err
	}
	var parsed manifest
	if err := json.Unmarshal(content, &parsed); err != nil {
		return manifest{}, fmt.Errorf("cannot parse %q: %w", file, err)
	}
	return parsed, nil
}

// pluginName is the name of the resource plugin behind a package.
func (m manifest) pluginName() string {
	if m.Pulumi.Name != "" {
		return m.Pulumi.Name
	}
	return strings.TrimPrefix(m.Name, "@pulumi/")
}

func (m manifest) pluginVersion() string {
	version := m.Pulumi.Version
	if version == "" {
		version = m.Version
	}
	return "v" + strings.TrimPrefix(version, "v")
}

// resourcePackages lists the packages with a resource plugin in every node_modules that the program resolves modules from.
// Of a package found twice the nearest counts, as for Node.
func resourcePackages(programDirectory string) ([]manifest, error) {
	var found []manifest
	seen := map[string]bool{}
	for _, modules := range moduleFolders(programDirectory) {
		files, err := filepath.Glob(filepath.Join(modules, "*", "package.json"))
		if err != nil {
			return nil, err
		}
		scoped, err := filepath.Glob(filepath.Join(modules, "@*", "*", "package.json"))
		if err != nil {
			return nil, err
		}
		for _, file := range append(files, scoped...) {
			// Most of the hundreds of manifests have nothing to do with Pulumi and some are broken on purpose.
			parsed, err := readManifest(file)
			if err != nil || !parsed.Pulumi.Resource || seen[parsed.Name] {
				continue
			}
			seen[parsed.Name] = true
			found = append(found, parsed)
		}
	}
	return found, nil
}

// moduleFolders are the node_modules folders seen from a directory, nearest first.
func moduleFolders(directory string) []string {
	var folders []string
	for {
		candidate := filepath.Join(directory, "node_modules")
		if info, err := os.Stat(candidate); err == nil && info.IsDir() {
			folders = append(folders, candidate)
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return folders
		}
		directory = parent
	}
}

// nearestManifest is the package.json that governs a directory.
func nearestManifest(directory string) (manifest, error) {
	for {
		parsed, err := readManifest(filepath.Join(directory, "package.json"))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return parsed, err
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return manifest{}, fs.ErrNotExist
		}
		directory = parent
	}
}

// installedVersion is the version Node would load from a directory, or what the manifest asks for.
func installedVersion(directory, name, wanted string) string {
	for _, modules := range moduleFolders(directory) {
		if parsed, err := readManifest(filepath.Join(modules, name, "package.json")); err == nil {
			return parsed.Version
		}
	}
	return wanted
}
