// Command plugins is every Pulumi plugin stand-in of the sandbox in one binary. The name it is started by decides which
// one it is; README.md lists what each of them does and does not do.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"preview-environments.sandbox/plugins/internal/command"
	"preview-environments.sandbox/plugins/internal/engine"
	"preview-environments.sandbox/plugins/internal/kubernetes"
	"preview-environments.sandbox/plugins/internal/nodejs"
	"preview-environments.sandbox/plugins/internal/random"
	"preview-environments.sandbox/plugins/internal/serve"
)

func main() {
	name := filepath.Base(os.Args[0])
	plugin, known := plugins()[name]
	if !known {
		fmt.Fprintf(os.Stderr, "%q is none of the stand-ins in this binary: start it through a link named %s\n", name, names)
		os.Exit(2)
	}
	os.Exit(serve.Main(plugin, os.Args[1:]))
}

const names = "pulumi-analyzer-policy, pulumi-language-nodejs, pulumi-resource-command, pulumi-resource-kubernetes or pulumi-resource-random"

func plugins() map[string]serve.Plugin {
	return map[string]serve.Plugin{
		"pulumi-analyzer-policy": {
			Name: "analyzer-policy", Version: nodejs.Version, Run: nodejs.RunPolicyPack,
		},
		"pulumi-language-nodejs": {
			Name: "language-nodejs", Version: nodejs.Version,
			Register: func(server *grpc.Server, logs *engine.Log) func() {
				host := nodejs.NewHost(logs)
				pulumirpc.RegisterLanguageRuntimeServer(server, host)
				return host.Stop
			},
		},
		"pulumi-resource-command": {
			Name: "resource-command", Version: command.Version,
			Register: func(server *grpc.Server, logs *engine.Log) func() {
				provider := command.NewProvider(logs)
				pulumirpc.RegisterResourceProviderServer(server, provider)
				return provider.Stop
			},
		},
		"pulumi-resource-kubernetes": {
			Name: "resource-kubernetes", Version: kubernetes.Version,
			Register: func(server *grpc.Server, logs *engine.Log) func() {
				provider := kubernetes.NewProvider(logs)
				pulumirpc.RegisterResourceProviderServer(server, provider)
				return provider.Stop
			},
		},
		"pulumi-resource-random": {
			Name: "resource-random", Version: random.Version,
			Register: func(server *grpc.Server, _ *engine.Log) func() {
				pulumirpc.RegisterResourceProviderServer(server, random.NewProvider())
				return func() {}
			},
		},
	}
}
