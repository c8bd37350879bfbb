package vpc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// A fixture is an emulator with a VPC and a VSwitch that have tags.
type fixture struct {
	*testing.T
	*sdk.Client

	srv                        *emulator.Server
	vpc, table, router, subnet string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	srv := emulatortest.New(t)
	c, err := sdk.NewClientWithAccessKey("cn-hangzhou", srv.AccessKey().ID, srv.AccessKey().Secret)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = srv.Addr()
	r := sdk.CreateCreateVpcRequest()
	r.CidrBlock, r.VpcName, r.EnableDnsHostname, r.UserCidr = "10.0.0.0/16", "mine", "true", "100.1.0.0/16,100.2.0.0/16"
	r.Tag = &[]sdk.CreateVpcTag{{Key: "a", Value: "1"}, {Key: "b", Value: ""}}
	made, err := c.CreateVpc(r)
	if err != nil {
		t.Fatal(err)
	}
	s := sdk.CreateCreateVSwitchRequest()
	s.VpcId, s.ZoneId, s.CidrBlock, s.VSwitchName = made.VpcId, "cn-hangzhou-h", "10.0.1.0/24", "first"
	s.Tag = &[]sdk.CreateVSwitchTag{{Key: "a", Value: "2"}}
	subnet, err := c.CreateVSwitch(s)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{t, c, srv, made.VpcId, made.RouteTableId, made.VRouterId, subnet.VSwitchId}
}

func TestDescribeVpcs_NewNetwork_HasEachMember(t *testing.T) {
	f := newFixture(t)
	r := sdk.CreateDescribeVpcsRequest()
	r.Tag = &[]sdk.DescribeVpcsTag{{Key: "a", Value: "1"}}
	answer, err := f.DescribeVpcs(r)
	if err != nil || len(answer.Vpcs.Vpc) != 1 {
		t.Fatalf("%v, %v", answer, err)
	}
	got := answer.Vpcs.Vpc[0]
	if got.VpcId != f.vpc || got.VRouterId != f.router || got.ResourceGroupId == "" || got.DnsHostnameStatus != "ENABLED" || got.OwnerId == 0 {
		t.Errorf("VPC %+v", got)
	}
	for name, lists := range map[string][2][]string{
		"route tables":     {{f.table}, got.RouterTableIds.RouterTableIds},
		"user blocks":      {{"100.1.0.0/16", "100.2.0.0/16"}, got.UserCidrs.UserCidr},
		"VSwitches":        {{f.subnet}, got.VSwitchIds.VSwitchId},
		"secondary blocks": {{}, got.SecondaryCidrBlocks.SecondaryCidrBlock},
		"NAT gateways":     {{}, got.NatGatewayIds.NatGatewayIds},
	} {
		if diff := cmp.Diff(lists[0], lists[1]); diff != "" {
			t.Errorf("%s (-want, +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]sdk.Tag{{Key: "a", Value: "1"}, {Key: "b"}}, got.Tags.Tag); diff != "" {
		t.Errorf("tags (-want, +got):\n%s", diff)
	}
	v := sdk.CreateDescribeVSwitchesRequest()
	v.RouteTableId = f.table
	subnets, err := f.DescribeVSwitches(v)
	if err != nil || len(subnets.VSwitches.VSwitch) != 1 {
		t.Fatalf("%v, %v", subnets, err)
	}
	if got := subnets.VSwitches.VSwitch[0]; got.RouteTable.RouteTableId != f.table || got.RouteTable.RouteTableType != "System" || len(got.Tags.Tag) != 1 {
		t.Errorf("VSwitch %+v", got)
	}
}

func TestFilters_OfVpcs_Apply(t *testing.T) {
	f := newFixture(t)
	vpcs := func(change func(*sdk.DescribeVpcsRequest)) int {
		r := sdk.CreateDescribeVpcsRequest()
		change(r)
		answer, err := f.DescribeVpcs(r)
		if err != nil {
			t.Fatal(err)
		}
		return answer.TotalCount
	}
	for name, got := range map[string][2]int{
		"IPv6":          {0, vpcs(func(r *sdk.DescribeVpcsRequest) { r.EnableIpv6 = "true" })},
		"no IPv6":       {2, vpcs(func(r *sdk.DescribeVpcsRequest) { r.EnableIpv6 = "false" })},
		"DHCP":          {0, vpcs(func(r *sdk.DescribeVpcsRequest) { r.DhcpOptionsSetId = "dopt-1" })},
		"another group": {0, vpcs(func(r *sdk.DescribeVpcsRequest) { r.ResourceGroupId = "rg-1" })},
		"another owner": {0, vpcs(func(r *sdk.DescribeVpcsRequest) { r.VpcOwnerId = "1" })},
		"the default":   {1, vpcs(func(r *sdk.DescribeVpcsRequest) { r.IsDefault = "true" })},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d VPCs, want %d", name, got[1], got[0])
		}
	}
	dry := sdk.CreateDescribeVpcsRequest()
	dry.DryRun = "true"
	_, err := f.DescribeVpcs(dry)
	wantCode(t, err, 400, "DryRunOperation")
	create := sdk.CreateCreateVpcRequest()
	create.DryRun = "true"
	_, err = f.CreateVpc(create)
	wantCode(t, err, 400, "DryRunOperation")
}

func TestRouteTable_OfVpc_ChangedAndListed(t *testing.T) {
	f := newFixture(t)
	change := requests.NewCommonRequest()
	change.Method, change.Scheme, change.Domain, change.Version, change.ApiName = "POST", "HTTP", f.Domain, "2016-04-28", "ModifyRouteTableAttributes"
	change.QueryParams = map[string]string{"Format": "JSON", "RouteTableId": f.table, "RouteTableName": "t", "Description": "d", "RoutePropagationEnable": "false"}
	if _, err := f.ProcessCommonRequest(change); err != nil {
		t.Fatal(err)
	}
	r := sdk.CreateDescribeRouteTableListRequest()
	r.VpcId = f.vpc
	answer, err := f.DescribeRouteTableList(r)
	if err != nil || len(answer.RouterTableList.RouterTableListType) != 1 {
		t.Fatalf("%v, %v", answer, err)
	}
	got := answer.RouterTableList.RouterTableListType[0]
	if got.RouteTableId != f.table || got.RouterId != f.router || got.RouteTableName != "t" || got.Description != "d" || got.RoutePropagationEnable ||
		got.RouteTableType != "System" || got.VpcId != f.vpc || len(got.VSwitchIds.VSwitchId) != 1 {
		t.Errorf("route table %+v", got)
	}
	change.QueryParams["RouteTableId"] = "vtb-none"
	_, err = f.ProcessCommonRequest(change)
	wantCode(t, err, 404, "InvalidRouteTableId.NotFound")
}

func TestNetworks_MadeOnes_CountAsResources(t *testing.T) {
	f := newFixture(t)
	if f.srv.Empty() || len(f.srv.Leftovers()) != 2 {
		t.Errorf("left: %q, want a VPC and a VSwitch", f.srv.Leftovers())
	}
	two := sdk.CreateCreateVSwitchRequest()
	two.VpcId, two.ZoneId, two.CidrBlock = vpcID, "cn-hangzhou-h", "192.168.9.0/24"
	made, err := f.CreateVSwitch(two)
	if err != nil {
		t.Fatal(err)
	}
	differences, err := f.srv.Check(emulator.Expectation{Resources: map[string]int{"vpcs": 1, "vswitches": 2}})
	if err != nil || len(differences) > 0 {
		t.Errorf("%q, %v", differences, err)
	}
	for _, id := range []string{f.subnet, made.VSwitchId} {
		remove := sdk.CreateDeleteVSwitchRequest()
		remove.VSwitchId = id
		if _, err := f.DeleteVSwitch(remove); err != nil {
			t.Fatal(err)
		}
	}
	remove := sdk.CreateDeleteVpcRequest()
	remove.VpcId, remove.ForceDelete = f.vpc, "true"
	if _, err := f.DeleteVpc(remove); err != nil {
		t.Fatal(err)
	}
	if !f.srv.Empty() {
		t.Errorf("left: %q", f.srv.Leftovers())
	}
}

func TestVpc_GroupAndSecondaryBlocks_SurviveSnapshot(t *testing.T) {
	f := newFixture(t)
	call := func(action string, pairs ...string) error {
		r := requests.NewCommonRequest()
		r.Method, r.Scheme, r.Domain, r.Version, r.ApiName = "POST", "HTTP", f.Domain, "2016-04-28", action
		for i := 0; i+1 < len(pairs); i += 2 {
			r.QueryParams[pairs[i]] = pairs[i+1]
		}
		_, err := f.ProcessCommonRequest(r)
		return err
	}
	for _, err := range []error{
		call("MoveResourceGroup", "ResourceId", f.vpc, "ResourceType", "VPC", "NewResourceGroupId", "rg-2"),
		call("AssociateVpcCidrBlock", "VpcId", f.vpc, "SecondaryCidrBlock", "10.1.0.0/16", "IpVersion", "IPV4"),
		call("AssociateVpcCidrBlock", "VpcId", f.vpc, "SecondaryCidrBlock", "172.16.0.0/12"),
		call("UnassociateVpcCidrBlock", "VpcId", f.vpc, "SecondaryCidrBlock", "172.16.0.0/12"),
		call("CreateVSwitch", "VpcId", f.vpc, "ZoneId", "cn-hangzhou-i", "CidrBlock", "10.1.1.0/24"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, call("UnassociateVpcCidrBlock", "VpcId", f.vpc, "SecondaryCidrBlock", "10.1.0.0/16"), 400, "DependencyViolation.VSwitch")
	wantCode(t, call("UnassociateVpcCidrBlock", "VpcId", f.vpc, "SecondaryCidrBlock", "10.2.0.0/16"), 400, "InvalidCidrBlock.NotFound")
	wantCode(t, call("ModifyVpcAttribute", "VpcId", f.vpc, "CidrBlock", "10.0.0.0/24"), 400, "InvalidCidrBlock.Malformed")
	network := f.srv.Network()
	saved, err := network.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := vpc.New("1", vpc.DefaultRegions())
	if err := again.Restore(saved); err != nil {
		t.Fatal(err)
	}
	got, _ := again.VPC("cn-hangzhou", f.vpc)
	if got.ResourceGroup != "rg-2" || len(got.SecondaryCIDRs) != 1 || !got.DNSHostnames || len(got.Tags) != 2 || len(got.VSwitches) != 2 {
		t.Errorf("restored %+v", got)
	}
}

func TestNetworks_BadInput_RefusedWithoutEffect(t *testing.T) {
	f := newFixture(t)
	huge := strings.Repeat("x", 1<<20)
	network := f.srv.Network()
	before, _ := network.Snapshot()
	call := func(action string, pairs ...string) error {
		r := requests.NewCommonRequest()
		r.Method, r.Scheme, r.Domain, r.Version, r.ApiName = "POST", "HTTP", f.Domain, "2016-04-28", action
		r.FormParams = map[string]string{}
		for i := 0; i+1 < len(pairs); i += 2 {
			r.FormParams[pairs[i]] = pairs[i+1]
		}
		_, err := f.ProcessCommonRequest(r)
		return err
	}
	for _, tc := range []struct {
		status       int
		code, action string
		pairs        []string
	}{
		{400, "InvalidVpcName.Malformed", "CreateVpc", []string{"VpcName", huge}},
		{400, "InvalidParameter", "CreateVpc", []string{"ClientToken", huge}},
		{400, "InvalidResourceGroupId.Malformed", "CreateVpc", []string{"ResourceGroupId", huge}},
		{400, "InvalidParameter", "CreateVpc", []string{"EnableDnsHostname", "perhaps"}},
		{400, "InvalidParameter", "CreateVpc", []string{"Ipv4CidrMask", "29"}},
		{400, "InvalidParameter", "CreateVpc", []string{"Ipv4CidrMask", "many"}},
		{400, "InvalidUserCidr.Malformed", "CreateVpc", []string{"UserCidr", "1.0.0.0/8,2.0.0.0/8,3.0.0.0/8,4.0.0.0/8"}},
		{400, "InvalidUserCidr.Malformed", "CreateVpc", []string{"UserCidr", "::/0"}},
		{400, "InvalidTagKey", "CreateVpc", []string{"Tag.1.Key", huge}},
		{400, "MissingResourceId", "MoveResourceGroup", []string{"ResourceType", "VPC", "NewResourceGroupId", "rg-1"}},
		{404, "InvalidVpcId.NotFound", "MoveResourceGroup", []string{"ResourceType", "VPC", "NewResourceGroupId", "rg-1", "ResourceId", "vpc-none"}},
		{404, "InvalidVpcId.NotFound", "AssociateVpcCidrBlock", []string{"VpcId", "vpc-none", "SecondaryCidrBlock", "10.9.0.0/16"}},
		{400, "InvalidCidrBlock.Malformed", "AssociateVpcCidrBlock", []string{"VpcId", f.vpc, "SecondaryCidrBlock", "10.9.0.1/16"}},
		{400, "InvalidCidrBlock.Malformed", "AssociateVpcCidrBlock", []string{"VpcId", f.vpc, "SecondaryCidrBlock", "100.64.0.0/16"}},
		{400, "InvalidCidrBlock.Malformed", "AssociateVpcCidrBlock", []string{"VpcId", f.vpc, "SecondaryCidrBlock", "10.0.0.0/7"}},
		{400, "InvalidParameter", "ModifyRouteTableAttributes", []string{"RouteTableId", f.table, "RoutePropagationEnable", "1"}},
		{400, "InvalidParameter", "UnTagResources", []string{"ResourceType", "VPC", "ResourceId.1", f.vpc, "All", "x"}},
	} {
		wantCode(t, call(tc.action, tc.pairs...), tc.status, tc.code)
	}
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("Tag.%d.Key", i+1), fmt.Sprint("k", i))
	}
	wantCode(t, call("TagResources", append(many, "ResourceType", "VPC", "ResourceId.1", f.vpc)...), 400, "NumberExceed.Tags")
	if after, _ := network.Snapshot(); string(after) != string(before) {
		t.Errorf("the state is %d bytes, was %d", len(after), len(before))
	}
}

func TestDefaultNetworks_Deleted_MadeAgain(t *testing.T) {
	f := newFixture(t)
	call := func(action string, pairs ...string) error {
		r := requests.NewCommonRequest()
		r.Method, r.Scheme, r.Domain, r.Version, r.ApiName = "POST", "HTTP", f.Domain, "2016-04-28", action
		for i := 0; i+1 < len(pairs); i += 2 {
			r.QueryParams[pairs[i]] = pairs[i+1]
		}
		_, err := f.ProcessCommonRequest(r)
		return err
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, call("CreateDefaultVSwitch", "ZoneId", "cn-hangzhou-z"), 404, "InvalidZoneId.NotFound")
	must(call("DeleteVSwitch", "VSwitchId", "vsw-cnhangzhou0h"))
	must(call("CreateVSwitch", "VpcId", vpcID, "ZoneId", "cn-hangzhou-h", "CidrMask", "24"))
	must(call("CreateDefaultVSwitch", "ZoneId", "cn-hangzhou-h"))
	wantCode(t, call("CreateDefaultVSwitch", "ZoneId", "cn-hangzhou-h"), 403, "DefaultVswitch.Existed")
	wantCode(t, call("CreateVSwitch", "VpcId", vpcID, "ZoneId", "cn-hangzhou-h", "CidrMask", "30"), 400, "InvalidCidrBlock.Malformed")
	wantCode(t, call("CreateVSwitch", "VpcId", vpcID, "ZoneId", "cn-hangzhou-h"), 400, "MissingCidrBlock")
	v, _ := f.srv.Network().VPC("cn-hangzhou", vpcID)
	var blocks []string
	for _, w := range v.VSwitches {
		blocks = append(blocks, w.ZoneID+" "+w.CIDR.String())
		must(call("DeleteVSwitch", "VSwitchId", w.ID))
	}
	// The first free blocks of 192.168.0.0/16 beside 192.168.1.0/24 and 192.168.2.0/24.
	if diff := cmp.Diff([]string{"cn-hangzhou-i 192.168.1.0/24", "cn-hangzhou-j 192.168.2.0/24", "cn-hangzhou-h 192.168.0.0/24", "cn-hangzhou-h 192.168.16.0/20"}, blocks); diff != "" {
		t.Errorf("VSwitches (-want, +got):\n%s", diff)
	}
	must(call("DeleteVpc", "VpcId", vpcID))
	wantCode(t, call("CreateDefaultVSwitch", "ZoneId", "cn-hangzhou-h"), 404, "InvalidVpcId.NotFound")
	must(call("CreateDefaultVpc"))
	wantCode(t, call("CreateDefaultVpc"), 403, "DefaultVpc.Existed")
	must(call("CreateDefaultVSwitch", "ZoneId", "cn-hangzhou-h"))
	must(call("EnableVpcClassicLink", "VpcId", f.vpc))
	r := sdk.CreateDescribeVpcAttributeRequest()
	r.VpcId = f.vpc
	if got, err := f.DescribeVpcAttribute(r); err != nil || !got.ClassicLinkEnabled {
		t.Errorf("VPC %+v, %v", got, err)
	}
}

func TestIPv6_VpcAndVSwitch_GivenAndTaken(t *testing.T) {
	f := newFixture(t)
	call := func(action string, pairs ...string) error {
		r := requests.NewCommonRequest()
		r.Method, r.Scheme, r.Domain, r.Version, r.ApiName = "POST", "HTTP", f.Domain, "2016-04-28", action
		for i := 0; i+1 < len(pairs); i += 2 {
			r.QueryParams[pairs[i]] = pairs[i+1]
		}
		_, err := f.ProcessCommonRequest(r)
		return err
	}
	subnet := func() *sdk.DescribeVSwitchAttributesResponse {
		t.Helper()
		r := sdk.CreateDescribeVSwitchAttributesRequest()
		r.VSwitchId = f.subnet
		got, err := f.DescribeVSwitchAttributes(r)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	change := []string{"VSwitchId", f.subnet, "EnableIPv6", "true", "Ipv6CidrBlock", "255"}
	wantCode(t, call("ModifyVSwitchAttribute", change...), 400, "OperationDenied.Ipv6NotEnabled")
	wantCode(t, call("ModifyVSwitchAttribute", change[:4]...), 400, "InvalidIpv6CidrBlock.Malformed")
	wantCode(t, call("ModifyVSwitchAttribute", "VSwitchId", f.subnet, "Ipv6CidrBlock", "256"), 400, "InvalidIpv6CidrBlock.Malformed")
	wantCode(t, call("ModifyVSwitchAttribute", "VSwitchId", f.subnet, "VpcIpv6CidrBlock", "2408:4000::/56"), 400, "OperationDenied.Ipv6NotEnabled")
	if err := call("ModifyVpcAttribute", "VpcId", f.vpc, "EnableIPv6", "true"); err != nil {
		t.Fatal(err)
	}
	if err := call("ModifyVSwitchAttribute", change...); err != nil {
		t.Fatal(err)
	}
	if got := subnet(); !got.EnabledIpv6 || !strings.HasSuffix(got.Ipv6CidrBlock, "ff::/64") {
		t.Errorf("VSwitch %+v", got)
	}
	saved, err := f.srv.Network().Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := vpc.New("1", vpc.DefaultRegions())
	if err := again.Restore(saved); err != nil {
		t.Fatal(err)
	}
	if w, _ := again.VSwitch("cn-hangzhou", f.subnet); w.IPv6.String() != subnet().Ipv6CidrBlock {
		t.Errorf("restored %v", w.IPv6)
	}
	wantCode(t, call("ModifyVSwitchAttribute", "VSwitchId", f.subnet, "Ipv6CidrBlock", "3"), 400, "OperationDenied.Ipv6InUse")
	for _, err := range []error{
		call("ModifyVSwitchAttribute", "VSwitchId", f.subnet, "EnableIPv6", "false"),
		call("ModifyVpcAttribute", "VpcId", f.vpc, "EnableIPv6", "false"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if got := subnet(); got.EnabledIpv6 || got.Ipv6CidrBlock != "" {
		t.Errorf("VSwitch %+v", got)
	}
}
