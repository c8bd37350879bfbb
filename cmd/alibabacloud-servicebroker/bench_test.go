package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/pmorie/go-open-service-broker-client/v2"
	lib "github.com/pmorie/osb-broker-lib/pkg/broker"
	libmetrics "github.com/pmorie/osb-broker-lib/pkg/metrics"
	librest "github.com/pmorie/osb-broker-lib/pkg/rest"
	libserver "github.com/pmorie/osb-broker-lib/pkg/server"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed/secretsource"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/kubetest"
)

// BenchmarkRequests measures polls and fetches of instances, which the store
// answers. It runs the whole program, with authentication, log and metrics, on
// 100 records and on 100,000. Both brokers alternate: an iteration is one round of
// each, and the ratios are medians over the rounds: use -benchtime=9x.
//
// The open load sends 2,000 requests per second at a fixed pace. The closed load
// sends on two connections as fast as answers arrive, and compares with the bare
// library on a stub with a prepared answer. The library lacks a route for
// instances, so its fetch is the fetch of a binding.
func BenchmarkRequests(b *testing.B) {
	const few, many = 100, 100_000
	discardLog(b)
	addresses := map[int]string{}
	for _, records := range []int{few, many} {
		dir := b.TempDir()
		fillFile(b, dir, records)
		addresses[records] = runBroker(b, nil, "--data-dir", dir).listen
	}
	bare := bareLibrary(b)
	for _, what := range []struct{ name, path, bare, want string }{
		{"last-operation", lastOperation, lastOperation, `"succeeded"`},
		{"fetch", "", "/service_bindings/b", `"parameters"`},
	} {
		asked := func(records int, path string) func(i int) string {
			return func(i int) string { return getInstance(i*7919%records, path) }
		}
		b.Run(what.name+"/2000-per-second", func(b *testing.B) {
			found := figures{}
			for b.Loop() {
				round := map[int][]time.Duration{}
				for _, records := range []int{few, many} {
					round[records] = openLoad(b, addresses[records], 4000, 2000, asked(records, what.path), what.want)
					found.add(fmt.Sprintf("p50-ms-%d", records), milliseconds(round[records], 0.5))
					found.add(fmt.Sprintf("p99-ms-%d", records), milliseconds(round[records], 0.99))
				}
				found.add("p50-ratio", milliseconds(round[many], 0.5)/milliseconds(round[few], 0.5))
				found.add("p99-ratio", milliseconds(round[many], 0.99)/milliseconds(round[few], 0.99))
			}
			found.report(b)
		})
		b.Run(what.name+"/closed", func(b *testing.B) {
			const n = 4000
			found := figures{}
			for b.Loop() {
				library := closedLoad(b, bare, n, asked(few, what.bare), what.want)
				fewer := closedLoad(b, addresses[few], n, asked(few, what.path), what.want)
				more := closedLoad(b, addresses[many], n, asked(many, what.path), what.want)
				found.add("library-req/s", n/library.time.Seconds())
				found.add("req/s", n/more.time.Seconds())
				found.add("of-library", library.time.Seconds()/more.time.Seconds())
				found.add("of-library-by-work", library.work.Seconds()/more.work.Seconds())
				found.add("us-work/req", more.work.Seconds()/n*1e6)
				found.add("work-ratio", more.work.Seconds()/fewer.work.Seconds())
			}
			found.report(b)
		})
	}
}

// BenchmarkRequestsKubernetes sends 200 requests per second to a broker with
// 10,000 records in Kubernetes. An iteration is 2,000 requests.
func BenchmarkRequestsKubernetes(b *testing.B) {
	const records = 10_000
	discardLog(b)
	var cluster kubetest.Cluster
	server := cluster.Server(b)
	b.Cleanup(server.Stop)
	namespace := server.Namespace(b)
	fillCluster(b, server, namespace, records)
	p := runBroker(b, nil, "--store", "kubernetes", "--kubeconfig", server.Kubeconfig(), "--namespace", namespace)
	for _, what := range []struct{ name, path, want string }{{"last-operation", lastOperation, `"succeeded"`}, {"fetch", "", `"parameters"`}} {
		b.Run(what.name+"/200-per-second", func(b *testing.B) {
			found := figures{}
			for b.Loop() {
				took := openLoad(b, p.listen, 2000, 200, func(i int) string { return getInstance(i*7919%records, what.path) }, what.want)
				found.add("p50-ms", milliseconds(took, 0.5))
				found.add("p99-ms", milliseconds(took, 0.99))
				found.add("max-ms", milliseconds(took, 1))
			}
			found.report(b)
		})
	}
}

// figures are the results of the rounds by unit.
type figures map[string][]float64

func (f figures) add(unit string, value float64) { f[unit] = append(f[unit], value) }

// report reports the medians.
func (f figures) report(b *testing.B) {
	b.Helper()
	for unit, values := range f {
		slices.Sort(values)
		b.ReportMetric(values[len(values)/2], unit)
	}
	b.ReportMetric(0, "ns/op") // it would measure the load
}

// bareLibrary serves osb-broker-lib with a stub.
func bareLibrary(b *testing.B) string {
	b.Helper()
	surface, err := librest.NewAPISurface(stub{}, libmetrics.New())
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(libserver.NewHTTPHandler(surface))
	b.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// A stub returns prepared answers.
type stub struct{ lib.Interface }

func (stub) ValidateBrokerAPIVersion(string) error { return nil }

func (stub) LastOperation(*client.LastOperationRequest, *lib.RequestContext) (*lib.LastOperationResponse, error) {
	description := benchDescription
	return &lib.LastOperationResponse{LastOperationResponse: client.LastOperationResponse{State: client.StateSucceeded, Description: &description}}, nil
}

func (stub) GetBinding(*client.GetBindingRequest, *lib.RequestContext) (*lib.GetBindingResponse, error) {
	return &lib.GetBindingResponse{GetBindingResponse: client.GetBindingResponse{Parameters: map[string]any{"name": benchParameter}}}, nil
}

const (
	lastOperation    = "/last_operation?operation=" + benchOperation
	benchDescription = "The instance is ready."
)

var benchParameter = strings.Repeat("s", 380) //nolint:gochecknoglobals // Go has no constant of this kind

const benchOperation = "0123456789abcdef-1"

func benchID(i int) string { return fmt.Sprintf("6f1c3b6e-0000-4000-8000-%012d", i) }

// fillFile fills the bolt store of a data directory.
func fillFile(b *testing.B, dir string, records int) {
	b.Helper()
	st, _, err := openStore(b.Context(), &config{dataDir: dir}, nil)
	if err != nil {
		b.Fatal(err)
	}
	fillStore(b, st, records)
}

// fillCluster fills a kubernetes store, faster than a broker would.
func fillCluster(b *testing.B, server *kubetest.Server, namespace string, count int) {
	b.Helper()
	records, err := kubernetes.Open(b.Context(), kubernetes.Options{Config: server.Config(), Namespace: namespace, QPS: 10_000, Burst: 10_000})
	if err != nil {
		b.Fatal(err)
	}
	source, err := secretsource.New(server.Config(), namespace, kubernetes.DefaultName)
	if err != nil {
		b.Fatal(err)
	}
	keys, err := sealed.Ensure(b.Context(), source, records, nil)
	if err != nil {
		b.Fatal(err)
	}
	fillStore(b, sealed.New(records, keys), count)
}

// fillStore stores settled instances of a realistic size, 100 at once, and closes
// the store.
func fillStore(b *testing.B, st store.Store, records int) {
	b.Helper()
	now := time.Now()
	op := store.Operation{
		ID: benchOperation, Kind: store.Provision, State: store.Succeeded, Started: now, Finished: now, Description: benchDescription,
	}
	change := func(r *store.Record) error {
		secret := store.Seal([]byte(`{"name":"` + benchParameter + `"}`))
		r.Incarnation, r.Created, r.Sequence, r.Provider, r.ServiceID = "0123456789abcdef", now, 1, "rds", "service"
		r.Goal, r.Settled, r.Usable, r.Secrets = store.Present, true, true, secret
		r.Want = &store.Spec{PlanID: "plan", Plan: json.RawMessage(`{"storage":20}`), Parameters: secret, Prepared: secret}
		r.Have = r.Want
		r.Facts = map[string]string{"id": "rm-1", "host": "rm-1.mysql.rds.aliyuncs.com", "port": "3306"}
		r.Operation, r.Results = &op, []store.Operation{op}
		r.History = store.NewHistory(slices.Repeat([]store.Event{{Time: now, Op: store.Provision, Step: "create", Outcome: "done"}}, 10)...)
		return nil
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range 100 {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(records); i = next.Add(1) - 1 {
				if _, err := st.Update(b.Context(), store.Key{InstanceID: benchID(int(i))}, change); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	if err := st.Close(); err != nil {
		b.Fatal(err)
	}
}

// discardLog sends the log to the null device, which keeps the work of formatting
// it in the figures.
func discardLog(b *testing.B) {
	b.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = null
	b.Cleanup(func() {
		os.Stderr = stderr
		_ = null.Close()
	})
}
