package oss

import (
	_ "embed" // the table of hosts
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed hosts.yaml
var hostsDocument []byte

// A hostTable has the hosts of OSS by region: hosts.yaml.
type hostTable struct {
	regionHosts

	Regions map[string]regionHosts `json:"regions"`
}

// regionHosts are the hosts of a region, or patterns of them.
type regionHosts struct {
	Public   string `json:"public"`
	Internal string `json:"internal"` // empty: the region has none
}

// hosts reads the embedded table; it panics on an unreadable one.
func hosts() hostTable {
	var table hostTable
	if err := yaml.UnmarshalStrict(hostsDocument, &table); err != nil {
		panic(fmt.Sprintf("oss: the embedded table of hosts is unreadable: %v", err))
	}
	return table
}

// of returns the hosts of a region.
func (t hostTable) of(region string) regionHosts {
	if listed, ok := t.Regions[region]; ok {
		return listed
	}
	name := strings.NewReplacer("{region}", region)
	return regionHosts{Public: name.Replace(t.Public), Internal: name.Replace(t.Internal)}
}

// regionAt returns the region whose public host it is; "" for a host outside the table
// and its patterns.
func (t hostTable) regionAt(public string) string {
	for region, listed := range t.Regions {
		if listed.Public == public {
			return region
		}
	}
	before, after, _ := strings.Cut(t.Public, "{region}")
	name, isPrefixed := strings.CutPrefix(public, before)
	name, isSuffixed := strings.CutSuffix(name, after)
	if !isPrefixed || !isSuffixed {
		return ""
	}
	return name
}

// cloudDomain ends the hosts of OSS.
const cloudDomain = ".aliyuncs.com"

// sdkRegion returns a region as the client library ali-oss names it: the library
// makes the public host of it.
func (h regionHosts) sdkRegion() string { return strings.TrimSuffix(h.Public, cloudDomain) }
