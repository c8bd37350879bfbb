package rds_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// vswitchOf returns where the one instance was put, as it was ordered.
func vswitchOf(t *testing.T, p *fixture) string {
	t.Helper()
	calls := p.server.Calls("CreateDBInstance")
	if len(calls) != 1 {
		t.Fatalf("%d orders", len(calls))
	}
	return calls[0].Params["VPCId"] + " " + calls[0].Params["VSwitchId"] + " " + calls[0].Params["ZoneId"]
}

func TestNetwork_Wishes_DecideOnTheVSwitch(t *testing.T) {
	cases := map[string]struct {
		config     descriptor.Network
		parameters string
		want       string
	}{
		"ConfiguredVSwitch":        {descriptor.Network{VpcID: "vpc-a", VSwitchIDs: []string{"vsw-a-i"}}, ``, "vpc-a vsw-a-i cn-hangzhou-i"},
		"ConfiguredVSwitchAlone":   {descriptor.Network{VSwitchIDs: []string{"vsw-b-last"}}, ``, "vpc-b vsw-b-last cn-hangzhou-i"},
		"SecondOfTwoVSwitches":     {descriptor.Network{VpcID: "vpc-a", VSwitchIDs: []string{"vsw-none", "vsw-a-i"}}, ``, "vpc-a vsw-a-i cn-hangzhou-i"},
		"ConfiguredZone":           {descriptor.Network{VpcID: "vpc-a", ZoneID: "cn-hangzhou-i"}, ``, "vpc-a vsw-a-i cn-hangzhou-i"},
		"ConfiguredVPC":            {descriptor.Network{VpcID: "vpc-a"}, ``, "vpc-a vsw-a-h cn-hangzhou-h"},
		"UsersZoneBeatsPreference": {descriptor.Network{VpcID: "vpc-a", VSwitchIDs: []string{"vsw-a-i"}}, `{"ZoneId":"cn-hangzhou-h"}`, "vpc-a vsw-a-h cn-hangzhou-h"},
		"UsersVPC":                 {descriptor.Network{VpcID: "vpc-a", VSwitchIDs: []string{"vsw-a-i"}}, `{"VpcID":"vpc-b"}`, "vpc-b vsw-b-00 cn-hangzhou-h"},
		"UsersZoneOnTheSecondPage": {descriptor.Network{}, `{"VpcID":"vpc-b","ZoneId":"cn-hangzhou-i"}`, "vpc-b vsw-b-last cn-hangzhou-i"},
		"UsersVSwitch":             {descriptor.Network{VpcID: "vpc-a"}, `{"VSwitchID":"vsw-b-07"}`, "vpc-b vsw-b-07 cn-hangzhou-h"},
		"AllFromTheUser":           {descriptor.Network{}, `{"VpcID":"vpc-a","VSwitchID":"vsw-a-h","ZoneId":"cn-hangzhou-h","NetworkType":"VPC"}`, "vpc-a vsw-a-h cn-hangzhou-h"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, tc.config, networks())
			p.done(p.instance(1, tc.parameters))
			if got := vswitchOf(t, p); got != tc.want {
				t.Errorf("put into %s, want %s", got, tc.want)
			}
		})
	}
}

func TestNetwork_UnfitWishes_NameAlternatives(t *testing.T) {
	cases := map[string]struct {
		config     descriptor.Network
		parameters string
		words      []string
	}{
		"NoNetwork":             {descriptor.Network{}, ``, []string{"VpcID"}},
		"NoSuchVSwitch":         {descriptor.Network{}, `{"VSwitchID":"vsw-none"}`, []string{"VSwitchID"}},
		"VSwitchOfAnotherVPC":   {descriptor.Network{VpcID: "vpc-a"}, `{"VpcID":"vpc-a","VSwitchID":"vsw-b-01"}`, []string{"vsw-a-h", "vsw-a-i"}},
		"VSwitchOfNoVPC":        {descriptor.Network{}, `{"VpcID":"vpc-none","VSwitchID":"vsw-b-01"}`, []string{"VpcID"}},
		"VSwitchInAnotherZone":  {descriptor.Network{}, `{"VSwitchID":"vsw-a-h","ZoneId":"cn-hangzhou-i"}`, []string{"cn-hangzhou-h"}},
		"NoVSwitchInTheZone":    {descriptor.Network{VpcID: "vpc-a"}, `{"ZoneId":"cn-hangzhou-z"}`, []string{"cn-hangzhou-h", "cn-hangzhou-i"}},
		"NoSuchVPC":             {descriptor.Network{}, `{"VpcID":"vpc-none"}`, []string{"VpcID"}},
		"VPCNotAllowed":         {descriptor.Network{AllowedVPCs: []string{"vpc-a"}}, `{"VpcID":"vpc-b"}`, []string{"vpc-a"}},
		"AllowedVPCsVSwitches":  {descriptor.Network{AllowedVPCs: []string{"vpc-a"}}, `{"VpcID":"vpc-a","VSwitchID":"vsw-b-01"}`, []string{"vsw-a-h", "vsw-a-i"}},
		"DefaultVPCNotAllowed":  {descriptor.Network{VSwitchIDs: []string{"vsw-b-01"}, AllowedVPCs: []string{"vpc-a"}}, ``, []string{"vpc-a"}},
		"ConfiguredVPCIsNoMore": {descriptor.Network{VpcID: "vpc-none"}, ``, []string{"VpcID"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, tc.config, networks())
			step := p.fails(p.instance(1, tc.parameters), providers.Invalid)
			for _, word := range tc.words {
				if !strings.Contains(step.Text, word) {
					t.Errorf("%q does not name %s", step.Text, word)
				}
			}
			if n := len(p.server.Calls("CreateDBInstance")); n != 0 {
				t.Errorf("%d instances were ordered", n)
			}
		})
	}
}

// VSwitches of VPCs that are neither configured nor allowed are other people's.
func TestNetwork_OtherVPC_NamesNoVSwitch(t *testing.T) {
	allowed := descriptor.Network{AllowedVPCs: []string{"vpc-a"}}
	for name, tc := range map[string]struct {
		config     descriptor.Network
		parameters string
	}{
		"any VPC, none configured":    {descriptor.Network{}, `{"VpcID":"vpc-b","VSwitchID":"vsw-none"}`},
		"any VPC, another configured": {descriptor.Network{VpcID: "vpc-a"}, `{"VpcID":"vpc-b","VSwitchID":"vsw-a-h"}`},
		"a VPC that is not allowed":   {allowed, `{"VpcID":"vpc-b","VSwitchID":"vsw-none"}`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, tc.config, networks())
			step := p.fails(p.instance(1, tc.parameters), providers.Invalid)
			if strings.Contains(step.Text, "vsw-b-") {
				t.Errorf("%q names VSwitches of vpc-b", step.Text)
			}
		})
	}
	told := map[string]bool{}
	for _, vswitch := range []string{"vsw-b-01", "vsw-none"} { // one of a VPC that is not allowed, and none
		p := newFixture(t, allowed, networks())
		step := p.fails(p.instance(1, `{"VSwitchID":"`+vswitch+`"}`), providers.Invalid)
		told[strings.ReplaceAll(step.Text, vswitch, "")] = true
	}
	if len(told) != 1 {
		t.Errorf("the sentences tell which VSwitches exist: %v", told)
	}
}

func TestNetwork_NoWish_TakesTheMachines(t *testing.T) {
	p := newFixture(t, descriptor.Network{}, networks())
	u, err := url.Parse(p.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	p.Provider = providertest.NewProvider(t, p.server, rds.Descriptor(), func(d *descriptor.Deps) { d.Metadata = alicloud.NewMetadata(u) })
	p.done(p.instance(1, ``))
	if got := vswitchOf(t, p); got != "vpc-a vsw-a-h cn-hangzhou-h" {
		t.Errorf("put into %s", got)
	}
}

// The network of the machine belongs to the account of the default profile.
func TestNetwork_ProfileElsewhere_LeavesTheMachines(t *testing.T) {
	p := newFixture(t, descriptor.Network{}, networks())
	u, err := url.Parse(p.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	p.Provider = providertest.NewProvider(t, p.server, rds.Descriptor(), func(d *descriptor.Deps) {
		d.Metadata = alicloud.NewMetadata(u)
		d.Profiles["finance"] = &descriptor.Profile{Clients: d.Profiles[descriptor.DefaultProfile].Clients, Elsewhere: true}
	})
	task := p.instance(1, ``)
	task.Profile = "finance"
	seen, err := p.Provider.Observe(t.Context(), *task)
	if err != nil {
		t.Fatal(err)
	}
	if step := p.Provider.Next(*task, seen); step.Action != providers.Fail || !strings.Contains(step.Text, "VpcID") {
		t.Errorf("the next step is %+v, want a failure that names VpcID", step)
	}
}

// The metadata service exists on ECS alone. Its absence is the operator's to fix, so
// the operation goes on, and its text helps user and operator.
func TestNetwork_NoMetadata_IsTheOperatorsFailure(t *testing.T) {
	p := newFixture(t, descriptor.Network{}, networks())
	nowhere, err := url.Parse("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	p.Provider = providertest.NewProvider(t, p.server, rds.Descriptor(), func(d *descriptor.Deps) { d.Metadata = alicloud.NewMetadata(nowhere) })
	_, err = p.Provider.Observe(t.Context(), *p.instance(1, ``))
	failure, ok := errors.AsType[*providers.Failure](err)
	if !ok || failure.Kind != providers.Broken || !strings.Contains(failure.Text, "VSwitchID") {
		t.Errorf("Observe = %v, want a failure that the operator can mend and that names VSwitchID", err)
	}
}

func TestInstance_Whitelist_IsExactlyTheClients(t *testing.T) {
	for name, tc := range map[string]struct {
		config []string
		want   string
	}{
		"TheVPC":        {nil, "172.16.0.0/12"},
		"TheConfigured": {[]string{"10.1.0.0/16", "10.2.3.4"}, "10.1.0.0/16,10.2.3.4"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, descriptor.Network{VpcID: "vpc-b", Whitelist: tc.config}, networks())
			p.done(p.instance(1, ``))
			groups := p.only().Whitelist
			if got := strings.Join(groups["osb"], ","); got != tc.want {
				t.Errorf("our group = %s, want %s", got, tc.want)
			}
			for group, entries := range groups {
				if group != "osb" && (len(entries) != 1 || entries[0] != "127.0.0.1") {
					t.Errorf("group %s = %q", group, entries)
				}
			}
			if order := p.server.Calls("CreateDBInstance")[0].Params["SecurityIPList"]; order != "127.0.0.1" {
				t.Errorf("open to %s from the start", order)
			}
		})
	}
}
