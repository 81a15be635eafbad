package nodejs

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// RunPlugin runs a plugin written in Node.js, such as a package of components, until it ends or the engine hangs up.
func (host *Host) RunPlugin(request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer) error {
	command, err := pluginCommand(request)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(stream, false)
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	command.Stdout, command.Stderr = stdout, stderr

	err = host.runCommand(stream.Context(), command)
	var exit *exec.ExitError
	switch {
	case err == nil, stream.Context().Err() != nil:
		return closer.Close()
	case errors.As(err, &exit):
		return fmt.Errorf("plugin in %q ended: %v", request.GetInfo().GetProgramDirectory(), exit.ProcessState)
	}
	return fmt.Errorf("plugin in %q could not be run: %w", request.GetInfo().GetProgramDirectory(), err)
}

func pluginCommand(request *pulumirpc.RunPluginRequest) (*exec.Cmd, error) {
	if request.GetKind() == "analyzer" {
		return nil, notInStandIn("running policy packs (RunPlugin for an analyzer)")
	}
	if request.GetAttachDebugger() {
		return nil, notInStandIn("attaching a debugger")
	}
	chosen, err := parseOptions(request.GetInfo().GetOptions())
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, noNode(err)
	}
	directory := request.GetInfo().GetProgramDirectory()
	run, err := locateRunner(directory, "run-plugin")
	if err != nil {
		return nil, err
	}
	// As for the official host, nodeargs come behind the runner's path: Node itself does not see them.
	arguments := append(append([]string{run}, chosen.nodeArgs...), directory)
	command := exec.Command(node, append(arguments, request.GetArgs()...)...)
	command.Dir = request.GetPwd()
	if given := request.GetEnv(); len(given) > 0 {
		command.Env = slices.Clone(given)
	} else {
		command.Env = command.Environ()
	}
	if chosen.typescript {
		command.Env = append(command.Env, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if chosen.tsconfig != "" {
		command.Env = append(command.Env, "PULUMI_NODEJS_TSCONFIG_PATH="+chosen.tsconfig)
	}
	return command, nil
}
