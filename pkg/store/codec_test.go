package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

var update = flag.Bool("update", false, "write the golden files anew") //nolint:gochecknoglobals // a flag of the test program

// goldens are the golden files and their records. A file stays as it is: new
// members of records get a file of their own.
func goldens() map[string]store.Record {
	unexplained := golden()
	unexplained.Locked, unexplained.Ends = nil, false
	bodies := golden()
	bodies.Locked, bodies.Ends = nil, false
	for _, op := range []*store.Operation{bodies.Operation, &bodies.Results[0], &bodies.Earlier[0].Results[0]} {
		op.Unexplained = nil
	}
	first := bodies
	want, have := *bodies.Want, *bodies.Have
	want.Bodies, have.Bodies = nil, nil
	first.Profile, first.Bodies, first.Want, first.Have = "", nil, &want, &have
	records := map[string]store.Record{
		"record-schema1.json": first, "record-schema1-bodies.json": bodies, "record-schema1-unexplained.json": unexplained,
	}
	for file, r := range records {
		if strings.HasPrefix(file, "record-schema1") {
			r.Schema = 1
			records[file] = r
		}
	}
	return records
}

// golden is a record with every member.
func golden() store.Record {
	at := func(day int) time.Time { return time.Date(2024, 2, day, 23, 59, 59, 123456789, time.UTC) }
	box := func(text string) store.Sealed { return store.Boxed([]byte(text), nil) }
	unknown := func(text string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"later": json.RawMessage(text)}
	}
	op := store.Operation{
		ID: "2b7e-1", Kind: store.Provision, State: store.Running, Step: "create", Attempt: 2, NextTry: at(1),
		Started: at(2), Deadline: at(3), Finished: at(4), Description: "The database is being made.",
		Cause: "throttled", CauseKind: "transient", Unexplained: map[string]time.Time{"create": at(24)}, Unknown: unknown(`1`),
	}
	return store.Record{
		Key:    store.Key{InstanceID: "instance/1", BindingID: "binding 1"},
		Schema: store.SchemaVersion, Incarnation: "2b7e151628aed2a6abf7158809cf4f3c", Created: at(5), Sequence: 6, Retries: 22,
		Provider: "rds", ServiceID: "service", Offering: "offering", Organization: "org", Space: "space",
		Context:     json.RawMessage(`{"platform":"kubernetes","namespace":"<n>"}`),
		Predecessor: "binding 0", Expires: at(19), Ends: true, Renew: at(20),
		Account: "1234567890", Region: "cn-hangzhou", Profile: "profile",
		Want: &store.Spec{
			PlanID: "plan", PlanName: "small", Plan: json.RawMessage(`{"storage":20}`), Parameters: box("want parameters"),
			AppGUID: "app", Prepared: box("want prepared"), Bodies: map[string]string{"template": store.BodyDigest([]byte("body"))}, Unknown: unknown(`"spec"`),
		},
		Have: &store.Spec{
			PlanID: "old", PlanName: "tiny", Plan: json.RawMessage(`{"storage":10}`), Parameters: box("have parameters"),
			AppGUID: "app", Prepared: box("have prepared"), Bodies: map[string]string{"template": store.BodyDigest([]byte("body"))}, Unknown: unknown(`null`),
		},
		Goal: store.Present, Settled: true, Usable: true, Deleted: at(7),
		Facts: map[string]string{"id": "rm-1"}, Secrets: box("secrets"), Credentials: box("credentials"),
		Epoch:  8,
		Call:   &store.Call{Step: "create", Epoch: 9, Until: at(10), Seen: at(11), SeenBy: 12, Timeout: 13, Unknown: unknown(`[]`)},
		Frozen: map[string]store.Sealed{"create": box("frozen")}, Bodies: map[string]store.Sealed{store.BodyDigest([]byte("body")): box("body key")}, Refused: []string{"create"},
		Unsettled: map[string]time.Time{"create": at(14)}, MissingSince: at(15), Unseen: at(21), Repeated: at(23), PriorPlanID: "older", Parent: "ff01",
		Locked:    []store.LockedAccount{{Name: "shop_app", Mark: "osb-mark", Binding: "binding 0", Locked: at(25), Holder: "ff02", Removed: at(26), Unknown: unknown(`2`)}},
		Operation: &op, Results: []store.Operation{op},
		History: store.NewHistory(store.Event{Time: at(16), Op: store.Bind, Step: "grant", Outcome: "failed", Kind: "transient", Attempt: 17, Unknown: unknown(`"event"`)}),
		Earlier: []store.Life{{Incarnation: "00", Deleted: at(18), Results: []store.Operation{op}, Unknown: unknown(`{}`)}},
		Unknown: unknown(`{"a":[1.50,"<&>"]}`),
	}
}

// boxes compares secrets by their boxes. The record's own box has tests of its own.
func boxes() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b store.Sealed) bool { return bytes.Equal(a.Box(), b.Box()) }),
		cmpopts.IgnoreTypes(store.Authentication{}),
	}
}

func TestGoldenFiles_Schema1_AreReadAndKeepTheirMembers(t *testing.T) {
	for file, want := range goldens() {
		t.Run(file, func(t *testing.T) { checkGolden(t, filepath.Join("testdata", file), want) })
	}
}

func checkGolden(t *testing.T, file string, want store.Record) {
	encoded, err := store.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); *update && errors.Is(err, fs.ErrNotExist) {
		var indented bytes.Buffer
		if err := json.Indent(&indented, encoded, "", "  "); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(indented.Bytes(), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := store.Decode(stored)
	if err != nil {
		t.Fatal(err)
	}
	if decoded.Schema != want.Schema || decoded.Authentication.Box() != nil {
		t.Errorf("read with schema %d and box %q, want schema %d without a box", decoded.Schema, decoded.Authentication.Box(), want.Schema)
	}
	// Raw JSON is indented in the file; encoding it again takes that away.
	again, err := store.Encode(decoded)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(encoded), string(again)); d != "" {
		t.Errorf("golden file read and written (-want +got):\n%s", d)
	}
	if decoded, err = store.Decode(again); err != nil {
		t.Fatal(err)
	}
	want.Schema = store.SchemaVersion
	if d := cmp.Diff(want, decoded, boxes()); d != "" {
		t.Errorf("golden file decoded (-want +got):\n%s", d)
	}
}

// TestGoldenFile_Schema2_IsReadAndWrittenAsEver pins the place and form of the box.
func TestGoldenFile_Schema2_IsReadAndWrittenAsEver(t *testing.T) {
	locked := golden()
	locked.Ends = false
	for file, want := range map[string]store.Record{
		"record-schema2.json": goldens()["record-schema1.json"], "record-schema2-locked.json": locked, "record-schema2-expiring.json": golden(),
	} {
		t.Run(file, func(t *testing.T) { checkBoxed(t, filepath.Join("testdata", file), want) })
	}
}

func checkBoxed(t *testing.T, file string, want store.Record) {
	want.Schema = store.SchemaVersion
	want.Authentication = store.SealedBy(func([]byte) ([]byte, error) { return []byte("record box"), nil })
	encoded, err := store.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, encoded, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(stored), string(encoded)); d != "" {
		t.Errorf("golden record written (-want +got):\n%s", d)
	}
	decoded, err := store.Decode(stored)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, decoded, boxes()); d != "" || string(decoded.Authentication.Box()) != "record box" {
		t.Errorf("golden file decoded with box %q (-want +got):\n%s", decoded.Authentication.Box(), d)
	}
	if again, err := store.Encode(decoded); err != nil || !bytes.Equal(again, stored) {
		t.Errorf("written again: %s, %v", again, err)
	}
}

func TestGoldenRecord_CurrentSchema_HasEveryMember(t *testing.T) {
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch path {
		case "Record.Revision", "Record.Authentication": // stored apart
			return
		}
		if v.IsZero() {
			t.Errorf("%s is not set: the golden file does not prove that it is kept", path)
			return
		}
		switch {
		case v.Kind() == reflect.Pointer:
			walk(path, v.Elem())
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
			walk(path, v.Index(0))
		case v.Kind() == reflect.Struct && v.Type().PkgPath() == reflect.TypeFor[store.Record]().PkgPath() && v.Type() != reflect.TypeFor[store.Sealed]():
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	walk("Record", reflect.ValueOf(golden()))
	walk("Event", reflect.ValueOf(golden().History.Events()[0]))
}

func TestEachSealed_AnyRecord_FindsEverySecret(t *testing.T) {
	r := golden()
	encoded, err := store.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]int{}
	err = r.EachSealed(func(field string, s *store.Sealed) error {
		fields[field]++
		*s = store.Sealed{}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"secrets": 1, "credentials": 1, "parameters": 2, "prepared": 2, "frozen.create": 1, "bodies." + store.BodyDigest([]byte("body")): 1}
	if d := cmp.Diff(want, fields); d != "" {
		t.Errorf("EachSealed (-want +got):\n%s", d)
	}
	without, err := store.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	// The boxes of golden are eight base64 texts, which EachSealed clears.
	for _, text := range []string{"want parameters", "have parameters", "want prepared", "have prepared", "secrets", "credentials", "frozen", "body key"} {
		b, err := json.Marshal([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(encoded, b) || bytes.Contains(without, b) {
			t.Errorf("box %q: stored %t, and after EachSealed cleared all %t", text, bytes.Contains(encoded, b), bytes.Contains(without, b))
		}
	}
}

func TestEncode_UnsealedSecret_Fails(t *testing.T) {
	for name, set := range map[string]func(*store.Record, store.Sealed){
		"at the top": func(r *store.Record, s store.Sealed) { r.Secrets = s },
		"in a spec":  func(r *store.Record, s store.Sealed) { r.Want.Parameters = s },
		"in a map":   func(r *store.Record, s store.Sealed) { r.Frozen["create"] = s },
	} {
		r := golden()
		set(&r, store.Seal([]byte("secret")))
		if b, err := store.Encode(r); !errors.Is(err, store.ErrUnsealed) || b != nil {
			t.Errorf("%s: Encode = %d bytes, %v, want ErrUnsealed", name, len(b), err)
		}
	}
	if _, err := json.Marshal(store.Seal([]byte("secret"))); !errors.Is(err, store.ErrUnsealed) {
		t.Errorf("Marshal = %v, want ErrUnsealed", err)
	}
}

func TestCodec_NewerRecord_IsReadOnly(t *testing.T) {
	r, err := store.Decode([]byte(`{"instance_id":"i","schema":3,"region":"cn-hangzhou","shape":"new"}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Schema != 3 || r.Region != "cn-hangzhou" || string(r.Unknown["shape"]) != `"new"` {
		t.Errorf("Decode = schema %d, region %q, unknown %s", r.Schema, r.Region, r.Unknown)
	}
	if _, err := store.Encode(r); !errors.Is(err, store.ErrNewer) {
		t.Errorf("Encode = %v, want ErrNewer", err)
	}
}

func TestDecode_OtherInput_Fails(t *testing.T) {
	for name, tc := range map[string]struct {
		json string
		want error
	}{
		"nothing":                {``, store.ErrCorrupt},
		"null":                   {`null`, store.ErrCorrupt},
		"no schema":              {`{"instance_id":"i"}`, store.ErrCorrupt},
		"cut off":                {`{"instance_id":"i","schema":1`, store.ErrCorrupt},
		"something behind":       {`{"instance_id":"i","schema":1}{}`, store.ErrCorrupt},
		"wrong type":             {`{"instance_id":"i","schema":1,"settled":"yes"}`, store.ErrCorrupt},
		"wrong type in a member": {`{"instance_id":"i","schema":1,"want":{"plan_id":7}}`, store.ErrCorrupt},
		"no list of events":      {`{"instance_id":"i","schema":1,"history":{}}`, store.ErrCorrupt},
		"no box":                 {`{"instance_id":"i","schema":1,"secrets":"***"}`, store.ErrCorrupt},
		"newer in another form":  {`{"instance_id":"i","schema":3,"settled":"yes"}`, store.ErrNewer},
	} {
		if _, err := store.Decode([]byte(tc.json)); !errors.Is(err, tc.want) {
			t.Errorf("%s: Decode = %v, want %v", name, err, tc.want)
		}
	}
}

func TestCodec_UnknownMembers_SurviveInEveryPart(t *testing.T) {
	r := golden()
	r.Operation = &store.Operation{ID: "next"}
	b, err := store.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	r, err = store.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Operation.Unknown) != 0 {
		t.Errorf("a new operation has the unknown members of the old one: %s", r.Operation.Unknown)
	}
	if n := strings.Count(string(b), `"later":`); n != 9 { // record, two specs, locked account, call, result, event, life and its result
		t.Errorf("%d unknown members survived, want 9", n)
	}
}

func TestHistory_Undecodable_IsKeptAndReadAsEmpty(t *testing.T) {
	r, err := store.Decode([]byte(`{"instance_id":"i","schema":1,"history":[{"attempt":"one","later":1}]}`))
	if err != nil || len(r.History.Events()) != 0 {
		t.Errorf("Decode = %v, with the events %v", err, r.History.Events())
	}
	again, err := store.Encode(r)
	if err != nil || !strings.Contains(string(again), `"later"`) {
		t.Errorf("Encode = %s, %v, want what was there", again, err)
	}
}

// A record that fails to encode or decode would be lost.
func TestCodec_OddText_IsKept(t *testing.T) {
	r := store.Record{Schema: 1, Facts: map[string]string{"\xff": "b\xffd"}}
	r.Context = json.RawMessage(`{"a":1,"a":2,"b":"\ud800","c":"\u003c","n":1e999}`)
	r.Operation = &store.Operation{Cause: "cut in the middle of \xe4\xbd"}
	b, err := store.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := store.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Context) != string(r.Context) {
		t.Errorf("the context came back as %s", got.Context)
	}
	if len(got.Facts) != 1 || !strings.HasPrefix(got.Operation.Cause, "cut in the middle") {
		t.Errorf("the record came back as %+v, operation %+v", got, got.Operation)
	}
}
