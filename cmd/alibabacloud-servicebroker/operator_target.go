package main

import (
	"cmp"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
)

// A target is the flags that every command of an operator has: which broker to
// call, as which operator, and how to print.
type target struct {
	broker client.Target
	json   bool
}

func targetFlags(fs *pflag.FlagSet, getenv func(string) string) *target {
	t := &target{}
	fs.StringVar(&t.broker.URL, "url", cmp.Or(getenv("OPS_URL"), "http://127.0.0.1:8006"), "`URL` of the broker's second port (OPS_URL)")
	fs.StringVar(&t.broker.TokenFile, "token-file", cmp.Or(getenv("OPS_TOKEN_FILE"), getenv("OPS_TOKENS_FILE")), "`file` with name:token or the token alone in its first line (OPS_TOKEN_FILE, or the broker's own OPS_TOKENS_FILE)")
	fs.StringVar(&t.broker.CAFile, "ca-file", getenv("OPS_CA_FILE"), "`file` with the authority of an https URL (OPS_CA_FILE; default: the system's)")
	fs.BoolVar(&t.json, "json", false, "print JSON")
	return t
}

// run returns the function of a command that calls the target.
func (t *target) run(command func(*cobra.Command, *client.Console, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if t.broker.TokenFile == "" {
			return usageError("--token-file is required: it holds the token of an operator")
		}
		broker, err := client.Connect(t.broker)
		if err != nil {
			return err
		}
		return command(cmd, &client.Console{Client: broker, Out: cmd.OutOrStdout(), JSON: t.json, Now: time.Now()}, args)
	}
}
