// Command rampolicies writes contrib/ram-policies: the RAM policies of all
// services, and their table in the README. Its test fails while a file is out of
// date.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "rampolicies:", err)
		os.Exit(1)
	}
}

// run writes all files of the module at root.
func run(root string) error {
	files, err := derived(root)
	if err != nil {
		return err
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // files of the repository are for everyone
			return err
		}
	}
	return nil
}

// derived returns the wanted text of the files, by path.
func derived(root string) (map[string][]byte, error) {
	dir := filepath.Join(root, "contrib", "ram-policies")
	files := map[string][]byte{}
	for _, policy := range all.Services().Policies() {
		files[filepath.Join(dir, policy.Name+".json")] = policy.Document
	}
	readme := filepath.Join(dir, "README.md")
	page, err := os.ReadFile(readme) //nolint:gosec // of this repository
	if err != nil {
		return nil, err
	}
	files[readme], err = withTable(page)
	return files, err
}

// The table stands between these lines of the page.
const (
	begin = "<!-- policies: written by go run ./hack/tools/rampolicies -->\n"
	end   = "<!-- end of policies -->\n"
)

// withTable puts the table of policies into the page.
func withTable(page []byte) ([]byte, error) {
	before, rest, found := bytes.Cut(page, []byte(begin))
	_, after, foundToo := bytes.Cut(rest, []byte(end))
	if !found || !foundToo {
		return nil, errors.New("the README lacks the lines around its table of policies")
	}
	table := bytes.NewBufferString("| policy | attach it to | for |\n|---|---|---|\n")
	for _, policy := range all.Services().Policies() {
		fmt.Fprintf(table, "| [%[1]s.json](%[1]s.json) | user or role | %s |\n", policy.Name, policy.For)
	}
	return slices.Concat(before, []byte(begin), table.Bytes(), []byte(end), after), nil
}
