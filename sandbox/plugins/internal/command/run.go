package command

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"preview-environments.sandbox/plugins/internal/properties"
)

type printed struct{ stdout, stderr string }

// run runs the command below a key of the inputs, as the official provider does: in a shell, with the environment of the
// engine and of the inputs, and with what it printed the last time.
func (p *Provider) run(urn, key string, inputs, before resource.PropertyMap) (printed, error) {
	text := properties.String(inputs, key)
	if text == "" {
		return printed{}, nil
	}
	interpreter := interpreterOf(inputs)
	command := exec.CommandContext(p.running, interpreter[0], append(interpreter[1:], text)...)
	command.Dir = properties.String(inputs, "dir")
	command.Env = environment(inputs, before)
	if stdin := properties.String(inputs, "stdin"); stdin != "" {
		command.Stdin = strings.NewReader(stdin)
	}
	// A shell's children go with it, and all of them with us. The kernel asks after the thread that started them, so that
	// thread is kept for as long as they run.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }

	var stdout, stderr, both bytes.Buffer
	logged := properties.String(inputs, "logging")
	command.Stdout = io.MultiWriter(&stdout, &both, p.shown(urn, logged != "stderr" && logged != "none"))
	command.Stderr = io.MultiWriter(&stderr, &both, p.shown(urn, logged != "stdout" && logged != "none"))
	if err := command.Run(); err != nil {
		return printed{}, fmt.Errorf("%w: running %q:\n%s", err, text, both.String())
	}
	return printed{
		stdout: strings.TrimSuffix(stdout.String(), "\n"),
		stderr: strings.TrimSuffix(stderr.String(), "\n"),
	}, nil
}

func interpreterOf(inputs resource.PropertyMap) []string {
	given, _ := properties.PlainValue(inputs["interpreter"]).([]any)
	words := make([]string, 0, len(given))
	for _, word := range given {
		words = append(words, fmt.Sprint(word))
	}
	if len(words) == 0 {
		return []string{"/bin/sh", "-c"}
	}
	return words
}

func environment(inputs, before resource.PropertyMap) []string {
	environment := os.Environ()
	if properties.Bool(inputs, "addPreviousOutputInEnv", true) && before != nil {
		environment = append(environment,
			"PULUMI_COMMAND_STDOUT="+properties.String(before, "stdout"),
			"PULUMI_COMMAND_STDERR="+properties.String(before, "stderr"))
	}
	given := properties.Plain(properties.Object(inputs, "environment"))
	for _, key := range properties.SortedKeys(given) {
		environment = append(environment, fmt.Sprintf("%s=%v", key, given[key]))
	}
	return environment
}

// shown is a writer to the engine, line by line, or to nowhere.
func (p *Provider) shown(urn string, wanted bool) io.Writer {
	if !wanted {
		return io.Discard
	}
	return lines(func(line string) { p.logs.Info(urn, "%s", line) })
}

type lines func(line string)

func (tell lines) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		tell(strings.TrimSuffix(line, "\n"))
	}
	return len(text), nil
}
