package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
)

// program is the name that help and errors show.
const program = "alibabacloud-servicebroker"

// The exit codes of the program.
const (
	exitFailed = 1
	exitUsage  = 2
	exitExist  = 3 // of "instances none": something exists
)

// execute runs the command that args name. getenv reads the environment.
func execute(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	root := newRootCommand(getenv, out)
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// newRootCommand returns the program with all its commands.
func newRootCommand(getenv func(string) string, out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:     program,
		Short:   "An Open Service Broker for Alibaba Cloud",
		Version: version,
		Args:    knownCommand,

		SilenceErrors: true, // main prints the error
		SilenceUsage:  true,
	}
	root.SetOut(out)
	root.SetErr(out)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetHelpFunc(printHelp)
	help := newHelpCommand()
	root.SetHelpCommand(help)
	makeServing(root, getenv)
	root.AddCommand(
		newServeCommand(getenv),
		newInstancesCommand(getenv),
		newKeysCommand(getenv),
		newResealCommand(getenv),
		newRAMPolicyCommand(getenv),
		help,
	)
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			makeGroup(cmd)
		}
	}
	return root
}

// newGroup returns a command that only has commands below it.
func newGroup(name, short string) *cobra.Command {
	group := &cobra.Command{Use: name, Short: short}
	makeGroup(group)
	return group
}

// makeGroup lets a command with commands below it refuse mistyped ones. Alone it
// prints its help.
func makeGroup(cmd *cobra.Command) {
	cmd.Args = knownCommand
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.SetFlagErrorFunc(flagError)
}

// knownCommand refuses any word: cobra has taken the names of commands away. The
// error suggests similar names.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := strings.Join(cmd.SuggestionsFor(args[0]), " or ")
	if hint != "" {
		hint = "; did you mean " + hint
	}
	return usageError("unknown command %q for %q%s; see %s --help", args[0], cmd.CommandPath(), hint, cmd.CommandPath())
}

// exactArgs requires n arguments.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError("%s takes %d arguments and got %d; see %s --help", cmd.CommandPath(), n, len(args), cmd.CommandPath())
		}
		return nil
	}
}

// An exitError is an error with the exit code of the program.
type exitError struct {
	error

	code int
}

// Unwrap returns the error without the code.
func (e exitError) Unwrap() error { return e.error }

// usageError returns an error with the exit code for wrong arguments.
func usageError(format string, args ...any) error {
	return exitError{fmt.Errorf(format, args...), exitUsage}
}

// flagError is the error of a command for its flags.
func flagError(cmd *cobra.Command, err error) error {
	return usageError("%w; see %s --help", err, cmd.CommandPath())
}

// exitCode returns the exit code of the program for an error.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[exitError](err); ok {
		return e.code
	}
	if errors.Is(err, client.ErrExist) {
		return exitExist
	}
	return exitFailed
}
