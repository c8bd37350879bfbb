package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// newHelpCommand returns help, which refuses mistyped commands; the help of cobra
// prints the help of the program for them.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Show the help of the program or of a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usageError("%w", err)
			}
			if err := knownCommand(found, rest); err != nil {
				return err
			}
			return found.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			found, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range found.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// printHelp prints the help of a command: its usage, every command below it,
// and its flags.
func printHelp(cmd *cobra.Command, _ []string) {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
	write := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // Flush has the error
	write("%s\n", cmd.Short)
	if cmd.Long != "" {
		write("\n%s\n", cmd.Long)
	}
	write("\nUsage:\n")
	if !isGroup(cmd) {
		write("  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		write("  %s [command]\n\nCommands:\n", cmd.CommandPath())
		for _, c := range leaves(cmd) {
			name := strings.TrimSuffix(strings.TrimPrefix(c.UseLine(), program+" "), " [flags]")
			write("  %s\t%s\n", name, c.Short)
		}
		write("\nEach command has --help.\n")
	}
	if flags := cmd.LocalFlags(); flags.HasAvailableFlags() {
		write("\nFlags:\n%s", flags.FlagUsages())
	}
	if flags := cmd.InheritedFlags(); flags.HasAvailableFlags() {
		write("\nFlags of all %s commands:\n%s", cmd.Parent().Name(), flags.FlagUsages())
	}
	if err := w.Flush(); err != nil {
		cmd.PrintErrln(err)
	}
}

// leaves returns the commands at the ends of the tree below cmd. completion counts
// as one of them, with all its shells.
func leaves(cmd *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, c := range cmd.Commands() {
		switch {
		case !c.IsAvailableCommand() && c.Name() != "help":
		case isGroup(c):
			found = append(found, leaves(c)...)
		default:
			found = append(found, c)
		}
	}
	return found
}

// isGroup reports whether cmd is one of newGroup.
func isGroup(cmd *cobra.Command) bool {
	return cmd.HasParent() && cmd.HasAvailableSubCommands() && cmd.Name() != "completion"
}
