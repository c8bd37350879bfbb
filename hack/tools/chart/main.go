// Command chart writes the derived parts of the Helm chart: the products of
// cloud.endpoints in the comment of chart/values.yaml, from the list of
// services; the table of values in chart/README.md, from the comments of
// chart/values.yaml; and the dashboards of contrib/grafana, since a chart holds
// only files of its own. Its test fails while a part is out of date.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
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
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // documents for everybody
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // documents for everybody
			return err
		}
	}
	return nil
}

// derived returns the wanted text of the files, by path.
func derived(root string) (map[string][]byte, error) {
	chart := filepath.Join(root, "chart")
	valuesFile := filepath.Join(chart, "values.yaml")
	values, err := os.ReadFile(valuesFile) //nolint:gosec // of this repository
	if err != nil {
		return nil, err
	}
	if values, err = nameEndpoints(values, all.Services().Endpoints()); err != nil {
		return nil, fmt.Errorf("values.yaml: %w", err)
	}
	readme := filepath.Join(chart, "README.md")
	page, err := os.ReadFile(readme) //nolint:gosec // of this repository
	if err != nil {
		return nil, err
	}
	table, err := tableOf(values)
	if err != nil {
		return nil, fmt.Errorf("values.yaml: %w", err)
	}
	files := map[string][]byte{valuesFile: values}
	if files[readme], err = insert(page, table); err != nil {
		return nil, fmt.Errorf("%s: %w", readme, err)
	}
	dashboards, err := filepath.Glob(filepath.Join(root, "contrib", "grafana", "*.json"))
	if err != nil {
		return nil, err
	}
	for _, path := range dashboards {
		content, err := os.ReadFile(path) //nolint:gosec // of this repository
		if err != nil {
			return nil, err
		}
		files[filepath.Join(chart, "dashboards", filepath.Base(path))] = content
	}
	return files, nil
}

// nameEndpoints puts the names of the endpoints into the comment of
// cloud.endpoints.
func nameEndpoints(values []byte, names []string) ([]byte, error) {
	comment := regexp.MustCompile(`(# URL by product) \([^)]*\)`)
	if len(comment.FindAll(values, -1)) != 1 {
		return nil, errors.New("the comment of cloud.endpoints is missing: URL by product (...)")
	}
	return comment.ReplaceAll(values, []byte("$1 ("+strings.Join(names, ", ")+")")), nil
}
