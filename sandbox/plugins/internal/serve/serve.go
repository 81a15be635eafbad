// Package serve runs a plugin the way the engine expects: a gRPC server on a loopback port, the port on standard output;
// and no longer than the engine lives.
package serve

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"google.golang.org/grpc"

	"preview-environments.sandbox/plugins/internal/engine"
)

// StandIn is what every stand-in calls itself wherever it is asked who it is.
const StandIn = "stand-in of preview-environments, not the official plugin"

// Plugin is one of the stand-ins: its name, the version it answers with, and its gRPC service or the program that has it.
type Plugin struct {
	Name    string
	Version string
	// Register adds the service to the server and returns what ends its waiting when the plugin is told to stop.
	Register func(server *grpc.Server, logs *engine.Log) (stop func())
	// Run takes Register's place where another program serves: it runs that one with the engine's arguments.
	Run func(ctx context.Context, arguments []string) error
}

// An engine that died without a word is noticed this often; without it a killed engine would leave its plugins behind.
const engineCheck = 3 * time.Second

// Main runs the plugin with the engine's arguments and returns the exit code.
func Main(plugin Plugin, args []string) int {
	for _, arg := range args {
		switch arg {
		case "--version", "-version":
			fmt.Printf("%s v%s (%s)\n", plugin.Name, plugin.Version, StandIn)
			return 0
		case "--help", "-help", "-h":
			fmt.Printf("pulumi-%s v%s: %s.\nStarted by the Pulumi engine with its address as the last argument.\n",
				plugin.Name, plugin.Version, StandIn)
			return 0
		}
	}
	if err := run(plugin, args); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-%s (%s): %v\n", plugin.Name, StandIn, err)
		return 1
	}
	return 0
}

func run(plugin Plugin, args []string) error {
	if plugin.Run == nil {
		return serve(plugin, engineAddress(args))
	}
	return runOther(plugin, args)
}

// engineAddress is the last argument, after the logging and tracing flags, which a stand-in has no use for.
func engineAddress(args []string) string {
	if len(args) == 0 || strings.HasPrefix(args[len(args)-1], "-") {
		return ""
	}
	return args[len(args)-1]
}

// analyzerEngineAddress is the argument before the policy pack's folder, behind which only options follow.
func analyzerEngineAddress(args []string) string {
	isOption := func(arg string) bool { return strings.HasPrefix(arg, "-") }
	words := slices.DeleteFunc(slices.Clone(args), isOption)
	if len(words) < 2 {
		return ""
	}
	return words[len(words)-2]
}

func runOther(plugin Plugin, args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if address := analyzerEngineAddress(args); address != "" {
		if err := rpcutil.Healthcheck(ctx, address, engineCheck, stop); err != nil {
			return err
		}
	}
	return plugin.Run(ctx, args)
}

func serve(plugin Plugin, address string) error {
	logs := engine.NewLog()
	if address != "" {
		if err := logs.Connect(address); err != nil {
			return err
		}
	}

	stop := func() {}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			stop = plugin.Register(server, logs)
			return nil
		},
	})
	if err != nil {
		return err
	}

	// The engine ends a plugin with SIGINT. The waiting ends first, so that what was created so far is answered and kept
	// in the state.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		close(cancel)
	}()
	if address != "" {
		gone := func() { signals <- syscall.SIGTERM }
		if err := rpcutil.Healthcheck(context.Background(), address, engineCheck, gone); err != nil {
			return err
		}
	}

	fmt.Printf("%d\n", handle.Port)
	return <-handle.Done
}
