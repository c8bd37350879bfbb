package secretsource_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed/secretsource"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/kubetest"
)

var cluster kubetest.Cluster //nolint:gochecknoglobals // what TestMain runs is what tests ask

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// newSource returns the source of a store in a namespace.
func newSource(t *testing.T, config *rest.Config, namespace string) sealed.Source {
	t.Helper()
	source, err := secretsource.New(config, namespace, "broker")
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// call sends a request to the API server, which must succeed.
func call(t *testing.T, method, path string, send, into any) {
	t.Helper()
	config := cluster.Server(t).Config()
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if send != nil {
		if err := json.NewEncoder(&body).Encode(send); err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), method, config.Host+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s %s %v", method, path, response.Status, answer, err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatal(err)
		}
	}
}

func secrets(namespace string) string { return "/api/v1/namespaces/" + namespace + "/secrets" }

func TestSource_Secret_HasNoOwner(t *testing.T) {
	server := cluster.Server(t)
	namespace := server.Namespace(t)
	source := newSource(t, server.Config(), namespace)
	if _, _, err := source.Read(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of nothing = %v, want ErrNotExist", err)
	}
	if err := source.Replace(t.Context(), []byte("x"), "1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Replace of nothing = %v, want ErrNotExist", err)
	}
	if err := source.Create(t.Context(), []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := source.Create(t.Context(), []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create again = %v, want ErrExist", err)
	}
	var object corev1.Secret
	call(t, http.MethodGet, secrets(namespace)+"/broker-keyset", nil, &object)
	if object.Type != "alibabacloud-servicebroker/keyset" || len(object.OwnerReferences) != 0 ||
		object.Labels["alibabacloud-servicebroker/keyset"] != "broker" || len(object.Annotations) == 0 {
		t.Errorf("the Secret is of type %q, with owners %v, labels %v, annotations %v", object.Type, object.OwnerReferences, object.Labels, object.Annotations)
	}
	keyset, version, err := source.Read(t.Context())
	if string(keyset) != "first" || err != nil {
		t.Fatalf("Read = %q, %v, want first", keyset, err)
	}

	// Additions of people to the Secret stay.
	object.Labels["mine"] = "mine"
	call(t, http.MethodPut, secrets(namespace)+"/broker-keyset", &object, nil)
	if err := source.Replace(t.Context(), []byte("third"), version); !errors.Is(err, sealed.ErrChanged) {
		t.Errorf("Replace of what is there no more = %v, want ErrChanged", err)
	}
	_, version, err = source.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Replace(t.Context(), []byte("third"), version); err != nil {
		t.Fatal(err)
	}
	call(t, http.MethodGet, secrets(namespace)+"/broker-keyset", nil, &object)
	if string(object.Data["keyset.json"]) != "third" || object.Labels["mine"] != "mine" {
		t.Errorf("the Secret holds %q with labels %v", object.Data, object.Labels)
	}
}

func TestSource_ForeignSecret_IsRefused(t *testing.T) {
	server := cluster.Server(t)
	namespace := server.Namespace(t)
	source := newSource(t, server.Config(), namespace)
	call(t, http.MethodPost, secrets(namespace), &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Name: "broker-keyset"}, Data: map[string][]byte{"keyset.json": []byte("{}")},
	}, nil)
	if _, _, err := source.Read(t.Context()); !errors.Is(err, store.ErrForeign) {
		t.Errorf("Read = %v, want ErrForeign", err)
	}
	if err := source.Create(t.Context(), []byte("x")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create = %v, want ErrExist", err)
	}
}

func TestSource_ImmutableSecret_IsReadOnly(t *testing.T) {
	server := cluster.Server(t)
	namespace := server.Namespace(t)
	source := newSource(t, server.Config(), namespace)
	if err := sealed.Create(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	var object corev1.Secret
	call(t, http.MethodGet, secrets(namespace)+"/broker-keyset", nil, &object)
	object.Immutable = new(true)
	call(t, http.MethodPut, secrets(namespace)+"/broker-keyset", &object, nil)
	keys, err := sealed.Open(t.Context(), source, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Add(t.Context()); !errors.Is(err, sealed.ErrReadOnly) {
		t.Errorf("Add = %v, want ErrReadOnly", err)
	}
}

func TestSource_ReplicasStartTogether_ShareOneKeyset(t *testing.T) {
	server := cluster.Server(t)
	namespace := server.Namespace(t)
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		primary = map[uint32]bool{}
	)
	for range 6 {
		wg.Go(func() {
			st, err := kubernetes.Open(t.Context(), kubernetes.Options{Config: server.Config(), Namespace: namespace, Name: "broker"})
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = st.Close() }()
			keys, err := sealed.Ensure(t.Context(), newSource(t, server.Config(), namespace), st, nil)
			if err != nil {
				t.Error(err)
				return
			}
			// The first ones write at once, so that the last finds a used
			// store.
			k := store.Key{InstanceID: "i"}
			if _, err := sealed.New(st, keys).Update(t.Context(), k, func(r *store.Record) error {
				_, err := r.Secrets.Open()
				r.Secrets = store.Seal([]byte("secret"))
				return err
			}); err != nil {
				t.Error(err)
			}
			all, err := keys.List(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, key := range all {
				primary[key.ID] = key.Primary
			}
		})
	}
	wg.Wait()
	if len(primary) != 1 {
		t.Errorf("%d keys were made, want one", len(primary))
	}
}

func TestSource_LostAnswer_IsASuccess(t *testing.T) {
	server := cluster.Server(t)
	namespace := server.Namespace(t)
	config := server.Config()
	losing := &lossy{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { losing.next = next; return losing })
	source := newSource(t, config, namespace)
	if err := sealed.Create(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	keys, err := sealed.Open(t.Context(), source, &sealed.Options{SingleProcess: true})
	if err != nil {
		t.Fatal(err)
	}
	losing.lose(http.MethodPut)
	key, err := keys.Add(t.Context())
	if err != nil {
		t.Fatalf("Add, its answer lost: %v", err)
	}
	all, err := keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[1].ID != key.ID {
		t.Errorf("the keys are %s, want two, key %d the last", cmp.Diff(nil, all), key.ID)
	}
}

// lossy loses the answer to the next request of a method.
type lossy struct {
	next   http.RoundTripper
	mu     sync.Mutex
	method string
}

func (l *lossy) lose(method string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.method = method
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && r.Method == l.method {
		l.method = ""
		_ = answer.Body.Close()
		return nil, context.DeadlineExceeded
	}
	return answer, err
}
