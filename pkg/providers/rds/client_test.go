package rds

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
)

// clientOf returns a client of a cloud that answers as handler does.
func clientOf(t *testing.T, handler http.HandlerFunc) client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	clients, err := alicloud.New(alicloud.Config{
		Region: "cn-hangzhou", Credentials: alicloud.Static(alicloud.Key{ID: "id", Secret: "secret"}), Endpoints: alicloud.EndpointsAt(u, product()),
	}, product())
	if err != nil {
		t.Fatal(err)
	}
	return client{clients: clients, region: "cn-hangzhou"}
}

// The search is for substrings: one that others share may take many pages.
func TestFindByDescription_ManyPages_FindsExactText(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		items := map[string]string{
			"1": strings.Repeat(`{"DBInstanceId":"rm-x","DBInstanceDescription":"osb-a-longer"},`, 99) + `{"DBInstanceId":"rm-y"}`,
			"2": `{"DBInstanceId":"rm-1","DBInstanceDescription":"osb-a"}`,
		}[r.FormValue("PageNumber")]
		fmt.Fprintf(w, `{"RequestId":"1","TotalRecordCount":101,"Items":{"DBInstance":[%s]}}`, items)
	})
	ids, err := c.findByDescription(t.Context(), "osb-a")
	if err != nil || !slices.Equal(ids, []string{"rm-1"}) {
		t.Errorf("found %q, %v", ids, err)
	}
}

// A page that is empty ends a list, whatever the total says.
func TestList_ShrinkingTotal_Ends(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"RequestId":"1","TotalRecordCount":500,"Items":{"DBInstance":[]}}`)
	})
	if ids, err := c.findByDescription(t.Context(), "osb-a"); err != nil || len(ids) > 0 {
		t.Errorf("found %q, %v", ids, err)
	}
}

// The first broker crashed on this answer.
func TestGet_AnswerWithoutItems_IsNoInstance(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"RequestId":"1","Items":{"DBInstanceAttribute":[]}}`)
	})
	if i, err := c.get(t.Context(), "rm-1"); i != nil || err != nil {
		t.Errorf("got %+v, %v", i, err)
	}
}
