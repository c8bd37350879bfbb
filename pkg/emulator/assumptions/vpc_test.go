package assumptions_test

import (
	"fmt"
	"strings"
	"testing"
)

func (e *environment) vpc(action string, pairs ...string) answer {
	e.Helper()
	return e.call("vpc", action, pairs...)
}

func (e *environment) network(pairs ...string) string {
	e.Helper()
	id := into[struct{ VpcId string }](e.vpc("CreateVpc", append([]string{"VpcName", e.name()}, pairs...)...)).VpcId
	e.Cleanup(func() { e.vpc("DeleteVpc", "VpcId", id) })
	e.eventually("the VPC is available", func() bool {
		return into[struct{ Status string }](e.vpc("DescribeVpcAttribute", "VpcId", id)).Status == "Available"
	})
	return id
}

func TestA360_VpcMaskWithoutPool_FirstBlock(t *testing.T) {
	verify(t, free, func(e *environment) {
		id := e.network("Ipv4CidrMask", "16")
		if got := into[struct{ CidrBlock string }](e.vpc("DescribeVpcAttribute", "VpcId", id)); got.CidrBlock != "172.16.0.0/16" {
			t.Errorf("a VPC with a mask of 16 bits has the block %s", got.CidrBlock)
		}
		e.vpc("CreateVpc", "CidrBlock", "10.0.0.0/16", "Ipv4CidrMask", "20").want(400, "InvalidParameter")
	})
}

// vpcTags lists the tags of a network as "TYPE key=value".
func (e *environment) vpcTags(kind, id string) string {
	e.Helper()
	list := []string{}
	for _, tag := range into[struct {
		TagResources struct {
			TagResource []struct{ ResourceType, TagKey, TagValue string }
		}
	}](e.vpc("ListTagResources", "ResourceType", kind, "ResourceId.1", id)).TagResources.TagResource {
		list = append(list, tag.ResourceType+" "+tag.TagKey+"="+tag.TagValue)
	}
	return strings.Join(list, ", ")
}

func TestA367_VPCTagType_UpperCase(t *testing.T) {
	verify(t, free, func(e *environment) {
		id := e.network("Tag.1.Key", "a", "Tag.1.Value", "1")
		e.eventually("the tag is listed", func() bool { return e.vpcTags("vpc", id) == "VPC a=1" && e.vpcTags("VPC", id) == "VPC a=1" })
	})
}

func TestA368_BadVPCTag_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		id := e.network()
		tag := func(pairs ...string) answer {
			return e.vpc("TagResources", append([]string{"ResourceType", "VPC", "ResourceId.1", id}, pairs...)...)
		}
		tag("Tag.1.Key", "acs:x", "Tag.1.Value", "").want(400, "InvalidTagKey")
		tag("Tag.1.Key", "x", "Tag.1.Value", strings.Repeat("v", 129)).want(400, "InvalidTagValue")
		var many []string
		for i := range 21 {
			many = append(many, fmt.Sprintf("Tag.%d.Key", i+1), fmt.Sprint("k", i), fmt.Sprintf("Tag.%d.Value", i+1), "")
		}
		tag(many...).want(400, "NumberExceed.Tags")
		e.vpc("ListTagResources", "ResourceType", "NONE", "ResourceId.1", id).want(400, "InvalidResourceType.NotFound")
	})
}

func TestA369_NewVpc_HasSystemRouteTable(t *testing.T) {
	verify(t, free, func(e *environment) {
		id := e.network()
		if got := into[struct{ DnsHostnameStatus string }](e.vpc("DescribeVpcAttribute", "VpcId", id)); got.DnsHostnameStatus != "DISABLED" {
			t.Errorf("DNS hostnames are %s", got.DnsHostnameStatus)
		}
		type table struct {
			RouteTableType, RouteTableName, VpcId string
			RoutePropagationEnable                bool
		}
		list := into[struct {
			RouterTableList struct{ RouterTableListType []table }
		}](e.vpc("DescribeRouteTableList", "VpcId", id)).RouterTableList.RouterTableListType
		if want := (table{"System", "", id, true}); len(list) != 1 || list[0] != want {
			t.Errorf("route tables %+v, want %+v", list, want)
		}
	})
}

func TestA370_EmptyDescription_Removed(t *testing.T) {
	verify(t, free, func(e *environment) {
		id := e.network("Description", "old")
		e.vpc("ModifyVpcAttribute", "VpcId", id, "Description", "").ok()
		got := into[struct{ VpcName, Description string }](e.vpc("DescribeVpcAttribute", "VpcId", id))
		if got.Description != "" || got.VpcName == "" {
			t.Errorf("the VPC is %+v", got)
		}
	})
}

func TestA371_SecondaryBlock_OverlapRefused(t *testing.T) {
	verify(t, free, func(e *environment) {
		id := e.network("CidrBlock", "10.0.0.0/16")
		add := func(block string) answer {
			return e.vpc("AssociateVpcCidrBlock", "VpcId", id, "IpVersion", "IPV4", "SecondaryCidrBlock", block)
		}
		add("10.0.1.0/24").want(400, "InvalidCidrBlock.Overlapped")
		for i := range 5 {
			add(fmt.Sprintf("192.168.%d.0/24", i)).ok()
		}
		add("192.168.5.0/24").want(400, "QuotaExceeded.SecondaryCidrBlock")
	})
}

func TestA372_SecondDefaultNetwork_Refused(t *testing.T) {
	verify(t, never, func(e *environment) {
		e.vpc("CreateDefaultVpc").want(403, "DefaultVpc.Existed")
		e.vpc("CreateDefaultVSwitch", "ZoneId", e.region+"-h").want(403, "DefaultVswitch.Existed")
	})
}

func TestA374_IPv6Subnet_NeedsBlockOfVpc(t *testing.T) {
	verify(t, free, func(e *environment) {
		id := e.network("CidrBlock", "10.0.0.0/16")
		zone := into[struct {
			Zones struct{ Zone []struct{ ZoneId string } }
		}](e.vpc("DescribeZones")).Zones.Zone[0].ZoneId
		create := []string{"VpcId", id, "ZoneId", zone, "CidrBlock", "10.0.1.0/24", "Ipv6CidrBlock", "7"}
		e.vpc("CreateVSwitch", create...).want(400, "OperationDenied.Ipv6NotEnabled")
		e.vpc("ModifyVpcAttribute", "VpcId", id, "EnableIPv6", "true").ok()
		subnet := into[struct{ VSwitchId string }](e.vpc("CreateVSwitch", create...)).VSwitchId
		e.Cleanup(func() { e.vpc("DeleteVSwitch", "VSwitchId", subnet) })
		e.vpc("ModifyVpcAttribute", "VpcId", id, "EnableIPv6", "false").want(400, "OperationDenied.Ipv6InUse")
	})
}
