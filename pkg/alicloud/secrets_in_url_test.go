package alicloud

import (
	"io"
	"net/http"
	"net/url"
	"testing"
)

// Every product's passwords leave the URL, also of products that this package
// has never heard of.
func TestSecretsToBody_AnyPassword_LeavesTheURL(t *testing.T) {
	for _, name := range []string{"SecurityToken", "AccountPassword", "Password", "NewPassword"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://r-kvstore.aliyuncs.com/?Action=A&"+name+"=s%2B1", nil)
		if err != nil {
			t.Fatal(err)
		}
		out, err := secretsToBody(req)
		if err != nil {
			t.Fatal(err)
		}
		if out.URL.RawQuery != "Action=A" {
			t.Errorf("%s: the query is %q, want Action=A", name, out.URL.RawQuery)
			continue
		}
		body, err := io.ReadAll(out.Body)
		if err != nil {
			t.Fatal(err)
		}
		if form, err := url.ParseQuery(string(body)); err != nil || form.Get(name) != "s+1" {
			t.Errorf("%s: the form is %q, %v", name, body, err)
		}
	}
}
