package oss_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

// Answers note the members that the answers of each operation had: names of
// headers, and paths of elements below the root.
type answers struct {
	*environment

	seen map[string]map[string]bool // by operation
}

// RoundTrip implements http.RoundTripper: it notes what an answer holds.
func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.Body.Close() != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	calls := a.journal.Calls("")
	operation := strings.TrimPrefix(calls[len(calls)-1].Action, "oss:")
	if a.seen[operation] == nil {
		a.seen[operation] = make(map[string]bool)
	}
	for name := range answer.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-oss-meta-") {
			name = "x-oss-meta-*"
		}
		a.seen[operation][name] = true
	}
	for _, path := range elements(body) {
		a.seen[operation][path] = true
	}
	return answer, nil
}

// elements lists the paths of the elements below the root, with dots.
func elements(body []byte) []string {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var path, all []string
	for {
		token, err := decoder.Token()
		if err != nil {
			return all
		}
		switch token := token.(type) {
		case xml.StartElement:
			path = append(path, token.Name.Local)
			all = append(all, strings.Join(path[1:], "."))
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

// do sends a call that must succeed, on bucket-a unless it names another.
func (a *answers) do(t *testing.T, c *sdk.Client, method, key, query, body string, header ...string) http.Header {
	t.Helper()
	given := call{method: method, bucket: "bucket-a", key: key, body: body, query: map[string]string{}, header: map[string]string{}}
	for member := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(member, "="); name != "" {
			given.query[name] = value
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		given.header[header[i]] = header[i+1]
	}
	h, text, err := send(t, c, given)
	if err != nil {
		t.Fatalf("%s %s ?%s: %v", method, key, query, err)
	}
	if method == http.MethodGet || method == http.MethodHead {
		a.sameAfterRestore(t, c, given, h, text)
	}
	return h
}

// sameAfterRestore loads the saved state and repeats a read.
func (a *answers) sameAfterRestore(t *testing.T, c *sdk.Client, given call, h http.Header, text string) {
	t.Helper()
	if err := a.Restore(json.RawMessage(a.state(t))); err != nil {
		t.Fatal(err)
	}
	again, textAgain, err := send(t, c, given)
	if err != nil {
		t.Fatalf("%+v after a restart: %v", given, err)
	}
	for _, changes := range []string{"Date", "X-Oss-Request-Id", "X-Oss-Server-Time"} {
		h.Del(changes)
		again.Del(changes)
	}
	if diff := cmp.Diff(h, again) + cmp.Diff(text, textAgain); diff != "" {
		t.Errorf("%+v, and after a restart (+):\n%s", given, diff)
	}
}

// TestAnswers_MembersOfModels_AreThere calls every operation in the cases in which
// the cloud sends its members, and compares with the official SDK's models.
func TestAnswers_MembersOfModels_AreThere(t *testing.T) {
	a := &answers{newEnvironment(t), make(map[string]map[string]bool)}
	a.clock.Freeze() // repeated answers have the same times
	c := a.client(keyID, secret, sdk.SignatureVersionV4, func(config *sdk.Config) { config.WithHttpClient(&http.Client{Transport: a}) })
	a.optionsOfBuckets(t, c)
	a.objects(t, c)
	a.uploads(t, c)
	a.lists(t, c)
	a.moved(t, c)
	a.retentions(t, c)
	a.transitions(t, c)
	_, table := oss.Entries()
	answered, leftOut := 0, 0
	for name, m := range models(t) {
		entry, implemented := table[name]
		if !implemented {
			continue
		}
		var members []string
		for _, header := range m.AnswerHeader {
			members = append(members, strings.ToLower(header))
		}
		for _, member := range append(members, m.AnswerBody...) {
			reason, listed := "", false
			for left, why := range entry.Unanswered {
				if strings.EqualFold(left, member) || strings.HasPrefix(member, left+".") {
					reason, listed = why, true
				}
			}
			there := a.seen[name][member]
			switch {
			case listed && there:
				t.Errorf("%s answers %s, which its entry leaves out", name, member)
			case listed && reason == "":
				t.Errorf("%s leaves out %s without a reason", name, member)
			case !listed && !there:
				t.Errorf("%s: %s is in no answer and has no reason in the table", name, member)
			case there:
				answered++
			default:
				leftOut++
			}
		}
		for left := range entry.Unanswered {
			if !slices.ContainsFunc(slices.Concat(m.AnswerHeader, m.AnswerBody), func(member string) bool {
				return member == left || strings.HasPrefix(member, left+".")
			}) {
				t.Errorf("%s leaves out %s, which is in no model", name, left)
			}
		}
	}
	t.Logf("%d members are answered, %d are left out with a reason", answered, leftOut)
	if t.Failed() {
		t.Log("operations that were called:", slices.Sorted(maps.Keys(a.seen)))
	}
}
