package main

import "github.com/spf13/cobra"

const serveHelp = `The emulator serves the cloud on --listen and its control API on
--control-listen, until SIGTERM or SIGINT.

The account has the access key of EMULATOR_ACCESS_KEY_ID and
EMULATOR_ACCESS_KEY_SECRET; without them each start makes one and prints it.`

func newServeCommand(getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{Use: "serve", Short: "Serve the emulated cloud", Args: cobra.NoArgs}
	makeServing(cmd, getenv)
	return cmd
}

// makeServing gives cmd the settings of the emulator as flags, and lets it serve.
func makeServing(cmd *cobra.Command, getenv func(string) string) {
	s := &settings{}
	cmd.Long = serveHelp
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(s.flags(getenv))
	for flag, values := range map[string][]string{"engines": engineChoices(), "profile": {"instant", "seconds", "realistic"}, "account": {"2024", "today"}} {
		if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // the flag is declared above
		}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := s.read(getenv); err != nil {
			return err
		}
		return serve(cmd.Context(), s, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
}
