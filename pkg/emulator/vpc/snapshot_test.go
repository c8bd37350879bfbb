package vpc

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSnapshot_Networks_Restored(t *testing.T) {
	before, after := New("1", DefaultRegions()), New("1", DefaultRegions("cn-else"))
	before.regions[0].VPCs = append(before.regions[0].VPCs, VPC{ID: "vpc-new", Name: "new", RegionID: before.regions[0].ID})
	before.tokens["1 CreateVpc t"] = tokenUse{"CidrBlock=", struct{ VpcId string }{"vpc-new"}}
	saved, err := before.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := after.Restore(saved); err != nil {
		t.Fatal(err)
	}
	for _, want := range before.Regions() {
		got, ok := after.Region(want.ID)
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(want.VPCs[0].CIDR)); !ok || diff != "" {
			t.Errorf("%s (-want, +got):\n%s", want.ID, diff)
		}
	}
	if other, ok := after.Region("cn-else"); !ok || len(other.VPCs) == 0 {
		t.Errorf("a region that was not saved is %+v", other)
	}
	if use := after.tokens["1 CreateVpc t"]; use.params != "CidrBlock=" {
		t.Errorf("the token is %+v", use)
	}
	if err := after.Restore(json.RawMessage("[]")); err == nil {
		t.Error("a list is restored")
	}
}
