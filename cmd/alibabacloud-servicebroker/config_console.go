package main

import (
	"fmt"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/console"
)

// consolePages are the values of --console-page: templates of URLs by service.
type consolePages map[string]string

// String returns an empty default for the help.
func (p consolePages) String() string { return "" }

// Type names the value in help.
func (p consolePages) Type() string { return "service=URL" }

// Set adds one service=URL, or several separated by commas.
func (p consolePages) Set(s string) error {
	for item := range strings.SplitSeq(s, ",") {
		service, page, ok := strings.Cut(strings.TrimSpace(item), "=")
		if !ok {
			return fmt.Errorf("%q must be service=URL, such as oss=https://portal.example.com/buckets/{region}/{resource}", item)
		}
		p[service] = page
	}
	return nil
}

// consoleChoice returns the console that dashboards open.
func (c *config) consoleChoice() console.Choice {
	return console.Choice{Site: console.Site(c.console), Templates: c.consolePages}
}

// checkConsole checks the settings of the console.
func (c *config) checkConsole() error {
	var services []string
	for _, d := range all.Services() {
		services = append(services, d.Name)
	}
	if err := c.consoleChoice().Check(services); err != nil {
		return fmt.Errorf("--console, --console-page: %w", err)
	}
	return nil
}
