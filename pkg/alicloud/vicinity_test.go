package alicloud

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func vicinity(t *testing.T, word string, metadata *Metadata) *Vicinity {
	t.Helper()
	v, err := NewVicinity(word, metadata)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVicinity_Words_ChooseTheRegions(t *testing.T) {
	answering := newFront(t, reply(403, "")).endpoint(t)
	machine := NewMetadata(metadataFront(t, map[string]string{"region-id": "cn-hangzhou"}).endpoint(t))
	for word, want := range map[string][]string{ // regions of buckets; the clients name cn-beijing
		"auto": {"cn-hangzhou"}, "public": nil, "internal": {"cn-beijing"}, "cn-shanghai, us-west-1": {"cn-shanghai", "us-west-1"},
	} {
		v := vicinity(t, word, machine)
		var got []string
		for _, region := range []string{"cn-beijing", "cn-hangzhou", "cn-shanghai", "us-west-1"} {
			if v.Reaches(t.Context(), Place{Region: region, Home: "cn-beijing", Internal: answering}) {
				got = append(got, region)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: internal endpoints of %v are called, want %v", word, got, want)
		}
	}
	for _, word := range []string{"", "none", "cn-hangzhou,", "https://oss.example"} {
		if _, err := NewVicinity(word, machine); err == nil {
			t.Errorf("%q is accepted", word)
		}
	}
	if (*Vicinity)(nil).Reaches(t.Context(), Place{Region: "cn-beijing", Home: "cn-beijing", Internal: answering}) {
		t.Error("no vicinity reaches a region")
	}
}

// A machine may be in the region, and a network policy keeps it from the internal
// endpoint; or nothing tells where it is.
func TestVicinity_NoAnswer_MeansPublic(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	silent, err := url.Parse(closed.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := metadataFront(t, map[string]string{"region-id": "cn-hangzhou"})
	var told []string
	v := vicinity(t, VicinityAuto, NewMetadata(front.endpoint(t))).Report(func(endpoint *url.URL, err error) { told = append(told, fmt.Sprint(endpoint, err == nil)) })
	here := Place{Region: "cn-hangzhou", Home: "cn-hangzhou", Internal: silent}
	if v.Reaches(t.Context(), here) {
		t.Error("an endpoint that does not answer is called")
	}
	before := len(front.seen())
	v.Reaches(t.Context(), here)
	if again := len(front.seen()) - before; again > 0 {
		t.Errorf("the machine was asked %d more times", again)
	}
	if want := []string{fmt.Sprint(silent, false)}; fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("operators are told %v, want %v", told, want)
	}
	here.Internal = newFront(t, reply(403, "")).endpoint(t)
	for name, metadata := range map[string]*Metadata{"None": nil, "Silent": NewMetadata(silent)} {
		if vicinity(t, VicinityAuto, metadata).Reaches(t.Context(), here) {
			t.Errorf("%s: a machine of an unknown region calls the internal endpoint", name)
		}
	}
}

// An internal endpoint without a connection is the operator's to solve; a public one
// comes back by itself.
func TestClassify_InternalWithoutRoute_IsUnreachable(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	c := clientsOf(t, newFront(t, reply(200, "")), testKey())
	for _, endpoint := range []string{closed.URL, "http://oss-cn-hangzhou-internal.invalid"} {
		for _, isInternal := range []bool{true, false} {
			err := c.Call(t.Context(), Op{Product: "oss", Action: "GetBucketInfo", Internal: isInternal}, func(Key) error {
				client := oss.NewClient(oss.NewConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).WithUsePathStyle(true).
					WithCredentialsProvider(credentials.NewStaticCredentialsProvider("id", "secret")).
					WithHttpClient(c.HTTP(Read)).WithRetryMaxAttempts(1))
				_, err := client.GetBucketInfo(t.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr("bucket")})
				return err
			})
			want := providers.Transient
			if isInternal {
				want = providers.Operator
			}
			if errors.Is(err, providers.ErrUnreachable) != isInternal || providers.ClassOf(err) != want {
				t.Errorf("%s, internal %t: %v", endpoint, isInternal, err)
			}
		}
	}
}

func TestMetadata_Proxy_IsNeverUsed(t *testing.T) {
	transport, ok := NewMetadata(nil).client.Transport.(strictTransport)
	if !ok {
		t.Fatal("another transport")
	}
	if plain, ok := transport.next.(*http.Transport); !ok || plain.Proxy != nil {
		t.Error("metadata go through a proxy")
	}
}
