package main

import (
	"cmp"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

const ramPolicyHelp = `The policy is for the broker's own identity (RAM console: Policies, Create Policy,
JSON). It allows what the plans of the catalog need, and no more; the changes of
--catalog-file count. Instances keep the plan that they were made with: keep the
policy of before until the last instance of a plan that left the catalog, or lost
its parameters, is deleted.

RAM takes documents of up to 6144 characters: what does not fit is printed as
several documents, each for a policy of its own.`

// newRAMPolicyCommand returns ram-policy, which works offline.
func newRAMPolicyCommand(getenv func(string) string) *cobra.Command {
	c := newConfig()
	var services []string
	cmd := &cobra.Command{
		Use: "ram-policy", Short: "Print the least RAM policy of the broker", Long: ramPolicyHelp, Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("services") && len(services) == 0 {
				return usageError("--services names no service; leave it out for all of the catalog")
			}
			c.catalogFile = cmp.Or(c.catalogFile, getenv(envName("catalog-file")))
			return c.printPolicy(cmd.OutOrStdout(), os.Stderr, services)
		},
	}
	cmd.Flags().StringSliceVar(&services, "services", nil, "`names` of services, separated by commas (default: all of the catalog)")
	cmd.Flags().StringVar(&c.catalogFile, "catalog-file", "", "YAML `file` that changes the catalog, as of serve")
	return cmd
}

// printPolicy prints the documents of the policy to out. A note about several goes
// to notes, since out is for RAM.
func (c *config) printPolicy(out, notes io.Writer, services []string) error {
	offerings, err := c.offerings()
	if err != nil {
		return err
	}
	policies, err := all.Services().PoliciesFor(offerings, services...)
	if err != nil {
		return usageError("--services: %w", err)
	}
	if len(policies) == 0 {
		return usageError("the catalog has no plan of these services: no permission is needed")
	}
	documents, err := descriptor.MergedDocuments(policies)
	if err != nil {
		return err
	}
	if n := len(documents); n > 1 {
		_, _ = fmt.Fprintf(notes, "RAM takes 6144 characters a policy: create %d policies, one of each document, and attach them all.\n", n)
	}
	for _, text := range documents {
		if _, err := out.Write(text); err != nil {
			return err
		}
	}
	return nil
}
