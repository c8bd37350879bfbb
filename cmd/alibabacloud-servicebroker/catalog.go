package main

import (
	"fmt"
	"os"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// currentCatalog puts the catalog in force.
func (c *config) currentCatalog() (*catalog.Current, error) {
	offerings, err := c.offerings()
	if err != nil {
		return nil, err
	}
	snapshot, err := catalog.NewSnapshot(offerings, time.Now())
	if err != nil {
		return nil, err
	}
	return catalog.NewCurrent(snapshot), nil
}

// offerings returns the catalog of the providers with the changes of
// --catalog-file and --catalog-prefix.
func (c *config) offerings() (*catalog.Catalog, error) {
	offerings, err := catalog.Load(planFiles()...)
	if err != nil {
		return nil, err
	}
	if c.catalogFile != "" {
		overlay, err := os.ReadFile(c.catalogFile)
		if err != nil {
			return nil, fmt.Errorf("--catalog-file: %w", err)
		}
		if offerings, err = offerings.WithOverlay(overlay); err != nil {
			return nil, fmt.Errorf("--catalog-file %s: %w", c.catalogFile, err)
		}
	}
	if offerings, err = offerings.WithPrefix(c.catalogPrefix); err != nil {
		return nil, fmt.Errorf("--catalog-prefix: %w", err)
	}
	return offerings, nil
}
