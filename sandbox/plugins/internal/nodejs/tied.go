package nodejs

import (
	"context"
	"os/exec"
	"runtime"
	"syscall"
)

// runTied runs a command to its end. It is asked to end with the context, and dies with this process.
func runTied(ctx context.Context, command *exec.Cmd) error {
	// Pdeathsig acts when the thread that started the child ends, so that thread is kept for as long as the child runs.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ctx.Done():
			_ = command.Process.Signal(syscall.SIGTERM)
		case <-ended:
		}
	}()
	return command.Wait()
}
