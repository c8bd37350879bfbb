package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

func regions(c *rds.Client) error {
	_, err := c.DescribeRegions(rds.CreateDescribeRegionsRequest())
	return err
}

func TestControlAPI_Time_FreezesSetsAndResumes(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl))
	var shown struct {
		Now    time.Time
		Frozen bool
	}
	send(t, http.MethodPost, srv.ControlURL()+"/freeze", "", &shown)
	if !shown.Frozen || !shown.Now.Equal(srv.Clock().Now()) {
		t.Errorf("frozen: %+v, the clock is at %v", shown, srv.Clock().Now())
	}
	send(t, http.MethodPost, srv.ControlURL()+"/time?t=2030-01-02T03:04:05Z", "", &shown)
	if want := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC); !shown.Frozen || !shown.Now.Equal(want) || !srv.Clock().Now().Equal(want) {
		t.Errorf("set: %+v", shown)
	}
	send(t, http.MethodGet, srv.ControlURL()+"/time", "", &shown)
	if shown.Now.Year() != 2030 {
		t.Errorf("shown: %+v", shown)
	}
	if send(t, http.MethodPost, srv.ControlURL()+"/resume", "", &shown); shown.Frozen || shown.Now.Year() != 2030 {
		t.Errorf("resumed: %+v", shown)
	}
}

func TestLimits_CallsBeyondRate_Throttled(t *testing.T) {
	clock := cloud.NewFrozenClock(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	srv := emulatortest.New(t, emulatortest.WithClock(clock), emulatortest.WithConfig(withControl))
	c := rdsClient(t, srv)
	if status := send(t, http.MethodPost, srv.ControlURL()+"/limits", `{"action":"rds:*","perSecond":2}`, nil); status != 204 {
		t.Fatalf("POST /limits: %d", status)
	}
	var limits []struct {
		Action, Code string
		PerSecond    float64
	}
	if send(t, http.MethodGet, srv.ControlURL()+"/limits", "", &limits); len(limits) != 1 || limits[0].Code != "Throttling.User" || limits[0].PerSecond != 2 {
		t.Errorf("limits %+v", limits)
	}
	var failed []bool
	for range 3 {
		failed = append(failed, regions(c) != nil)
	}
	clock.Advance(time.Second)
	failed = append(failed, regions(c) != nil)
	if diff := cmp.Diff([]bool{false, false, true, false}, failed); diff != "" {
		t.Errorf("throttled (-want, +got):\n%s", diff)
	}
	send(t, http.MethodDelete, srv.ControlURL()+"/faults", "", nil)
	for range 5 {
		if err := regions(c); err != nil {
			t.Errorf("without a limit: %v", err)
		}
	}
	srv.Limit("DescribeRegions", 1, "Throttling.Api")
	if first, second := regions(c), regions(c); first != nil || second == nil || !strings.Contains(second.Error(), "Throttling.Api") {
		t.Errorf("by the Go API: %v, then %v", first, second)
	}
}

func TestControlAPI_Release_EndsHeldCall(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl))
	send(t, http.MethodPost, srv.ControlURL()+"/faults", `{"action":"DescribeRegions","effect":"hang","times":1}`, nil)
	var faults []struct{ Action, Effect string }
	if send(t, http.MethodGet, srv.ControlURL()+"/faults", "", &faults); len(faults) != 1 || faults[0].Effect != "hang" {
		t.Errorf("faults %+v", faults)
	}
	ended := make(chan error)
	go func() { ended <- regions(rdsClient(t, srv)) }()
	for {
		send(t, http.MethodPost, srv.ControlURL()+"/release", "", nil)
		select {
		case err := <-ended:
			if err == nil {
				t.Error("a call that hung was answered")
			}
			return
		default:
		}
	}
}

func TestControlAPI_Behaviour_ShownAndPatchedWhole(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl))
	url := srv.ControlURL() + "/behaviour/"
	var got struct {
		DropTags      bool
		TokenLifetime string
	}
	if send(t, http.MethodPatch, url+"rds", `{"DropTags":true,"TokenLifetime":"90s"}`, &got); !got.DropTags || got.TokenLifetime != "1m30s" {
		t.Errorf("changed to %+v", got)
	}
	for _, body := range []string{`{"DropTags":false,"Flying":true}`, `{"DropTags":false,"TokenLifetime":90}`, `{"DropTags":"yes"}`, `[]`} {
		if status := send(t, http.MethodPatch, url+"rds", body, nil); status != 400 {
			t.Errorf("%s: %d, want 400", body, status)
		}
	}
	if send(t, http.MethodGet, url+"rds", "", &got); !got.DropTags {
		t.Error("a change that was refused has changed something")
	}
	if status := send(t, http.MethodGet, url+"ecs", "", nil); status != 404 {
		t.Errorf("an unknown product: %d, want 404", status)
	}
	response, err := rdsClient(t, srv).CreateDBInstance(createRequest())
	if err != nil || response.DBInstanceId == "" {
		t.Errorf("with another behaviour: %v", err)
	}
	if status := send(t, http.MethodPatch, url+"ram", `{"KeyLag":"1h"}`, nil); status != 200 {
		t.Errorf("PATCH /behaviour/ram: %d", status)
	}
	if id, _, err := srv.RAM().AddUser("u"); err != nil || srvKnows(srv, id) {
		t.Errorf("a key is known before its lag has passed, or %v", err)
	}
}

func srvKnows(srv *emulator.Server, keyID string) bool {
	_, ok := srv.RAM().Key(keyID)
	return ok
}

func TestControlAPI_Assert_ReportsDifferences(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl))
	if _, err := rdsClient(t, srv).CreateDBInstance(createRequest()); err != nil {
		t.Fatal(err)
	}
	assert := func(body string) (differences []string) {
		t.Helper()
		if status := send(t, http.MethodPost, srv.ControlURL()+"/assert", body, nil); status == 204 {
			return nil
		}
		var got struct{ Differences []string }
		if status := send(t, http.MethodPost, srv.ControlURL()+"/assert", body, &got); status != 409 || len(got.Differences) == 0 {
			t.Errorf("%s: %d %v", body, status, got.Differences)
		}
		return got.Differences
	}
	if d := assert(`{"instances":1,"buckets":0,"users":0,"keys":0,"policies":0,"groups":0,"roles":0,"unknown":0,"empty":false,"calls":{"CreateDBInstance":1}}`); d != nil {
		t.Errorf("differences %q", d)
	}
	if d := assert(`{"instances":2,"empty":true,"calls":{"CreateDBInstance":2,"DeleteDBInstance":0}}`); len(d) != 3 {
		t.Errorf("differences %q", d)
	}
	if status := send(t, http.MethodDelete, srv.ControlURL()+"/calls", "", nil); status != 204 || len(srv.Calls("")) != 0 {
		t.Errorf("DELETE /calls: %d, %d calls are left", status, len(srv.Calls("")))
	}
}
