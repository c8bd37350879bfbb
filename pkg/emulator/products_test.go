package emulator_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/location"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// queues is a product of this test: its API makes and lists queues.
type queues struct {
	names []string
	lag   struct{ Lag time.Duration }
}

func (q *queues) product() emulator.Product {
	return emulator.Product{
		Name: "mns", Namespace: "Mns", Service: q,
		RPC: rpc.API{Name: "Mns", Version: "2020-02-02", Actions: map[string]rpc.Action{
			"CreateQueue": {Do: func(r *rpc.Request) (any, *rpc.Error) { q.names = append(q.names, r.Get("Name")); return nil, nil }},
			"ListQueues":  {Do: func(*rpc.Request) (any, *rpc.Error) { return nil, nil }, ReadOnly: true},
		}},
		Snapshot: func() (json.RawMessage, error) { return json.Marshal(q.names) },
		Restore:  func(saved json.RawMessage) error { return json.Unmarshal(saved, &q.names) },
		Behave:   func(change func(any)) { change(&q.lag) },
		Resources: func() []product.Resources {
			return []product.Resources{product.Kind("queues", q.names, func(name string) []string { return []string{"queue " + name} })}
		},
	}
}

// with returns the emulator's list and one product more.
func with(more func() emulator.Product) func(emulator.Environment) ([]emulator.Product, error) {
	return func(e emulator.Environment) ([]emulator.Product, error) {
		list, err := emulator.Products(e)
		return append([]emulator.Product{more()}, list...), err
	}
}

func newWithQueues(t *testing.T) (*emulator.Server, *queues) {
	t.Helper()
	q := &queues{}
	srv := emulatortest.New(t, emulatortest.WithProducts(with(q.product)), emulatortest.WithConfig(withControl))
	return srv, q
}

func TestNew_OneMoreProduct_AppearsEverywhere(t *testing.T) {
	srv, q := newWithQueues(t)
	if emulator.Service[*queues](srv) != q || !srv.Empty() {
		t.Errorf("service %v, empty %v", emulator.Service[*queues](srv), srv.Empty())
	}
	q.names = []string{"orders"}
	if diff := cmp.Diff([]string{"queue orders"}, srv.Leftovers()); diff != "" || srv.Empty() {
		t.Errorf("leftovers (-want, +got):\n%s", diff)
	}
	control := srv.ControlURL()
	var state struct {
		Queues  []string
		Buckets []any
	}
	if send(t, http.MethodGet, control+"/state", "", &state); !slices.Equal(state.Queues, q.names) || state.Buckets == nil {
		t.Errorf("state %+v", state)
	}
	for body, want := range map[string]int{`{"queues":1,"buckets":0}`: 204, `{"queues":2}`: 409, `{"topics":0}`: 400} {
		if status := send(t, http.MethodPost, control+"/assert", body, nil); status != want {
			t.Errorf("assert %s: %d, want %d", body, status, want)
		}
	}
	if status := send(t, http.MethodPatch, control+"/behaviour/mns", `{"Lag":"5m"}`, nil); status != 200 || q.lag.Lag != 5*time.Minute {
		t.Errorf("behaviour: %d, lag %v", status, q.lag.Lag)
	}
	var saved json.RawMessage
	send(t, http.MethodGet, control+"/snapshot", "", &saved)
	second, again := newWithQueues(t)
	if err := second.Load(strings.NewReader(string(saved))); err != nil || !slices.Equal(again.names, q.names) {
		t.Errorf("loaded %v, %v", again.names, err)
	}
	endpoints := location.CreateDescribeEndpointsRequest()
	endpoints.Id, endpoints.ServiceCode, endpoints.Scheme = "cn-hangzhou", "mns", "HTTP"
	client, err := location.NewClientWithAccessKey("cn-hangzhou", srv.AccessKey().ID, srv.AccessKey().Secret)
	if err != nil {
		t.Fatal(err)
	}
	client.Domain = srv.Addr()
	if got, err := client.DescribeEndpoints(endpoints); err != nil || len(got.Endpoints.Endpoint) != 1 || got.Endpoints.Endpoint[0].Namespace != "Mns" {
		t.Errorf("endpoints %+v, %v", got, err)
	}
	plain := emulatortest.New(t)
	var before strings.Builder
	if err := plain.Save(&before); err != nil {
		t.Fatal(err)
	}
	third, _ := newWithQueues(t)
	if err := third.Load(strings.NewReader(before.String())); err != nil {
		t.Errorf("a state of before the product: %v", err)
	}
}

func TestServer_ReadOnly_AsksTheProductOfTheCall(t *testing.T) {
	srv, _ := newWithQueues(t)
	for _, tc := range []struct {
		product, action string
		want            bool
	}{
		{"Mns", "ListQueues", true}, {"Mns", "CreateQueue", false}, {"Rds", "DescribeDBInstances", true}, {"Rds", "CreateDBInstance", false},
		{"Rds", "CheckDBNameAvailable", true}, {"Rds", "DescribeFlights", false}, {"Ram", "GetUser", true}, {"Ram", "CreateAccessKey", false},
		{"Sts", "GetCallerIdentity", true}, {"Sts", "AssumeRole", false}, {"Vpc", "DescribeVpcs", true}, {"Vpc", "DeleteVpc", false},
		{"Location", "DescribeEndpoints", true}, {"Oss", "oss:GetBucketInfo", true}, {"Oss", "oss:HeadObject", true},
		{"Oss", "oss:ListObjectsV2", true}, {"Oss", "oss:PutBucket", false}, {"Oss", "oss:unknown", false}, {"Ecs", "DescribeInstances", false},
	} {
		if got := srv.ReadOnly(cloud.Call{Product: tc.product, Action: tc.action}); got != tc.want {
			t.Errorf("%s %s only reads: %v, want %v", tc.product, tc.action, got, tc.want)
		}
	}
}

func TestNew_ProductsThatShareNames_Refused(t *testing.T) {
	for name, change := range map[string]func(*emulator.Product){
		"no name":               func(p *emulator.Product) { p.Name = "" },
		"a name in use":         func(p *emulator.Product) { p.Name = "rds" },
		"an API version in use": func(p *emulator.Product) { p.RPC.Version = "2014-08-15" },
		"a kind in use": func(p *emulator.Product) {
			p.Resources = func() []product.Resources { return []product.Resources{{Kind: "buckets"}} }
		},
		"a reserved kind": func(p *emulator.Product) {
			p.Resources = func() []product.Resources { return []product.Resources{{Kind: "calls"}} }
		},
		"Restore without Snapshot": func(p *emulator.Product) { p.Snapshot = nil },
	} {
		t.Run(name, func(t *testing.T) {
			srv, err := emulator.New(emulator.Config{}, with(func() emulator.Product {
				p := (&queues{}).product()
				change(&p)
				return p
			}))
			if err == nil {
				t.Errorf("it started: %v", srv.Close())
			}
		})
	}
}
