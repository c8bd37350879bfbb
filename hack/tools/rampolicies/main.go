// Command rampolicies writes the RAM policies of all services into a folder,
// which is contrib/ram-policies of the repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

func main() {
	dir := filepath.Join("contrib", "ram-policies")
	for _, policy := range all.Services().Policies() {
		path := filepath.Join(dir, policy.Name+".json")
		if err := os.WriteFile(path, policy.Document, 0o644); err != nil { //nolint:gosec // files of the repository are for everyone
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
