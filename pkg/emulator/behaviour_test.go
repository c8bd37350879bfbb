package emulator_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"regexp"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

func TestBehaviour_UnknownNotFound_IsOfAllProducts(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl), emulatortest.AllowUnknown())
	client := rdsClient(t, srv)
	for _, tc := range []struct {
		method, switches string
		oss, rds         int
	}{{"", "", 501, 501}, {http.MethodPost, `{"UnknownNotFound":true}`, 400, 404}, {http.MethodPatch, `{"UnknownNotFound":false}`, 501, 501}} {
		if tc.method != "" {
			if status := send(t, tc.method, srv.ControlURL()+"/behaviour/gateway", tc.switches, nil); status != 200 {
				t.Errorf("%s %s: %d", tc.method, tc.switches, status)
			}
		}
		if status := send(t, http.MethodPut, srv.URL()+"/bucket?replication", "", nil); status != tc.oss {
			t.Errorf("with %s an unknown feature of OSS is answered %d, want %d", tc.switches, status, tc.oss)
		}
		_, err := client.DescribeQuickSaleConfig(rds.CreateDescribeQuickSaleConfigRequest())
		var refused *sdk.ServerError
		if !errors.As(err, &refused) || refused.HttpStatus() != tc.rds {
			t.Errorf("with %s an unknown action is answered %v, want %d", tc.switches, err, tc.rds)
		}
	}
	if len(srv.Unknown()) != 2 {
		t.Errorf("unknown: %q, want both", srv.Unknown())
	}
}

func TestAccount_SetAtStartOrLater_SetsTheSingleSwitches(t *testing.T) {
	today := oss.Behaviour{BlockPublicAccess: true, RefuseV1: true, RefuseV1OfNewBuckets: true, RefusePublicData: true}
	public, open, v1 := today, today, oss.Behaviour{RefuseV1: true}
	public.BlockPublicAccess, open.RefuseV1 = false, false
	for _, tc := range []struct {
		change func(*emulator.Config)
		want   oss.Behaviour
	}{
		{func(*emulator.Config) {}, today},
		{func(c *emulator.Config) { c.PublicBuckets = true }, public},
		{func(c *emulator.Config) { c.Account = emulator.Account2024 }, oss.Behaviour{}},
	} {
		if got := bucketSwitches(emulatortest.New(t, emulatortest.WithConfig(tc.change))); !cmp.Equal(got, tc.want) {
			t.Errorf("at the start: %+v, want %+v", got, tc.want)
		}
	}
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl))
	for _, tc := range []struct {
		path, body string
		status     int
		want       oss.Behaviour
	}{
		{"/behaviour/account", `{}`, 200, today},
		{"/behaviour/account", `{"Opened":"2024"}`, 200, oss.Behaviour{}},
		{"/behaviour/account", `{"Opened":"1999"}`, 400, oss.Behaviour{}},
		{"/behaviour/account", `{"Opened":""}`, 400, oss.Behaviour{}},
		{"/behaviour", `{"account":{"Opened":"today"}}`, 200, today},
		{"/behaviour/oss", `{"RefuseV1":false}`, 200, open},
		{"/behaviour/account", `{"Opened":"today"}`, 200, open},
		{"/behaviour", `{"oss":{"RefuseV1":true},"account":{"Opened":"2024"}}`, 200, v1},
		{"/behaviour", `{"oss":{"RefuseV1":false},"rds":{"Flying":true}}`, 400, v1},
		{"/behaviour", `{"ecs":{}}`, 400, v1},
	} {
		if status := send(t, http.MethodPost, srv.ControlURL()+tc.path, tc.body, nil); status != tc.status {
			t.Errorf("POST %s %s: %d, want %d", tc.path, tc.body, status, tc.status)
		}
		if got := bucketSwitches(srv); !cmp.Equal(got, tc.want) {
			t.Errorf("after %s %s: %+v, want %+v", tc.path, tc.body, got, tc.want)
		}
	}
	if srv.Open(emulator.AccountToday); !cmp.Equal(bucketSwitches(srv), today) {
		t.Errorf("after Open: %+v", bucketSwitches(srv))
	}
}

func bucketSwitches(srv *emulator.Server) (now oss.Behaviour) {
	srv.OSS().Behave(func(b *oss.Behaviour) { now = *b })
	return now
}

// TestSwitches_Page_ListsEveryMember: docs/emulator.md has one row for each member
// of each Behaviour, with its default.
func TestSwitches_Page_ListsEveryMember(t *testing.T) {
	page, err := os.ReadFile("../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+\\.[A-Za-z0-9]+)` \\| `(.+?)` \\| .*\\|$").FindAllStringSubmatch(string(page), -1) {
		listed[row[1]] = row[2]
	}
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl))
	var all map[string]map[string]json.RawMessage
	if status := send(t, http.MethodGet, srv.ControlURL()+"/behaviour", "", &all); status != 200 {
		t.Fatalf("GET /behaviour: %d", status)
	}
	existing := map[string]string{}
	for product, members := range all {
		for name, value := range members {
			existing[product+"."+name] = string(value)
		}
	}
	if diff := cmp.Diff(existing, listed); diff != "" {
		t.Errorf("switches and their defaults (-in the program, +in docs/emulator.md):\n%s", diff)
	}
}
