package main

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestAccounts_FileAndEnvironment_AllAreValid(t *testing.T) {
	c := &config{usersFile: "users", tokensFile: "tokens", users: []api.User{{Name: "env", Password: "three"}}}
	users, tokens, err := c.accounts([][]byte{[]byte("# rotated\nold:one\r\nnew:two:with:colons\n\nold:other"), []byte("token\nnext\n")})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, u := range users {
		got[u.Name] = append(got[u.Name], u.Password)
	}
	if len(users) != 4 || len(got["old"]) != 2 || got["old"][0] != "one" || got["new"][0] != "two:with:colons" || got["env"][0] != "three" {
		t.Errorf("%d users, want four with their passwords", len(users))
	}
	if len(tokens) != 2 || string(tokens[0]) != "token" || string(tokens[1]) != "next" {
		t.Errorf("%d tokens, want both", len(tokens))
	}
}

func TestAccounts_DamagedFile_RefusedWithoutItsText(t *testing.T) {
	for name, tc := range map[string]struct{ users, tokens string }{
		"no password":    {"secret-name\n", "token"},
		"empty password": {"secret-name:\n", "token"},
		"empty name":     {":secret\n", "token"},
		"no users":       {"# none\n", "token"},
		"no tokens":      {"u:p", "\n"},
	} {
		c := &config{usersFile: "users", tokensFile: "tokens"}
		_, _, err := c.accounts([][]byte{[]byte(tc.users), []byte(tc.tokens)})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want one that does not show the line", name, err)
		}
	}
}

func TestTokenReview_OutsideOfACluster_IsRefused(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	if reviewer, err := (&config{tokenReview: true, reviewUsers: commaList{"u"}}).reviewer(); err == nil || reviewer != nil {
		t.Error("there is a reviewer, and no API server")
	}
}

func TestTokenReview_APIServer_AskedWithTheBrokersToken(t *testing.T) {
	osbtest.Proves(t, "AUTH-03")
	cluster := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer the broker's" || !strings.Contains(string(body), `"audiences":["osb","broker"]`) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"status":{"authenticated":true,"audiences":["osb"],"user":{"username":"controller"}}}`)
	}))
	t.Cleanup(cluster.Close)
	c, err := readConfig([]string{
		"--broker-id", "b", "--token-review", "--token-review-audience", "osb,broker", "--token-review-users", "admin, controller",
	}, env())
	if err != nil {
		t.Fatal(err)
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cluster.Certificate().Raw})
	reviewer, err := c.reviewerAt(&rest.Config{
		Host: cluster.URL, BearerTokenFile: file(t, "the broker's"), TLSClientConfig: rest.TLSClientConfig{CAData: authority},
	})
	if err != nil {
		t.Fatal(err)
	}
	if allowed, err := reviewer.Allows(t.Context(), "token", "192.0.2.1"); !allowed || err != nil {
		t.Errorf("allowed %t, %v", allowed, err)
	}
}
