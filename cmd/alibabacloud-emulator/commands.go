package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// program is the name that help and errors show.
const program = "alibabacloud-emulator"

// execute runs the command that args name. getenv reads the environment.
func execute(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	root := &cobra.Command{
		Use:     program,
		Short:   "Alibaba Cloud on this machine",
		Version: version,

		SilenceErrors: true, // main prints the error
		SilenceUsage:  true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetVersionTemplate("{{.Version}}\n")
	makeServing(root, getenv)
	root.AddCommand(newServeCommand(getenv))
	return root.ExecuteContext(ctx)
}
