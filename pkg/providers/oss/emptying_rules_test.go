package oss_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	emulated "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// usePublicEndpoint makes the provider call OSS at the public endpoint of the region,
// where the account may not call for objects.
func (w *fixture) usePublicEndpoint() {
	w.Helper()
	target, err := url.Parse(w.cloud.URL())
	w.must(err)
	gateway := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		bucket, _, _ := strings.Cut(strings.TrimPrefix(r.In.URL.Path, "/"), "/")
		r.Out.Host = strings.TrimPrefix(bucket+".oss-cn-hangzhou.aliyuncs.com", ".")
		r.Out.URL.Path, r.Out.URL.RawPath = "/"+strings.TrimPrefix(strings.TrimPrefix(r.In.URL.Path, "/"+bucket), "/"), ""
	}, ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, err error) {
		w.Error(err)
		rw.WriteHeader(http.StatusBadGateway)
	}})
	w.Cleanup(gateway.Close)
	at, err := url.Parse(gateway.URL)
	w.must(err)
	products := oss.Descriptor().Products
	endpoints := alicloud.EndpointsAt(target, products...)
	endpoints["oss"] = at
	key := w.cloud.AccessKey()
	clients, err := alicloud.New(alicloud.Config{
		Region: w.cloud.Region(), Credentials: alicloud.Static(alicloud.Key{ID: key.ID, Secret: key.Secret}),
		Endpoints: endpoints, CallsPerSecond: 1e6,
	}, products...)
	w.must(err)
	w.provider = providertest.NewProvider(w.T, w.cloud, oss.Descriptor(), func(d *descriptor.Deps) {
		d.Profiles = descriptor.OneProfile(clients, descriptor.Network{})
	})
	w.cloud.OSS().Behave(func(b *emulated.Behaviour) { b.RefusePublicData = true })
}

func TestDelete_DataCallsRefused_EmptyBucketGoes(t *testing.T) {
	for _, rule := range []providers.Deletion{providers.Refuse, providers.Empty} {
		w := newFixture(t)
		w.usePublicEndpoint()
		task := w.instance("")
		task.Deletion = rule
		w.make(task)
		w.remove(task)
		if !w.cloud.Empty() {
			t.Errorf("deletion %s leaves %+v", rule, w.cloud.Dump())
		}
	}
}

// OSS itself says whether a bucket is empty where the broker may not list it.
func TestDelete_DataCallsRefused_RefuseSaysNotEmpty(t *testing.T) {
	w := newFixture(t)
	w.usePublicEndpoint()
	task := w.instance("")
	w.make(task)
	task.Goal = providers.Absent
	owner := w.owner(w.bucket(task))
	w.must(owner.put(t.Context(), "o", ""))
	_, err := w.step(task)
	w.wantKind(err, providers.Policy)
	_, err = w.step(task)
	w.wantKind(err, providers.Policy)
	w.must(owner.delete(t.Context(), "o"))
	w.remove(task) // the next attempt of the broker
}

// OSS empties the bucket by lifecycle rules, in two to three days of its clock.
func TestEmptying_DataCallsRefused_LeavesItToOSS(t *testing.T) {
	for name, fill := range map[string]func(w *fixture, a app){
		"objects":  func(w *fixture, a app) { w.putMany(a, 3); w.must(a.upload(w.Context(), "u")) },
		"versions": func(w *fixture, a app) { w.fill(a.bucket) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			w.usePublicEndpoint()
			task, owner := w.emptied()
			fill(w, owner)
			_, err := w.step(task) // OSS says that the bucket is not empty
			if providers.ClassOf(err) != providers.Transient {
				t.Fatalf("the first attempt returns %v", err)
			}
			step, err := w.step(task)
			if err != nil || step.Name != "expire-content" || task.Facts.Open["emptying"] == "" {
				t.Fatalf("%s returns %v with %v, want the lifecycle rules", step.Name, err, task.Facts.Open)
			}
			var days int
			for step, err = w.step(task); err != nil; step, err = w.step(task) {
				w.wantKind(err, providers.Invalid)
				if days++; days > 5 {
					t.Fatalf("after %d days the bucket is not empty: %+v", days, w.cloud.Dump())
				}
				w.cloud.Clock().Advance(24 * time.Hour)
			}
			if step.Name != "delete-bucket" || !w.cloud.Empty() {
				t.Errorf("after %d days %s leaves %+v", days, step.Name, w.cloud.Dump())
			}
			w.remove(task)
		})
	}
}

// People may remove the rules at the console.
func TestEmptying_RulesThatDoNothing_AreSetAgain(t *testing.T) {
	w := newFixture(t)
	w.usePublicEndpoint()
	task, owner := w.emptied()
	w.putMany(owner, 1)
	for range 2 {
		_, _ = w.step(task)
	}
	_, err := owner.DeleteBucketLifecycle(t.Context(), &sdk.DeleteBucketLifecycleRequest{Bucket: &owner.bucket})
	w.must(err)
	for _, set := range []struct{ at, next string }{
		{"", "delete-bucket"}, // a record of before
		{time.Now().Add(-6 * 24 * time.Hour).Format(time.RFC3339), "delete-bucket"},
		{time.Now().Add(-8 * 24 * time.Hour).Format(time.RFC3339), "expire-content"},
	} {
		task.Facts.Open["lifecycle_rules_set"] = set.at
		_, err := w.step(task)
		w.wantKind(err, providers.Invalid)
		if step, _ := w.step(task); step.Name != set.next || task.Facts.Open["lifecycle_rules_set"] == "" {
			t.Errorf("rules of %q lead to %s, with %v", set.at, step.Name, task.Facts.Open)
		}
	}
	rules, err := owner.GetBucketLifecycle(t.Context(), &sdk.GetBucketLifecycleRequest{Bucket: &owner.bucket})
	if err != nil || len(rules.LifecycleConfiguration.Rules) != 3 {
		t.Errorf("rules: %+v, %v", rules, err)
	}
}

// An internal endpoint shortens it: the next attempt empties the bucket.
func TestEmptying_InternalEndpointLater_IsUsed(t *testing.T) {
	w := newFixture(t)
	w.usePublicEndpoint()
	task, owner := w.emptied()
	w.putMany(owner, 3)
	for range 3 {
		_, _ = w.step(task)
	}
	w.provider = providertest.NewProvider(t, w.cloud, oss.Descriptor())
	w.remove(task)
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump())
	}
}
