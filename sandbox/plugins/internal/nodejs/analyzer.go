package nodejs

import (
	"context"
	"os"
	"os/exec"
)

// RunPolicyPack runs the policy pack that the engine has started an analyzer for: by the @pulumi/pulumi which the pack
// itself resolves, from the working directory, with the engine's own arguments. Node is then the engine's peer.
func RunPolicyPack(ctx context.Context, arguments []string) error {
	node, err := exec.LookPath("node")
	if err != nil {
		return noNode(err)
	}
	pack, err := os.Getwd()
	if err != nil {
		return err
	}
	run, err := locateRunner(pack, "run-policy-pack")
	if err != nil {
		return err
	}
	command := exec.Command(node, append([]string{run}, arguments...)...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := runTied(ctx, command); ctx.Err() == nil {
		return err
	}
	return nil
}
