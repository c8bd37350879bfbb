package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// exitDenied is the client's exit code for a refusal by the server.
const exitDenied = 3

// An application uses the credentials of a binding with the client, which takes
// secrets by its environment.
type application struct {
	program     string
	environment []string
}

// A use is one command of the client.
type use struct {
	env   []string
	args  []string
	input string
}

// run returns the output; the error has the client's message.
func (a application) run(ctx context.Context, u use) (string, error) {
	command := exec.CommandContext(ctx, a.program, u.args...) //nolint:gosec // the client of make demo
	command.Env = append(slices.Clone(a.environment), u.env...)
	command.Stdin = strings.NewReader(u.input)
	out, err := command.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimRight(string(out), "\n"), err
}

// refuses returns an error unless the server denies the use. A server that is
// down is another failure.
func (a application) refuses(ctx context.Context, u use) error {
	out, err := a.run(ctx, u)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == exitDenied {
		return nil
	}
	return fmt.Errorf("want a refusal: %w: %s", err, out)
}

// mysql is a use of a database by the uri of its credentials.
func mysql(uri string, args ...string) use {
	return use{env: []string{"MYSQL_URI=" + uri}, args: append([]string{"mysql"}, args...)}
}

// oss is a use of a bucket by the keys of the credentials.
func oss(keys credentials, command, input string, args ...string) use {
	return use{
		env:   []string{"OSS_ACCESS_KEY_ID=" + keys["access_key_id"], "OSS_ACCESS_KEY_SECRET=" + keys["secret_access_key"]},
		args:  append([]string{"oss", command, "--endpoint", keys["endpoint"], "--region", keys["region"]}, args...),
		input: input,
	}
}
