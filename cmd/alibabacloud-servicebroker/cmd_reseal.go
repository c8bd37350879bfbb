package main

import (
	"github.com/spf13/cobra"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
)

func newResealCommand(getenv func(string) string) *cobra.Command {
	cmd := &cobra.Command{Use: "reseal", Short: "Seal all records with the primary key", Args: exactArgs(0)}
	cmd.SetFlagErrorFunc(flagError)
	target := targetFlags(cmd.Flags(), getenv)
	cmd.RunE = target.run(func(cmd *cobra.Command, console *client.Console, _ []string) error {
		return console.Reseal(cmd.Context())
	})
	return cmd
}
