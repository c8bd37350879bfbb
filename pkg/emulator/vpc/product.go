package vpc

import (
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
)

// Product describes the service to the emulator.
func (s *Service) Product() product.Product {
	return product.Product{
		Name: "vpc", Namespace: "Vpc", Service: s, RPC: s.API(), Snapshot: s.Snapshot, Restore: s.Restore, Resources: s.resources,
	}
}

// A NetworkState is a VPC as GET /state shows it.
type NetworkState struct {
	ID          string            `json:"id"`
	Name        string            `json:"name,omitempty"`
	Region      string            `json:"region"`
	CIDR        string            `json:"cidr"`
	UserCIDRs   []string          `json:"userCidrs,omitempty"`
	Secondary   []string          `json:"secondaryCidrs,omitempty"`
	Group       string            `json:"resourceGroup"`
	DNSHostname bool              `json:"dnsHostnames,omitempty"`
	IPv6        string            `json:"ipv6,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Description string            `json:"description,omitempty"`
	ClassicLink bool              `json:"classicLink,omitempty"`
	RouteTable  RouteTable        `json:"routeTable,omitzero"` // what clients have set of it
}

// A VSwitchState is a VSwitch as GET /state shows it.
type VSwitchState struct {
	ID          string            `json:"id"`
	Name        string            `json:"name,omitempty"`
	VPC         string            `json:"vpc"`
	Zone        string            `json:"zone"`
	CIDR        string            `json:"cidr"`
	IPv6        string            `json:"ipv6,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Description string            `json:"description,omitempty"`
}

// resources lists the networks that clients have made, of all regions. The
// networks of the start are left out: they have no time of creation.
func (s *Service) resources() []product.Resources {
	var vpcs []NetworkState
	var vswitches []VSwitchState
	for _, region := range s.Regions() {
		for _, v := range region.VPCs {
			if !v.Created.IsZero() {
				vpcs = append(vpcs, v.state())
			}
			for _, w := range v.VSwitches {
				if !w.Created.IsZero() {
					vswitches = append(vswitches, VSwitchState{w.ID, w.Name, w.VPCID, w.ZoneID, w.CIDR.String(), ipv6Text(w.IPv6), tagMap(w.Tags), w.Description})
				}
			}
		}
	}
	return []product.Resources{
		product.Kind("vpcs", vpcs, func(v NetworkState) []string { return []string{fmt.Sprintf("VPC %s %q", v.ID, v.Name)} }),
		product.Kind("vswitches", vswitches, func(w VSwitchState) []string { return []string{fmt.Sprintf("VSwitch %s %q", w.ID, w.Name)} }),
	}
}

func (v VPC) state() NetworkState {
	return NetworkState{v.ID, v.Name, v.RegionID, v.CIDR.String(), texts(v.UserCIDRs), texts(v.SecondaryCIDRs), v.group(), v.DNSHostnames, ipv6Text(v.IPv6), tagMap(v.Tags), v.Description, v.ClassicLink, v.RouteTable}
}

func tagMap(tags []Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}
