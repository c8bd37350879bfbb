package alicloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// measuredClients are clients at the front with metrics of their own.
func measuredClients(t *testing.T, f *front, source CredentialsSource) (*Clients, *prometheus.Registry) {
	t.Helper()
	u := f.endpoint(t)
	registry := prometheus.NewPedanticRegistry()
	c, err := New(Config{
		Region: "cn-hangzhou", Credentials: source, CallsPerSecond: 1e6, Metrics: registry,
		Endpoints: EndpointsAt(u, testProducts()...),
	}, testProducts()...)
	if err != nil {
		t.Fatal(err)
	}
	return c, registry
}

// mustShow compares metrics with lines of the exposition format.
func mustShow(t *testing.T, registry prometheus.Gatherer, name string, want ...string) {
	t.Helper()
	var got []string
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			labels := make([]string, 0, len(m.GetLabel()))
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			got = append(got, fmt.Sprintf("%s %v", strings.Join(labels, " "), value))
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s is\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestMetrics_Requests_CountByResult(t *testing.T) {
	code := ""
	f := newFront(t, func(w http.ResponseWriter, r *http.Request) {
		if code == "" {
			reply(200, `{"RequestId":"1"}`)(w, r)
			return
		}
		reply(400, `{"Code":"`+code+`","Message":"m","RequestId":"1"}`)(w, r)
	})
	c, registry := measuredClients(t, f, testKey())
	_ = createAccount(t, c)
	code = "Throttling.User"
	_ = createAccount(t, c)
	code = "NoPermission"
	_ = describe(t, c)
	_ = describe(t, c.With(Static(Key{ID: "user's", Secret: "own"})))
	_ = describe(t, c.With(Static(Key{})))
	mustShow(t, registry, "alibabacloud_broker_cloud_requests_total",
		"CreateAccount rds ok broker 1",
		"CreateAccount rds throttled broker 1",
		"DescribeDBInstances rds credentials instance 1",
		"DescribeDBInstances rds denied broker 1",
		"DescribeDBInstances rds denied instance 1",
	)
	mustShow(t, registry, "alibabacloud_broker_cloud_request_duration_seconds",
		"CreateAccount rds 2", "DescribeDBInstances rds 2")
	mustShow(t, registry, "alibabacloud_broker_cloud_pace_ratio", "oss 1", "rds 0.5", "sts 1")
}

func TestMetrics_SeveralReasons_WeightiestIsTheResult(t *testing.T) {
	cases := map[string]struct {
		err  error
		want string
	}{
		"Success":       {nil, "ok"},
		"LostWrite":     {lost(Write, context.DeadlineExceeded), "outcome_unknown"},
		"LostRead":      {lost(Read, context.DeadlineExceeded), "timeout"},
		"Stopped":       {lost(Read, context.Canceled), "canceled"},
		"Other":         {lost(Read, errors.New("no route")), "failed"},
		"ThrottledRole": {credentialsError("AssumeRole", "", &Error{Reasons: []error{providers.ErrThrottled}}), "credentials"},
	}
	for name, tc := range cases {
		if got := resultOf(tc.err); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func lost(access Access, err error) error { return products{}.classify(Op{Access: access}, err) }

func TestMetrics_Refreshes_ShowExpiry(t *testing.T) {
	expires := time.Now().Add(time.Hour).Truncate(time.Second)
	fail := false
	f := newFront(t, func(w http.ResponseWriter, r *http.Request) {
		if fail {
			reply(403, `{"Code":"NoPermission","Message":"m","RequestId":"1"}`)(w, r)
			return
		}
		reply(200, `{"RequestId":"1","AccountId":"1","Credentials":{"AccessKeyId":"id","AccessKeySecret":"s","SecurityToken":"t","Expiration":"`+expires.UTC().Format(time.RFC3339)+`"}}`)(w, r)
	})
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{FileAccessKeyID: "id", FileAccessKeySecret: "secret"})
	role, err := AssumeRole(Role{
		ARN: "acs:ram::1:role/r", Base: Auto(AutoConfig{Dir: dir}), Region: "cn-hangzhou", Endpoint: f.endpoint(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	c, registry := measuredClients(t, f, role)
	_ = describe(t, c)
	_ = describe(t, c)
	kept, ok := role.(*cached)
	if !ok {
		t.Fatalf("the source is a %T", role)
	}
	kept.now = func() time.Time { return expires.Add(-time.Minute) }
	fail = true
	_ = describe(t, c)
	mustShow(t, registry, "alibabacloud_broker_credentials_refreshes_total",
		"default failed assume_role 1", "default failed files 0", "default ok assume_role 1", "default ok files 1")
	mustShow(t, registry, "alibabacloud_broker_credentials_expiry_timestamp_seconds",
		fmt.Sprintf("default assume_role %v", float64(expires.Unix())), "default files 0")
	mustShow(t, registry, "alibabacloud_broker_cloud_requests_total",
		"AssumeRole sts denied broker 1",
		"AssumeRole sts ok broker 1",
		"DescribeDBInstances rds denied broker 1",
		"DescribeDBInstances rds ok broker 2",
	)
}
