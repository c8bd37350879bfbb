package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
)

// newInstancesCommand returns the group of commands on instances and bindings.
func newInstancesCommand(getenv func(string) string) *cobra.Command {
	group := newGroup("instances", "List, show, retry, accept and purge instances")
	target := targetFlags(group.PersistentFlags(), getenv)
	group.AddCommand(
		newInstancesListCommand(target),
		newInstancesShowCommand(target),
		newInstancesRetryCommand(target),
		newInstancesAcceptCommand(target),
		newInstancesPurgeCommand(target),
		newInstancesNoneCommand(target),
	)
	return group
}

func newInstancesListCommand(target *target) *cobra.Command {
	var filter client.Filter
	cmd := &cobra.Command{
		Use: "list", Short: "Print one line for each instance", Args: exactArgs(0),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, _ []string) error {
			return console.ListInstances(cmd.Context(), filter)
		}),
	}
	fs := cmd.Flags()
	fs.BoolVar(&filter.Unfinished, "unfinished", false, "only instances with unfinished work, their own or a binding's")
	fs.BoolVar(&filter.Failed, "failed", false, "only instances whose last operation failed, or a binding's")
	fs.BoolVar(&filter.Deleted, "deleted", false, "also deleted instances, whose records answer late polls")
	return cmd
}

func newInstancesShowCommand(target *target) *cobra.Command {
	var deleted bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "Print an instance with its bindings", Args: exactArgs(1),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, args []string) error {
			return console.ShowInstance(cmd.Context(), args[0], deleted)
		}),
	}
	cmd.Flags().BoolVar(&deleted, "deleted", false, "also deleted bindings, whose records answer late polls")
	return cmd
}

func newInstancesRetryCommand(target *target) *cobra.Command {
	return &cobra.Command{
		Use: "retry ID", Short: "Retry unfinished and quarantined work of an instance and its bindings now", Args: exactArgs(1),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, args []string) error {
			return console.Retry(cmd.Context(), args[0])
		}),
	}
}

// newInstancesAcceptCommand returns accept. Without a digest it changes nothing, so
// that an operator sees first what the broker would work on.
func newInstancesAcceptCommand(target *target) *cobra.Command {
	var digest string
	cmd := &cobra.Command{
		Use: "accept ID", Short: "Print the records of an instance that were changed outside of the broker; with --confirm, accept one", Args: exactArgs(1),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, args []string) error {
			return console.Accept(cmd.Context(), args[0], digest)
		}),
	}
	cmd.Flags().StringVar(&digest, "confirm", "", "the `digest` of the record to accept as it is")
	return cmd
}

// newInstancesPurgeCommand returns purge. It requires the id twice, because a purge
// leaves billed resources behind.
func newInstancesPurgeCommand(target *target) *cobra.Command {
	var binding, confirm string
	var force bool
	cmd := &cobra.Command{
		Use: "purge ID", Short: "Drop the records of an instance that cannot be deleted; its cloud resources stay",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := exactArgs(1)(cmd, args); err != nil {
				return err
			}
			id := args[0]
			if binding != "" {
				id = binding
			}
			if confirm != id {
				return usageError("a purge leaves the cloud resources in place, and the broker forgets them: to purge add --confirm with the id %q", id)
			}
			return nil
		},
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, args []string) error {
			return console.Purge(cmd.Context(), args[0], binding, force)
		}),
	}
	fs := cmd.Flags()
	fs.StringVar(&binding, "binding", "", "`id` of one binding to purge, instead of the instance with its bindings")
	fs.StringVar(&confirm, "confirm", "", "the `id` to purge, once more (required)")
	fs.BoolVar(&force, "force", false, "also purge what is not being deleted")
	return cmd
}

// newInstancesNoneCommand returns none. The chart runs it before an uninstall; its
// hint tells the way on.
func newInstancesNoneCommand(target *target) *cobra.Command {
	var hint string
	cmd := &cobra.Command{
		Use: "none", Short: "Exit with 0 if nothing exists in the cloud, with 3 if something does or may", Args: exactArgs(0),
		RunE: target.run(func(cmd *cobra.Command, console *client.Console, _ []string) error {
			err := console.CheckNone(cmd.Context())
			if err != nil && hint != "" {
				err = fmt.Errorf("%w. %s", err, hint)
			}
			return err
		}),
	}
	cmd.Flags().StringVar(&hint, "hint", "", "a `sentence` to add to the error")
	return cmd
}
