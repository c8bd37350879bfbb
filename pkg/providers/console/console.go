// Package console makes the addresses of resources' pages in the cloud's web console.
// The services share its sites and the operator's choice of one.
package console

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// A Site is one of the web sites on which the cloud serves accounts, by its domain.
type Site string

// The sites.
const (
	China         Site = "aliyun.com"
	International Site = "alibabacloud.com"
)

// Off is the word for no addresses at all.
const Off = "off"

// Sites returns the sites that an operator may choose.
func Sites() []string { return []string{string(China), string(International)} }

// Pages are templates of the addresses of a service: {region} stands for the region
// and {resource} for the id of the resource.
type Pages struct {
	Resource string // the page of one resource
	List     string // the page with the resources of a region; empty: none

	// ofSite marks the pages of a site of the cloud, which lack some regions.
	ofSite bool
}

// A Choice is the operator's. The zero value is the site China.
type Choice struct {
	Site      Site // or Off
	Templates map[string]string
}

// The placeholders of templates.
const (
	region   = "{region}"
	resource = "{resource}"
)

// Check returns an error for a choice that a broker with these services cannot serve.
func (c Choice) Check(services []string) error {
	if c.Site != "" && c.Site != Off && !slices.Contains(Sites(), string(c.Site)) {
		return fmt.Errorf("the console %q is none of %s, %s", c.Site, strings.Join(Sites(), ", "), Off)
	}
	for _, service := range slices.Sorted(maps.Keys(c.Templates)) {
		if !slices.Contains(services, service) {
			return fmt.Errorf("the address of a page is for the unknown service %q; there are %s", service, strings.Join(services, ", "))
		}
		u, err := url.Parse(strings.NewReplacer(region, "r", resource, "i").Replace(c.Templates[service]))
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsAny(u.Path+u.RawQuery+u.Fragment+u.Host, "{}") {
			return fmt.Errorf("the address of the pages of %s must be a URL with http or https in which only %s and %s stand for something", service, region, resource)
		}
	}
	return nil
}

// Of returns the pages of a service: the operator's, or else those of the site.
func (c Choice) Of(service string, bySite map[Site]Pages) Pages {
	if own := c.Templates[service]; own != "" {
		return Pages{Resource: own}
	}
	site := c.Site
	if site == "" {
		site = China
	}
	pages := bySite[site]
	pages.ofSite = true
	return pages
}

// Address returns the address of the page of a resource. While its id is unknown, it
// is the page with the resources of the region. The address is empty where the cloud
// has no such page.
func (p Pages) Address(inRegion, id string) string {
	template := p.Resource
	if id == "" && strings.Contains(template, resource) {
		template = p.List
	}
	if p.ofSite && hasOwnConsole(inRegion) || inRegion == "" && strings.Contains(template, region) {
		return ""
	}
	return strings.NewReplacer(region, url.PathEscape(inRegion), resource, url.PathEscape(id)).Replace(template)
}

// hasOwnConsole reports whether a region may have a console of its own: the regions of
// financial and public customers have hosts of their own, and no source names their
// consoles.
func hasOwnConsole(inRegion string) bool {
	return strings.Contains(inRegion, "-finance") || strings.Contains(inRegion, "-gov")
}
