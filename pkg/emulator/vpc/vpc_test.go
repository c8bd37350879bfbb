package vpc_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

const vpcID = "vpc-cnhangzhou0default"

func newClient(t *testing.T, opts ...emulatortest.Option) *sdk.Client {
	t.Helper()
	srv := emulatortest.New(t, opts...)
	c, err := sdk.NewClientWithAccessKey("cn-hangzhou", srv.AccessKey().ID, srv.AccessKey().Secret)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = srv.Addr()
	return c
}

func wantCode(t *testing.T, err error, status int, code string) {
	t.Helper()
	var server *sdkerrors.ServerError
	if !errors.As(err, &server) || server.ErrorCode() != code || server.HttpStatus() != status {
		t.Errorf("error = %v, want %d %s", err, status, code)
	}
}

func TestDefaultRegions_EachRegion_HasNetwork(t *testing.T) {
	c := newClient(t)
	response, err := c.DescribeVpcs(sdk.CreateDescribeVpcsRequest())
	if err != nil {
		t.Fatal(err)
	}
	if len(response.Vpcs.Vpc) != 1 || response.TotalCount != 1 {
		t.Fatalf("%d VPCs, want 1", response.TotalCount)
	}
	got := response.Vpcs.Vpc[0]
	if got.VpcId != vpcID || got.CidrBlock != "192.168.0.0/16" || !got.IsDefault || got.Status != "Available" {
		t.Errorf("VPC %+v", got)
	}
	if diff := cmp.Diff([]string{"vsw-cnhangzhou0h", "vsw-cnhangzhou0i", "vsw-cnhangzhou0j"}, got.VSwitchIds.VSwitchId); diff != "" {
		t.Errorf("VSwitches (-want, +got):\n%s", diff)
	}
}

func TestDescribeVSwitches_Filters_Apply(t *testing.T) {
	c := newClient(t)
	all := []string{"vsw-cnhangzhou0h", "vsw-cnhangzhou0i", "vsw-cnhangzhou0j"}
	cases := map[string]struct {
		change func(*sdk.DescribeVSwitchesRequest)
		want   []string
		total  int
	}{
		"all":            {func(*sdk.DescribeVSwitchesRequest) {}, all, 3},
		"of a VPC":       {func(r *sdk.DescribeVSwitchesRequest) { r.VpcId = vpcID }, all, 3},
		"of another VPC": {func(r *sdk.DescribeVSwitchesRequest) { r.VpcId = "vpc-x" }, nil, 0},
		"of a zone":      {func(r *sdk.DescribeVSwitchesRequest) { r.ZoneId = "cn-hangzhou-i" }, all[1:2], 1},
		"by id":          {func(r *sdk.DescribeVSwitchesRequest) { r.VSwitchId = all[0] }, all[:1], 1},
		"unknown id":     {func(r *sdk.DescribeVSwitchesRequest) { r.VSwitchId = "vsw-x" }, nil, 0},
		"second page":    {func(r *sdk.DescribeVSwitchesRequest) { r.PageSize, r.PageNumber = "1", "2" }, all[1:2], 3},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := sdk.CreateDescribeVSwitchesRequest()
			tc.change(r)
			response, err := c.DescribeVSwitches(r)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, vsw := range response.VSwitches.VSwitch {
				got = append(got, vsw.VSwitchId)
				if vsw.VpcId != vpcID || vsw.AvailableIpAddressCount != 252 {
					t.Errorf("VSwitch %+v", vsw)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || response.TotalCount != tc.total {
				t.Errorf("total %d, VSwitches (-want, +got):\n%s", response.TotalCount, diff)
			}
		})
	}
	r := sdk.CreateDescribeVSwitchesRequest()
	r.PageSize = "51"
	_, err := c.DescribeVSwitches(r)
	wantCode(t, err, 400, "InvalidParameter")
	r = sdk.CreateDescribeVSwitchesRequest()
	r.RegionId = "cn-nowhere"
	_, err = c.DescribeVSwitches(r)
	wantCode(t, err, 404, "InvalidRegionId.NotFound")
}

func TestAttributes_MissingNetwork_NotFound(t *testing.T) {
	c := newClient(t)
	r := sdk.CreateDescribeVpcAttributeRequest()
	r.VpcId = "vpc-x"
	_, err := c.DescribeVpcAttribute(r)
	wantCode(t, err, 404, "InvalidVpcId.NotFound")
	r = sdk.CreateDescribeVpcAttributeRequest()
	r.VpcId = vpcID
	if response, err := c.DescribeVpcAttribute(r); err != nil || response.CidrBlock != "192.168.0.0/16" {
		t.Errorf("VPC %+v, %v", response, err)
	}
	v := sdk.CreateDescribeVSwitchAttributesRequest()
	v.VSwitchId = "vsw-x"
	if response, err := c.DescribeVSwitchAttributes(v); err != nil || response.VSwitchId != "" {
		t.Errorf("missing VSwitch answered %+v, %v; want empty fields", response, err)
	}
	v.VSwitchId = "vsw-cnhangzhou0i"
	if response, err := c.DescribeVSwitchAttributes(v); err != nil || response.ZoneId != "cn-hangzhou-i" {
		t.Errorf("VSwitch %+v, %v", response, err)
	}
}

func TestConfig_Regions_ReplaceDefaultNetworks(t *testing.T) {
	own := vpc.Region{ID: "cn-hangzhou", Zones: []string{"cn-hangzhou-k"}, VPCs: []vpc.VPC{{
		ID: "vpc-own", RegionID: "cn-hangzhou", CIDR: netip.MustParsePrefix("10.0.0.0/8"),
		VSwitches: []vpc.VSwitch{{ID: "vsw-own", VPCID: "vpc-own", ZoneID: "cn-hangzhou-k", CIDR: netip.MustParsePrefix("10.1.0.0/29")}},
	}}}
	c := newClient(t, emulatortest.WithConfig(func(config *emulator.Config) { config.Regions = []vpc.Region{own} }))
	response, err := c.DescribeVSwitches(sdk.CreateDescribeVSwitchesRequest())
	if err != nil {
		t.Fatal(err)
	}
	if list := response.VSwitches.VSwitch; len(list) != 1 || list[0].VSwitchId != "vsw-own" || list[0].AvailableIpAddressCount != 4 {
		t.Errorf("VSwitches %+v", list)
	}
}

func TestVSwitch_InUse_DeleteRefused(t *testing.T) {
	srv := emulatortest.New(t)
	c, err := sdk.NewClientWithAccessKey("cn-hangzhou", srv.AccessKey().ID, srv.AccessKey().Secret)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = srv.Addr()
	create := sdk.CreateCreateVpcRequest()
	create.CidrBlock, create.VpcName, create.ClientToken = "10.0.0.0/16", "mine", "t"
	made, err := c.CreateVpc(create)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.CreateVpc(create); err != nil || again.VpcId != made.VpcId {
		t.Errorf("the repetition made %v, %v", again, err)
	}
	create.VpcName = "other"
	_, err = c.CreateVpc(create)
	wantCode(t, err, 400, "IdempotentParameterMismatch")
	inside := func(zone, block string) (string, error) {
		r := sdk.CreateCreateVSwitchRequest()
		r.VpcId, r.ZoneId, r.CidrBlock, r.VSwitchName = made.VpcId, zone, block, "first"
		response, err := c.CreateVSwitch(r)
		if err != nil {
			return "", err
		}
		return response.VSwitchId, nil
	}
	for name, tc := range map[string]struct {
		zone, block string
		status      int
		code        string
	}{
		"unknown zone": {"cn-hangzhou-z", "10.0.1.0/24", 404, "InvalidZoneId.NotFound"},
		"outside":      {"cn-hangzhou-h", "10.1.0.0/24", 400, "InvalidCidrBlock.Malformed"},
		"no block":     {"cn-hangzhou-h", "10.0.0.1/24", 400, "InvalidCidrBlock.Malformed"},
		"too small":    {"cn-hangzhou-h", "10.0.0.0/30", 400, "InvalidCidrBlock.Malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := inside(tc.zone, tc.block)
			wantCode(t, err, tc.status, tc.code)
		})
	}
	vsw, err := inside("cn-hangzhou-h", "10.0.1.0/24")
	if err != nil {
		t.Fatal(err)
	}
	_, err = inside("cn-hangzhou-i", "10.0.0.0/20")
	wantCode(t, err, 400, "InvalidCidrBlock.Overlapped")

	rename := sdk.CreateModifyVSwitchAttributeRequest()
	rename.VSwitchId, rename.VSwitchName = vsw, "renamed"
	if _, err := c.ModifyVSwitchAttribute(rename); err != nil {
		t.Fatal(err)
	}
	show := sdk.CreateDescribeVSwitchAttributesRequest()
	show.VSwitchId = vsw
	if got, err := c.DescribeVSwitchAttributes(show); err != nil || got.VSwitchName != "renamed" || got.VpcId != made.VpcId || got.AvailableIpAddressCount != 252 {
		t.Errorf("VSwitch %+v, %v", got, err)
	}

	removeVPC := sdk.CreateDeleteVpcRequest()
	removeVPC.VpcId = made.VpcId
	_, err = c.DeleteVpc(removeVPC)
	wantCode(t, err, 400, "DependencyViolation.VSwitch")
	remove := sdk.CreateDeleteVSwitchRequest()
	remove.VSwitchId = vsw
	used := true
	srv.Network().Protect(func(id string) bool { return used && id == vsw })
	_, err = c.DeleteVSwitch(remove)
	wantCode(t, err, 400, "DependencyViolation")
	used = false
	if _, err := c.DeleteVSwitch(remove); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteVSwitch(remove)
	wantCode(t, err, 404, "InvalidVSwitchId.NotFound")
	if _, err := c.DeleteVpc(removeVPC); err != nil {
		t.Error(err)
	}
}

func TestDeleteVpc_WithoutVSwitches_Succeeds(t *testing.T) {
	c := newClient(t)
	made, err := c.CreateVpc(sdk.CreateCreateVpcRequest())
	if err != nil {
		t.Fatal(err)
	}
	rename := sdk.CreateModifyVpcAttributeRequest()
	rename.VpcId, rename.VpcName = made.VpcId, "renamed"
	if _, err := c.ModifyVpcAttribute(rename); err != nil {
		t.Fatal(err)
	}
	list := sdk.CreateDescribeVpcsRequest()
	list.VpcName = "renamed"
	if found, err := c.DescribeVpcs(list); err != nil || found.TotalCount != 1 || found.Vpcs.Vpc[0].CidrBlock != "172.16.0.0/12" {
		t.Errorf("VPCs %+v, %v", found, err)
	}
	remove := sdk.CreateDeleteVpcRequest()
	remove.VpcId = made.VpcId
	if _, err := c.DeleteVpc(remove); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteVpc(remove)
	wantCode(t, err, 404, "InvalidVpcId.NotFound")
	for _, block := range []string{"10.0.0.1/16", "100.64.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16", "96.0.0.0/3", "0.0.0.0/16", "10.0.0.0/29", "::/0", "all"} {
		r := sdk.CreateCreateVpcRequest()
		r.CidrBlock = block
		_, err := c.CreateVpc(r)
		wantCode(t, err, 400, "InvalidCidrBlock.Malformed")
	}
}

func TestCreateVpc_CustomBlockAndLongNames_Taken(t *testing.T) {
	c := newClient(t)
	r := sdk.CreateCreateVpcRequest()
	r.CidrBlock, r.VpcName, r.Description = "30.0.0.0/16", strings.Repeat("网", 128), strings.Repeat("络", 256)
	if _, err := c.CreateVpc(r); err != nil {
		t.Error(err)
	}
	r.VpcName = strings.Repeat("n", 129)
	_, err := c.CreateVpc(r)
	wantCode(t, err, 400, "InvalidVpcName.Malformed")
	r.VpcName, r.Description = "n", strings.Repeat("d", 257)
	_, err = c.CreateVpc(r)
	wantCode(t, err, 400, "InvalidDescription.Malformed")
}

func TestDescribeRegionsAndZones_All_Listed(t *testing.T) {
	c := newClient(t)
	regions, err := c.DescribeRegions(sdk.CreateDescribeRegionsRequest())
	if err != nil || len(regions.Regions.Region) == 0 {
		t.Fatalf("regions %v, %v", regions, err)
	}
	zones, err := c.DescribeZones(sdk.CreateDescribeZonesRequest())
	if err != nil || len(zones.Zones.Zone) != 3 || zones.Zones.Zone[0].ZoneId != "cn-hangzhou-h" {
		t.Errorf("zones %+v, %v", zones, err)
	}
}
