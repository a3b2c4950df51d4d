package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/ssh"

	"wirework.invalid/lab/plugins/internal/provider"
)

// outputs are what a command wrote, each without its last newline.
type outputs struct{ stdout, stderr string }

func (o outputs) addTo(inputs resource.PropertyMap) resource.PropertyMap {
	return withOutputs(inputs, resource.NewProperty(o.stdout), resource.NewProperty(o.stderr))
}

// lockedBuffer takes writes from the copying goroutines of both streams.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(data)
}

// run executes one command on the host in a session of its own. The connection stays open until the plugin ends, as with
// the original: what a host sees must not differ.
func run(ctx context.Context, log provider.Logger, command string, state commandState) (outputs, error) {
	client, err := state.Connection.dial(ctx, log)
	if err != nil {
		return outputs{}, err
	}
	session, err := client.NewSession()
	if err != nil {
		return outputs{}, err
	}
	defer session.Close()
	if err := setEnvironment(ctx, log, session, state); err != nil {
		return outputs{}, err
	}
	if state.Stdin != nil && *state.Stdin != "" {
		session.Stdin = strings.NewReader(*state.Stdin)
	}

	var stdout, stderr bytes.Buffer
	var both lockedBuffer
	lines, shown := io.Pipe()
	session.Stdout = stream(&stdout, &both, shown, logs(state.Logging, "stdout"))
	session.Stderr = stream(&stderr, &both, shown, logs(state.Logging, "stderr"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		// A line of more than 64 KiB ends the scan, and the command then waits for ever to write on: the original does
		// the same, so a program that would hang with it hangs in the lab.
		for scanner := bufio.NewScanner(lines); scanner.Scan(); {
			log.Status(ctx, diag.Info, scanner.Text())
		}
	}()
	err = session.Run(command)
	_ = shown.Close()
	<-done
	if err != nil {
		return outputs{}, fmt.Errorf("%w: running %q:\n%s", err, command, both.buffer.String())
	}
	return outputs{
		stdout: strings.TrimSuffix(stdout.String(), "\n"),
		stderr: strings.TrimSuffix(stderr.String(), "\n"),
	}, nil
}

func stream(own, both, shown io.Writer, show bool) io.Writer {
	if show {
		return io.MultiWriter(own, both, shown)
	}
	return io.MultiWriter(own, both)
}

// logs says whether a stream is shown while the command runs; both are unless `logging` says otherwise.
func logs(logging *string, stream string) bool {
	return logging == nil || *logging == stream || *logging == "stdoutAndStderr"
}

// setEnvironment fails when the server refuses a variable of the user's, and only warns for those with the outputs of the
// last run.
func setEnvironment(ctx context.Context, log provider.Logger, session *ssh.Session, state commandState) error {
	for name, value := range state.Environment {
		if err := session.Setenv(name, value); err != nil {
			log.Say(ctx, diag.Error, refused(name))
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	if state.AddPreviousOutputInEnv != nil && !*state.AddPreviousOutputInEnv {
		return nil
	}
	previous := []struct{ name, value string }{
		{"PULUMI_COMMAND_STDOUT", state.Stdout}, {"PULUMI_COMMAND_STDERR", state.Stderr},
	}
	for _, variable := range previous {
		if variable.value == "" {
			continue
		}
		if err := session.Setenv(variable.name, variable.value); err != nil {
			log.Say(ctx, diag.Warning, refused(variable.name))
		}
	}
	return nil
}

func refused(name string) string {
	return fmt.Sprintf("Unable to set '%s': the SSH server takes only the variables that its AcceptEnv names", name)
}
