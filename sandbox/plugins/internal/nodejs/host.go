// Package nodejs is the stand-in for Pulumi's Node.js language host.
package nodejs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"preview-environments.sandbox/plugins/internal/engine"
	"preview-environments.sandbox/plugins/internal/serve"
)

// Version is what the host answers with: that of the engine it is made for.
const Version = "3.220.0"

// The exit code with which @pulumi/pulumi says that the user has seen the error already.
const exitAfterLoggedError = 32

// Host runs Node.js programs for the engine.
type Host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	logs *engine.Log

	mutex         sync.Mutex
	engineAddress string
	running       map[*exec.Cmd]context.CancelFunc
}

// NewHost is a host that knows the engine's address only after the handshake, or from its process arguments.
func NewHost(logs *engine.Log) *Host {
	host := &Host{logs: logs, running: map[*exec.Cmd]context.CancelFunc{}}
	if last := os.Args[len(os.Args)-1]; len(os.Args) > 1 && !strings.HasPrefix(last, "-") {
		host.engineAddress = last
	}
	return host
}

// Stop ends the programs that run.
func (host *Host) Stop() {
	host.mutex.Lock()
	defer host.mutex.Unlock()
	for _, stop := range host.running {
		stop()
	}
}

func (host *Host) Handshake(_ context.Context, request *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	host.mutex.Lock()
	defer host.mutex.Unlock()
	host.engineAddress = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (host *Host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

func (host *Host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	host.Stop()
	return &emptypb.Empty{}, nil
}

func (host *Host) About(context.Context, *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, noNode(err)
	}
	version, err := exec.Command(node, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", node, err)
	}
	return &pulumirpc.AboutResponse{
		Executable: node,
		Version:    strings.TrimSpace(string(version)),
		Metadata:   map[string]string{"languageHost": serve.StandIn},
	}, nil
}

func (host *Host) GetRequiredPackages(
	_ context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	manifests, err := resourcePackages(request.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, found := range manifests {
		dependency := &pulumirpc.PackageDependency{
			Kind: "resource", Name: found.pluginName(), Version: found.pluginVersion(), Server: found.Pulumi.Server,
		}
		if parameters := found.Pulumi.Parameterization; parameters != nil {
			dependency.Parameterization = &pulumirpc.PackageParameterization{
				Name: parameters.Name, Version: parameters.Version, Value: parameters.Value,
			}
		}
		response.Packages = append(response.Packages, dependency)
	}
	return response, nil
}

func (host *Host) GetRequiredPlugins(
	_ context.Context, request *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	manifests, err := resourcePackages(request.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPluginsResponse{}
	for _, found := range manifests {
		response.Plugins = append(response.Plugins, &pulumirpc.PluginDependency{
			Kind: "resource", Name: found.pluginName(), Version: found.pluginVersion(), Server: found.Pulumi.Server,
		})
	}
	return response, nil
}

// GetProgramDependencies answers with the program's direct dependencies only: no lock file is read.
func (host *Host) GetProgramDependencies(
	_ context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	directory := request.GetInfo().GetProgramDirectory()
	own, err := nearestManifest(directory)
	if err != nil {
		return nil, fmt.Errorf("no package.json at or above %q: %w", directory, err)
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, wanted := range []map[string]string{own.Dependencies, own.DevDependencies} {
		for name, version := range wanted {
			response.Dependencies = append(response.Dependencies, &pulumirpc.DependencyInfo{
				Name: name, Version: installedVersion(directory, name, version),
			})
		}
	}
	slices.SortFunc(response.Dependencies, func(a, b *pulumirpc.DependencyInfo) int { return strings.Compare(a.Name, b.Name) })
	return response, nil
}

func (host *Host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, stream pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	chosen, err := parseOptions(request.GetInfo().GetOptions())
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(stream, request.GetIsTerminal())
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()

	manager := packageManager(request.GetDirectory(), chosen.packageManager)
	_, _ = fmt.Fprintf(stdout, "Installing dependencies with %s...\n", manager)
	command := exec.CommandContext(stream.Context(), manager, "install")
	command.Dir, command.Stdout, command.Stderr = request.GetDirectory(), stdout, stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s install in %q failed: %w", manager, request.GetDirectory(), err)
	}
	return closer.Close()
}

// packageManager is the one asked for, or the one whose lock file lies in the project.
func packageManager(directory, chosen string) string {
	if chosen != "auto" {
		return chosen
	}
	for file, manager := range map[string]string{"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun"} {
		if _, err := os.Stat(filepath.Join(directory, file)); err == nil {
			return manager
		}
	}
	return "npm"
}

func (host *Host) RuntimeOptionsPrompts(context.Context, *pulumirpc.RuntimeOptionsRequest) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

func (host *Host) Template(context.Context, *pulumirpc.TemplateRequest) (*pulumirpc.TemplateResponse, error) {
	return &pulumirpc.TemplateResponse{}, nil
}

func (host *Host) GenerateProgram(context.Context, *pulumirpc.GenerateProgramRequest) (*pulumirpc.GenerateProgramResponse, error) {
	return nil, notInStandIn("generating programs (GenerateProgram)")
}

func (host *Host) GenerateProject(context.Context, *pulumirpc.GenerateProjectRequest) (*pulumirpc.GenerateProjectResponse, error) {
	return nil, notInStandIn("generating projects (GenerateProject)")
}

func (host *Host) GeneratePackage(context.Context, *pulumirpc.GeneratePackageRequest) (*pulumirpc.GeneratePackageResponse, error) {
	return nil, notInStandIn("generating SDKs (GeneratePackage)")
}

func (host *Host) Pack(context.Context, *pulumirpc.PackRequest) (*pulumirpc.PackResponse, error) {
	return nil, notInStandIn("packing SDKs (Pack)")
}

func notInStandIn(what string) error {
	return status.Errorf(codes.Unimplemented, "%s is not in the language-nodejs stand-in of preview-environments: install the official plugin", what)
}

// Run starts Node with the program and answers when it has ended.
func (host *Host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	command, err := host.command(request)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	err = host.runCommand(ctx, command)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == exitAfterLoggedError:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program ended by %v", exit.ProcessState)}, nil
	}
	return &pulumirpc.RunResponse{Error: fmt.Sprintf("Problem executing program (could not run language executor): %v", err)}, nil
}

func (host *Host) runCommand(ctx context.Context, command *exec.Cmd) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	host.mutex.Lock()
	host.running[command] = stop
	host.mutex.Unlock()
	defer func() {
		host.mutex.Lock()
		defer host.mutex.Unlock()
		delete(host.running, command)
	}()
	return runTied(ctx, command)
}

func (host *Host) command(request *pulumirpc.RunRequest) (*exec.Cmd, error) {
	chosen, err := parseOptions(request.GetInfo().GetOptions())
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, noNode(err)
	}
	directory := request.GetInfo().GetProgramDirectory()
	run, err := locateRunner(directory, "run")
	if err != nil {
		return nil, err
	}
	environment, err := programEnvironment(request, chosen)
	if err != nil {
		return nil, err
	}

	host.mutex.Lock()
	address := host.engineAddress
	host.mutex.Unlock()
	command := exec.Command(node, append(slices.Clone(chosen.nodeArgs), runnerArguments(run, address, request)...)...)
	command.Dir = directory
	command.Env = append(os.Environ(), environment...)
	// Writers of their own kind make the command copy the streams: Node switches a descriptor it is given to
	// non-blocking mode, which the plugin's own stdout would then be in.
	command.Stdout, command.Stderr = struct{ io.Writer }{os.Stdout}, struct{ io.Writer }{os.Stderr}
	if request.GetAttachDebugger() {
		return nil, notInStandIn("attaching a debugger")
	}
	return command, nil
}

// runnerArguments is the command line that @pulumi/pulumi/cmd/run parses.
func runnerArguments(run, engineAddress string, request *pulumirpc.RunRequest) []string {
	arguments := []string{run}
	for _, flag := range []struct{ name, value string }{
		{"monitor", request.GetMonitorAddress()},
		{"engine", engineAddress},
		{"organization", request.GetOrganization()},
		{"project", request.GetProject()},
		{"root-directory", request.GetInfo().GetRootDirectory()},
		{"stack", request.GetStack()},
		{"pwd", request.GetInfo().GetProgramDirectory()},
		{"query-mode", strconv.FormatBool(request.GetQueryMode())},
		{"parallel", strconv.Itoa(int(request.GetParallel()))},
	} {
		if flag.value != "" {
			arguments = append(arguments, "--"+flag.name, flag.value)
		}
	}
	if request.GetDryRun() {
		arguments = append(arguments, "--dry-run")
	}
	arguments = append(arguments, request.GetInfo().GetEntryPoint())
	return append(arguments, request.GetArgs()...)
}

func programEnvironment(request *pulumirpc.RunRequest, chosen options) ([]string, error) {
	config := request.GetConfig()
	if config == nil {
		config = map[string]string{}
	}
	secretKeys := request.GetConfigSecretKeys()
	if secretKeys == nil {
		secretKeys = []string{}
	}
	configJSON, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	secretKeysJSON, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	environment := []string{"PULUMI_CONFIG=" + string(configJSON), "PULUMI_CONFIG_SECRET_KEYS=" + string(secretKeysJSON)}
	if chosen.typescript {
		environment = append(environment, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if chosen.tsconfig != "" {
		environment = append(environment, "PULUMI_NODEJS_TSCONFIG_PATH="+chosen.tsconfig)
	}
	return environment, nil
}

// locateRunner finds one of @pulumi/pulumi's entry points from the program's directory, as Node would resolve it.
func locateRunner(directory, name string) (string, error) {
	for _, modules := range moduleFolders(directory) {
		run := filepath.Join(modules, "@pulumi", "pulumi", "cmd", name, "index.js")
		if _, err := os.Stat(run); err == nil {
			return run, nil
		}
	}
	return "", fmt.Errorf("It looks like the Pulumi SDK has not been installed: no @pulumi/pulumi in any node_modules at or above %q. "+
		"Run `pulumi install` or `npm install`", directory)
}

func noNode(cause error) error {
	return fmt.Errorf("could not find node on the $PATH: %w", cause)
}
