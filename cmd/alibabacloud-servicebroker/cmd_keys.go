package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
)

// newKeysCommand returns the group of commands that rotate the sealing key: add,
// promote, reseal, drop.
func newKeysCommand(getenv func(string) string) *cobra.Command {
	group := newGroup("keys", "List, add, promote and drop the keys that seal secrets")
	target := targetFlags(group.PersistentFlags(), getenv)
	group.AddCommand(
		newKeysListCommand(target),
		newKeysAddCommand(target),
		newKeysPromoteCommand(target),
		newKeysDropCommand(target),
	)
	return group
}

func newKeysListCommand(target *target) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Print the keys and how many records need each", Args: exactArgs(0),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, _ []string) error {
			return console.ListKeys(cmd.Context())
		}),
	}
}

func newKeysAddCommand(target *target) *cobra.Command {
	return &cobra.Command{
		Use: "add", Short: "Add a key that opens; it seals after its promotion", Args: exactArgs(0),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, _ []string) error {
			return console.AddKey(cmd.Context())
		}),
	}
}

func newKeysPromoteCommand(target *target) *cobra.Command {
	return &cobra.Command{
		Use: "promote ID", Short: "Make a key the one that seals from now on", Args: exactArgs(1),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, args []string) error {
			id, err := keyID(args[0])
			if err != nil {
				return err
			}
			return console.PromoteKey(cmd.Context(), id)
		}),
	}
}

func newKeysDropCommand(target *target) *cobra.Command {
	return &cobra.Command{
		Use: "drop ID", Short: "Remove a key that no record needs", Args: exactArgs(1),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, args []string) error {
			id, err := keyID(args[0])
			if err != nil {
				return err
			}
			return console.DropKey(cmd.Context(), id)
		}),
	}
}

func keyID(text string) (uint32, error) {
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, usageError("%q is not the id of a key: keys list prints their numbers", text)
	}
	return uint32(id), nil
}
