// Package metricsdoc reads docs/metrics.md, so that tests can hold the page,
// the alert rules and the dashboard against the program's real metrics, and
// runs promtool for them. Services and products come from their list.
package metricsdoc

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// A Metric is one metric as docs/metrics.md describes it.
type Metric struct {
	Name, Type, Help string
	// Labels are the values of each label; nil where any text may stand.
	Labels map[string][]string
}

// Of the form of a metric in the page:
//
//	### `name`
//
//	**type** Help.
//
//	- `label`: `value`, `value` (what it means)
//	- `label`: any text of that sort
//	- `label`: each service
//	- `label`: each product
var (
	headingForm = regexp.MustCompile("^### `([a-z_]+)`$")
	helpForm    = regexp.MustCompile(`^\*\*(counter|gauge|histogram)\*\* (.+)$`)
	labelForm   = regexp.MustCompile("^- `([a-z_]+)`: (.+)$")
	valueForm   = regexp.MustCompile("`([^`]+)`")
)

// Read reads docs/metrics.md of the repository.
func Read() (map[string]Metric, error) {
	page, err := os.ReadFile(filepath.Join(Root(), "docs", "metrics.md"))
	if err != nil {
		return nil, err
	}
	return parse(page)
}

// Root is the repository's folder, in which the test's own is.
func Root() string {
	dir, err := filepath.Abs(".")
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return "."
}

func parse(page []byte) (map[string]Metric, error) {
	metrics := map[string]Metric{}
	var now Metric
	keep := func() error {
		switch {
		case now.Name == "":
			return nil
		case now.Help == "":
			return fmt.Errorf("docs/metrics.md: %s has no line with its type and help", now.Name)
		case metrics[now.Name].Name != "":
			return fmt.Errorf("docs/metrics.md: %s is there twice", now.Name)
		}
		metrics[now.Name] = now
		return nil
	}
	for lines := bufio.NewScanner(bytes.NewReader(page)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
			if err := keep(); err != nil {
				return nil, err
			}
			now = Metric{Labels: map[string][]string{}}
			if found := headingForm.FindStringSubmatch(line); found != nil {
				now.Name = found[1]
			}
		case now.Name == "":
		case helpForm.MatchString(line):
			found := helpForm.FindStringSubmatch(line)
			now.Type, now.Help = found[1], found[2]
		case labelForm.MatchString(line):
			found := labelForm.FindStringSubmatch(line)
			now.Labels[found[1]] = values(found[2])
		}
	}
	if err := keep(); err != nil {
		return nil, err
	}
	return metrics, nil
}

func values(text string) []string {
	var values []string
	switch {
	case strings.HasPrefix(text, "any "):
		return nil
	case strings.HasPrefix(text, "each service"):
		for _, service := range all.Services() {
			values = append(values, service.Name)
		}
		slices.Sort(values)
		return values
	case strings.HasPrefix(text, "each product"):
		return slices.DeleteFunc(all.Services().Endpoints(), func(name string) bool { return name == descriptor.MetadataEndpoint })
	}
	for _, found := range valueForm.FindAllStringSubmatch(text, -1) {
		values = append(values, found[1])
	}
	slices.Sort(values)
	return values
}
