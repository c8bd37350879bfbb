package main

import (
	"fmt"
	"os"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// offerings are what the providers offer, as the operator wants it: changed by
// --catalog-file, with --catalog-prefix.
func (c *config) offerings() (*catalog.Catalog, error) {
	offerings, err := catalog.Load(documents()...)
	if err != nil {
		return nil, err
	}
	if c.catalogFile != "" {
		overlay, err := os.ReadFile(c.catalogFile) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fmt.Errorf("--catalog-file: %w", err)
		}
		if offerings, err = offerings.Changed(overlay); err != nil {
			return nil, fmt.Errorf("--catalog-file %s: %w", c.catalogFile, err)
		}
	}
	if offerings, err = offerings.Prefixed(c.catalogPrefix); err != nil {
		return nil, fmt.Errorf("--catalog-prefix: %w", err)
	}
	return offerings, nil
}
