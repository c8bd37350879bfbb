package emulator_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// A state that a program of before saved is loaded whole: the control API shows
// of each resource what it showed then, and perhaps more. The folder has a saved
// state of each form, and beside it what GET /state showed.
func TestSavedState_OfEarlierPrograms_IsLoadedWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "states", "*.shown.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no saved states: %v", err)
	}
	for _, file := range files {
		var shown map[string]any
		readJSON(t, file, &shown)
		state, err := os.ReadFile(file[:len(file)-len(".shown.json")] + ".json")
		if err != nil {
			t.Fatal(err)
		}
		srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) {
			c.ControlListen, c.StateFile = "127.0.0.1:0", filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(c.StateFile, state, 0o600); err != nil {
				t.Fatal(err)
			}
		}))
		var now map[string]any
		send(t, http.MethodGet, srv.ControlURL()+"/state", "", &now)
		if difference := lacks(now, shown); difference != "" {
			t.Errorf("%s: %s", file, difference)
		}
		var again bytes.Buffer
		if err := srv.Save(&again); err != nil || !json.Valid(again.Bytes()) {
			t.Errorf("%s: it cannot be saved again: %v", file, err)
		}
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// lacks names a part of want that got lacks or has otherwise; got may have more
// members.
func lacks(got, want any) string {
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for name, member := range want {
			if difference := lacks(object[name], member); difference != "" {
				return name + ": " + difference
			}
		}
		return ""
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return "another number of elements"
		}
		for i := range want {
			if difference := lacks(list[i], want[i]); difference != "" {
				return difference
			}
		}
		return ""
	}
	if !reflect.DeepEqual(got, want) {
		return "another value"
	}
	return ""
}

// Buckets that a program of before made go on with signatures of version 1 in
// today's account, and new ones refuse them (A403).
func TestSavedState_BucketsOfBefore_TakeVersion1(t *testing.T) {
	state, err := os.ReadFile(filepath.Join("testdata", "states", "2026-11-30.json"))
	if err != nil {
		t.Fatal(err)
	}
	srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) {
		c.StateFile = filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(c.StateFile, state, 0o600); err != nil {
			t.Fatal(err)
		}
	}))
	client := func(version oss.SignatureVersionType) *oss.Client {
		return oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(srv.URL()).WithSignatureVersion(version).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(srv.AccessKey().ID, srv.AccessKey().Secret)))
	}
	if _, err := client(oss.SignatureVersionV4).PutBucket(t.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr("made-today")}); err != nil {
		t.Fatal(err)
	}
	for bucket, taken := range map[string]bool{"before-plain": true, "before-open": true, "made-today": false} {
		_, err := client(oss.SignatureVersionV1).GetBucketInfo(t.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr(bucket)})
		if (err == nil) != taken {
			t.Errorf("%s: a signature of version 1 is answered %v", bucket, err)
		}
	}
}
