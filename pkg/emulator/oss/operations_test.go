package oss_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"go.yaml.in/yaml/v3"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

// A model is an operation of the official SDK, in testdata/models/oss.json.
type model struct {
	Method, Level              string
	Fixed, Query, Header, Body []string
	AnswerHeader, AnswerBody   []string
}

func models(t *testing.T) map[string]model {
	t.Helper()
	text, err := os.ReadFile("../testdata/models/oss.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]model
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestOperations_MembersOfModels_AreClassified(t *testing.T) {
	common, table := oss.Entries()
	all := models(t)
	for name, e := range table {
		m, known := all[name]
		if !known {
			if !slices.Contains([]string{"DeleteBucketTransferAcceleration", "HeadBucket", "ListLiveChannel"}, name) { // of SDK v1 for Go, and of Java
				t.Errorf("%s is no operation of the models", name)
			}
			continue
		}
		if e.Method != m.Method || e.Level != m.Level {
			t.Errorf("%s is %s, want %s %s", name, e.Request, m.Method, m.Level)
		}
		sent := slices.Concat(m.Query, m.Header)
		for _, fixed := range m.Fixed {
			fixed, _, _ = strings.Cut(fixed, "=")
			sent = append(sent, fixed)
		}
		for _, member := range sent {
			selects := slices.ContainsFunc(e.Own, func(s string) bool { s, _, _ = strings.Cut(s, "="); return s == member })
			if !selects && !e.Has(member) && !common.Has(member) {
				t.Errorf("%s: %s of the models is neither implemented nor checked, a default or refused", name, member)
			}
		}
		for _, member := range slices.Concat(e.Implements, e.Checks, e.Refuses, slices.Collect(maps.Keys(e.Defaults))) {
			if !slices.Contains(sent, member) && !slices.Contains(besidesModels(), member) {
				t.Errorf("%s: %s of the table is in no model", name, member)
			}
		}
	}
}

// besidesModels are members that the API reference or other clients have, which the
// models of the SDK lack.
func besidesModels() []string {
	return []string{
		"Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Range", "x-oss-copy-source", "regionList", "sequential", "x-oss-hns-status", "x-oss-object-acl",
		"x-oss-object-worm-mode", "x-oss-object-worm-retain-until-date",
		"x-oss-server-side-data-encryption", "x-oss-server-side-encryption", "x-oss-server-side-encryption-key-id",
		"versionId", "x-oss-range-behavior", "x-oss-tagging", "x-oss-traffic-limit", "response-cache-control", "response-content-disposition", "response-content-encoding",
		"response-content-language", "response-content-type", "response-expires",
	}
}

// invoke sends any request, signed by the SDK.
func invoke(t *testing.T, c *sdk.Client, method, level string, query, header map[string]string, body string) error {
	t.Helper()
	input := &sdk.OperationInput{OpName: "Any", Method: method, Parameters: query, Headers: header}
	if body != "" {
		input.Body = strings.NewReader(body)
	}
	if level != "service" {
		input.Bucket = new("bucket-a")
	}
	if level == "object" {
		input.Key = new("k")
	}
	output, err := c.InvokeOperation(t.Context(), input)
	if err == nil && output.Body != nil {
		_ = output.Body.Close()
	}
	return err
}

// state returns the saved state, to compare before and after.
func (e *environment) state(t *testing.T) string {
	t.Helper()
	saved, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return string(saved)
}

// wantNothing requires 501 and the state of before.
func (e *environment) wantNothing(t *testing.T, err error, what, before string) {
	t.Helper()
	var answer *sdk.ServiceError
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusNotImplemented {
		t.Errorf("%s: %v, want 501", what, err)
	}
	if e.state(t) != before {
		t.Errorf("%s: the state has changed", what)
	}
}

func filled(t *testing.T) (*environment, *sdk.Client) {
	t.Helper()
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "k", "v")
	return e, c
}

// pairs reads "name=value" and "name".
func pairs(list []string) map[string]string {
	m := make(map[string]string)
	for _, pair := range list {
		name, value, _ := strings.Cut(pair, "=")
		m[name] = value
	}
	return m
}

func TestOperations_NotImplemented_RefusedAndWithoutEffect(t *testing.T) {
	_, table := oss.Entries()
	e, c := filled(t)
	before := e.state(t)
	for name, m := range models(t) {
		if _, implemented := table[name]; implemented || len(m.Fixed)+len(m.Query) == 0 {
			continue // SelectObject and CreateSelectObjectMeta send x-oss-process, below
		}
		query := pairs(m.Fixed)
		for _, member := range m.Query {
			if _, fixed := query[member]; !fixed {
				query[member] = "x"
			}
		}
		header := map[string]string{}
		for _, member := range m.Header {
			if strings.HasPrefix(member, "x-oss-") {
				header[member] = "x"
			}
		}
		e.wantNothing(t, invoke(t, c, m.Method, m.Level, query, header, ""), name, before)
		if !strings.Contains(name, "AccessPointPublicAccessBlock") { // without its member it is the bucket's
			e.wantNothing(t, invoke(t, c, m.Method, m.Level, pairs(m.Fixed), nil, "<X/>"), name+" without members", before)
		}
	}
	for _, process := range []string{"csv/select", "csv/meta", "image/resize"} {
		for _, method := range []string{"GET", "POST", "PUT"} {
			e.wantNothing(t, invoke(t, c, method, "object", map[string]string{"x-oss-process": process}, nil, ""), method+" with x-oss-process", before)
		}
	}
}

func TestOperations_RefusedMembers_WithoutEffect(t *testing.T) {
	common, table := oss.Entries()
	e, c := filled(t)
	before := e.state(t)
	for name, entry := range table {
		method, level := entry.Method, entry.Level
		send := func(what, member, value string) {
			t.Helper()
			query, header := pairs(entry.Own), map[string]string{}
			if strings.HasPrefix(name, "Copy") || name == "UploadPartCopy" {
				header["x-oss-copy-source"] = "/bucket-a/k"
			}
			if strings.HasPrefix(member, "x-oss-") && what != "query" {
				header[member] = value
			} else {
				query[member] = value
			}
			e.wantNothing(t, invoke(t, c, method, level, query, header, ""), name+" with the "+what+" "+member, before)
		}
		for _, member := range entry.Refuses {
			what := "header"
			if slices.Contains(models(t)[name].Query, member) {
				what = "query"
			}
			send(what, member, "x")
		}
		for member := range entry.Defaults {
			send("other value of", member, "another-value")
		}
		for member := range common.Defaults {
			send("other value of", member, "another-value")
		}
		send("query", "overwriteConfig", "")
		send("query", "aNewSubresource", "")
		send("header", "x-oss-a-new-feature", "x")
		if level == "service" || method != http.MethodGet && method != http.MethodHead { // A200
			send("query", "aNewMember", "x")
		}
	}
}

func TestOperations_KnownSubresources_RefusedWhereUnknown(t *testing.T) {
	var names struct{ Signed, Unlisted []string }
	text, err := os.ReadFile("subresources.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &names)
	}
	if err != nil {
		t.Fatal(err)
	}
	common, table := oss.Entries()
	e, c := filled(t)
	before := e.state(t)
	for _, name := range slices.Concat(names.Signed, names.Unlisted) {
		for _, method := range []string{"GET", "PUT", "POST", "DELETE", "HEAD"} {
			for _, level := range []string{"service", "bucket", "object"} {
				known := common.Has(name)
				for _, entry := range table {
					known = known || entry.Method == method && entry.Level == level &&
						(slices.Contains(entry.Own, name) || len(entry.Own) == 0 && entry.Has(name))
				}
				if !known {
					e.wantNothing(t, invoke(t, c, method, level, map[string]string{name: ""}, nil, ""), method+" "+level+" ?"+name, before)
				}
			}
		}
	}
}

func TestOperations_UnknownElement_RefusedAndWithoutEffect(t *testing.T) {
	_, table := oss.Entries()
	e, c := filled(t)
	before := e.state(t)
	tested := 0
	for name, entry := range table {
		if len(entry.Body) == 0 {
			continue
		}
		tested++
		err := invoke(t, c, entry.Method, entry.Level, pairs(entry.Own), nil, "<Any><ANewElement>x</ANewElement></Any>")
		e.wantNothing(t, err, name+" with an unknown element", before)
	}
	if tested == 0 {
		t.Error("no operation has a body")
	}
}

func TestOperations_BodiesOfModels_AreClassified(t *testing.T) {
	_, table := oss.Entries()
	for name, m := range models(t) {
		entry, implemented := table[name]
		if implemented && len(m.Body) > 0 && len(entry.Body) == 0 {
			t.Errorf("%s takes every element of a body: the models have %v", name, m.Body)
		}
	}
}

func TestReadOfObject_UnknownMemberWithValue_Ignored(t *testing.T) {
	_, c := filled(t)
	for _, method := range []string{"GET", "HEAD"} {
		if err := invoke(t, c, method, "object", map[string]string{"v": "1", "utm_source": "x"}, nil, ""); err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
}
