package main

import "github.com/spf13/cobra"

const serveHelp = `The broker serves platforms on --listen and operators, metrics and health on
--ops-listen, until SIGTERM or SIGINT.

A flag can be set by an environment variable: its name in capitals with
underscores (--ops-listen: OPS_LISTEN; --endpoint: ENDPOINTS), or by its name in
the YAML file of --config. A flag is stronger than the variable, the variable is
stronger than the file. BROKER_USERNAME and BROKER_PASSWORD set the password of
one user; secrets are read from variables and files alone.`

// newServeCommand returns serve, which does the same as the program alone.
func newServeCommand(getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{Use: "serve", Short: "Serve platforms and run their operations", Args: exactArgs(0)}
	makeServing(cmd, getenv)
	return cmd
}

// makeServing gives cmd the settings of the broker as flags, and lets it serve.
func makeServing(cmd *cobra.Command, getenv func(string) string) {
	c := newConfig()
	settings := c.flags()
	cmd.Long = serveHelp
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(settings)
	completeSettings(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := c.read(settings, getenv); err != nil {
			return err
		}
		return serve(cmd.Context(), c)
	}
}
