package emulator_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulated "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func TestServer_OnePort_RoutesToEachService(t *testing.T) {
	const gatewayError = "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>"
	srv := emulatortest.New(t)
	for name, tc := range map[string]struct {
		method, path, contentType string
		want                      string // the beginning of the answer
	}{
		"metadata":           {http.MethodGet, "/latest/meta-data/region-id", "", "a token"},
		"RPC in the query":   {http.MethodGet, "/?Action=DescribeRegions&Format=JSON", "", `{"RequestId"`},
		"RPC in the form":    {http.MethodPost, "/", "application/x-www-form-urlencoded", gatewayError},
		"OSS, the service":   {http.MethodGet, "/", "", "<?xml"},
		"OSS, a bucket's":    {http.MethodPut, "/bucket", "", "<?xml"},
		"OSS, many deletes":  {http.MethodPost, "/bucket?delete", "application/xml", "<?xml"},
		"OSS, like metadata": {http.MethodGet, "/latest", "", "<?xml"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), tc.method, srv.URL()+tc.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", tc.contentType)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil || response.Body.Close() != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(body, []byte(tc.want)) || strings.HasPrefix(name, "OSS") && bytes.HasPrefix(body, []byte(gatewayError)) {
				t.Errorf("answer %s, want %s...", body, tc.want)
			}
		})
	}
}

func TestFail_UsedUp_CallSucceeds(t *testing.T) {
	srv := emulatortest.New(t)
	srv.Fail("CreateDBInstance", "Throttling.User", 2)
	c, failed := rdsClient(t, srv), 0
	for range 3 {
		if _, err := c.CreateDBInstance(createRequest()); err != nil {
			failed++
		}
	}
	if calls := srv.Calls("CreateDBInstance"); failed != 2 || len(calls) != 3 || calls[0].Code != "Throttling.User" || !calls[2].Effected {
		t.Errorf("%d of 3 calls failed, journal %+v", failed, calls)
	}
	if n := len(srv.Dump().Instances); n != 1 {
		t.Errorf("%d instances, want 1", n)
	}
}

func TestControlAPI_FaultsTimeAndState_AsInTheGoAPI(t *testing.T) {
	clock := cloud.NewFrozenClock(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	srv := emulatortest.New(t, emulatortest.WithClock(clock), emulatortest.WithProfile(emulated.Realistic()), emulatortest.WithConfig(withControl), emulatortest.AllowUnknown())
	c, control := rdsClient(t, srv), srv.ControlURL()

	if status := send(t, http.MethodPost, control+"/faults", `{"action":"CreateDBInstance","effect":"fail-before","code":"InternalError","times":1,"delay":"1ms"}`, nil); status != 204 {
		t.Errorf("POST /faults: %d", status)
	}
	if _, err := c.CreateDBInstance(createRequest()); err == nil {
		t.Error("the fault was not played")
	}
	if _, err := c.CreateDBInstance(createRequest()); err != nil {
		t.Error(err)
	}
	send(t, http.MethodPost, control+"/faults", `{"action":"*"}`, nil)
	if status := send(t, http.MethodDelete, control+"/faults", "", nil); status != 204 {
		t.Errorf("DELETE /faults: %d", status)
	}
	var state emulator.State
	if send(t, http.MethodGet, control+"/state", "", &state); len(state.Instances) != 1 || state.Instances[0].Status != "Creating" {
		t.Errorf("state %+v", state)
	}
	var now struct{ Now time.Time }
	if send(t, http.MethodPost, control+"/advance?d=5m", "", &now); !now.Now.Equal(clock.Now()) {
		t.Errorf("time %v, want %v", now.Now, clock.Now())
	}
	if send(t, http.MethodGet, control+"/state", "", &state); state.Instances[0].Status != "Running" {
		t.Errorf("after five minutes the instance is %s", state.Instances[0].Status)
	}
	var calls []cloud.Call
	if send(t, http.MethodGet, control+"/calls?action=CreateDBInstance", "", &calls); len(calls) != 2 || calls[0].Code != "InternalError" {
		t.Errorf("calls %+v", calls)
	}
	var unknown []string
	if send(t, http.MethodGet, control+"/unknown", "", &unknown); len(unknown) != 0 {
		t.Errorf("unknown %v", unknown)
	}
	readMinds := requests.NewCommonRequest()
	readMinds.Method, readMinds.Domain, readMinds.Version, readMinds.ApiName = "POST", srv.Addr(), "2014-08-15", "ReadMinds"
	if _, err := c.ProcessCommonRequest(readMinds); err == nil {
		t.Error("an action that the emulator does not know was answered")
	}
	if send(t, http.MethodGet, control+"/unknown", "", &unknown); len(unknown) != 1 || unknown[0] != "Rds:ReadMinds" {
		t.Errorf("unknown %v", unknown)
	}
}

func TestControlAPI_MalformedRequest_Refused(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(withControl))
	for name, tc := range map[string]struct {
		path, body string
	}{
		"no JSON":           {"/faults", "x"},
		"unknown member":    {"/faults", `{"action":"*","code":"X","count":1}`},
		"no action":         {"/faults", `{"code":"X"}`},
		"unknown effect":    {"/faults", `{"action":"*","effect":"explode"}`},
		"negative times":    {"/faults", `{"action":"*","times":-1}`},
		"negative skip":     {"/faults", `{"action":"*","skip":-1}`},
		"status of success": {"/faults", `{"action":"*","status":200}`},
		"malformed delay":   {"/faults", `{"action":"*","delay":"soon"}`},
		"two faults":        {"/faults", `{"action":"*"}{"action":"*"}`},
		"malformed span":    {"/advance?d=5", ""},
		"malformed time":    {"/time?t=noon", ""},
		"delay of nothing":  {"/faults", `{"action":"*","effect":"delay"}`},
		"limit of nothing":  {"/limits", `{"perSecond":1}`},
		"limit to nothing":  {"/limits", `{"action":"*"}`},
		"unknown provider":  {"/oidc-providers", `{"name":"p"}`},
		"unknown assertion": {"/assert", `{"planets":9}`},
	} {
		var body struct{ Error string }
		if status := send(t, http.MethodPost, srv.ControlURL()+tc.path, tc.body, &body); status != 400 || body.Error == "" {
			t.Errorf("%s: %d %q, want 400 and an explanation", name, status, body.Error)
		}
	}
	if _, ok := srv.Faults().Take("CreateDBInstance"); ok {
		t.Error("a refused fault was taken")
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.ControlURL()+"/advance?d=5m", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", "http://evil.example")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if _ = response.Body.Close(); response.StatusCode != http.StatusForbidden {
		t.Errorf("a browser's request from another origin: %d, want 403", response.StatusCode)
	}
}

func TestClose_HangingCall_Ends(t *testing.T) {
	srv, err := emulator.New(emulator.Config{}, emulator.Products)
	if err != nil {
		t.Fatal(err)
	}
	srv.Faults().Add(cloud.Fault{Action: "*", Effect: cloud.Hang})
	c, ended := rdsClient(t, srv), make(chan error)
	go func() {
		_, err := c.DescribeRegions(rds.CreateDescribeRegionsRequest())
		ended <- err
	}()
	for len(srv.Calls("DescribeRegions")) == 0 {
		select {
		case err := <-ended:
			t.Fatalf("the call ended with %v", err)
		default:
		}
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("the hanging call was answered")
	}
	if _, err := http.Get(srv.URL()); err == nil {
		t.Error("the port is still served")
	}
}

func TestNew_AddressInUse_Fails(t *testing.T) {
	srv := emulatortest.New(t)
	if other, err := emulator.New(emulator.Config{Listen: srv.Addr()}, emulator.Products); err == nil {
		t.Error("two emulators listen on one address", other.Close())
	}
	if other, err := emulator.New(emulator.Config{ControlListen: srv.Addr()}, emulator.Products); err == nil {
		t.Error("two emulators listen on one address", other.Close())
	}
}

func TestServer_ManyClients_AllServed(t *testing.T) {
	srv := emulatortest.New(t)
	var wg sync.WaitGroup
	for range 8 {
		c := rdsClient(t, srv)
		wg.Go(func() {
			for range 5 {
				if err := life(c); err != nil {
					t.Error(err)
				}
				srv.Dump()
			}
		})
	}
	wg.Wait()
	if !srv.Empty() {
		t.Errorf("%+v is left", srv.Dump())
	}
}

// life creates an instance, uses it and deletes it.
func life(c *rds.Client) error {
	created, err := c.CreateDBInstance(createRequest())
	if err != nil {
		return err
	}
	account := rds.CreateCreateAccountRequest()
	account.DBInstanceId, account.AccountName, account.AccountPassword = created.DBInstanceId, "alice", "Passw0rd"
	if _, err := c.CreateAccount(account); err != nil {
		return err
	}
	database := rds.CreateCreateDatabaseRequest()
	database.DBInstanceId, database.DBName, database.CharacterSetName = created.DBInstanceId, "orders", "utf8"
	if _, err := c.CreateDatabase(database); err != nil {
		return err
	}
	if _, err := c.DescribeDBInstances(rds.CreateDescribeDBInstancesRequest()); err != nil {
		return err
	}
	remove := rds.CreateDeleteDBInstanceRequest()
	remove.DBInstanceId = created.DBInstanceId
	_, err = c.DeleteDBInstance(remove)
	return err
}
