package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// currentCatalog puts the catalog in force.
func (c *config) currentCatalog() (*catalog.Current, error) {
	offerings, err := c.offerings()
	if err != nil {
		return nil, err
	}
	offerings, hidden := offerings.WithProfiles(c.hasProfile)
	for _, plan := range hidden {
		glog.Errorf("the catalog lacks a plan whose profile is missing: add the profile to the file of --profile-file, or change the plan in --catalog-file offering=%q plan=%q profile=%q", plan.Offering, plan.Plan, plan.Profile)
	}
	snapshot, err := catalog.NewSnapshot(offerings, time.Now())
	if err != nil {
		return nil, err
	}
	return catalog.NewCurrent(snapshot), nil
}

// hasProfile reports whether records may name a profile.
func (c *config) hasProfile(name string) bool {
	return name == descriptor.DefaultProfile || slices.ContainsFunc(c.profiles, func(p *profile) bool { return p.name == name })
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
		if err := all.Services().CheckSettings(offerings.Offerings()); err != nil {
			return nil, fmt.Errorf("--catalog-file %s: %w", c.catalogFile, err)
		}
	}
	if offerings, err = offerings.WithPrefix(c.catalogPrefix); err != nil {
		return nil, fmt.Errorf("--catalog-prefix: %w", err)
	}
	return offerings, nil
}
