package alicloud

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// TableHost returns the Host of a product with a table of hosts, a YAML document: the
// member host serves each region that no other does, with "{region}" for its id, and
// regions lists the regions of the other hosts. The table is embedded in the program, so
// an unreadable one panics.
func TableHost(document []byte) func(region string) string {
	var table struct {
		Host    string              `json:"host"`
		Regions map[string][]string `json:"regions"`
	}
	if err := yaml.UnmarshalStrict(document, &table); err != nil || table.Host == "" {
		panic(fmt.Sprintf("alicloud: an embedded table of hosts is unreadable: %v", err))
	}
	hosts := map[string]string{}
	for host, regions := range table.Regions {
		for _, region := range regions {
			hosts[region] = host
		}
	}
	return func(region string) string {
		if host := hosts[region]; host != "" {
			return host
		}
		return strings.ReplaceAll(table.Host, "{region}", region)
	}
}
