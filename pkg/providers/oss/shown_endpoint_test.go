package oss

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// The plan decides which endpoint credentials show, and the user where the plan lets
// them.
func TestCredentials_ChosenEndpoint_IsShown(t *testing.T) {
	bucket := bucketName(life(), "")
	public, internal := "oss-us-west-1.aliyuncs.com", "oss-us-west-1-internal.aliyuncs.com"
	for name, tc := range map[string]struct {
		settings, parameters string
		host, cname          string
	}{
		"Before":       {``, ``, public, ""},
		"Public":       {`{"endpoint":"public","domain":""}`, ``, public, ""},
		"Internal":     {`{"endpoint":"internal"}`, ``, internal, ""},
		"Custom":       {`{"endpoint":"custom","domain":"{bucket}.files.example.com"}`, ``, bucket + ".files.example.com", "true"},
		"OneDomain":    {`{"endpoint":"custom","domain":"files.example.com"}`, ``, "files.example.com", "true"},
		"UserInternal": {`{"endpoint":"public"}`, `{"Endpoint":"internal"}`, internal, ""},
		"UserPublic":   {`{"endpoint":"internal"}`, `{"Endpoint":"public"}`, public, ""},
		"UserCustom":   {`{"domain":"{bucket}.files.example.com"}`, `{"Endpoint":"custom"}`, bucket + ".files.example.com", "true"},
	} {
		t.Run(name, func(t *testing.T) {
			task := bindingTask(t, `{"Region":"us-west-1"}`)
			task.Settings, task.Parameters = json.RawMessage(tc.settings), json.RawMessage(tc.parameters)
			task = prepared(t, task)
			got, err := offlineService(nil).credentialsOfUser(task, "user", ramuser.Key{ID: "id", Secret: "secret"})
			if err != nil {
				t.Fatal(err)
			}
			if got["host"] != tc.host || got["endpoint"] != "https://"+tc.host || got["cname"] != tc.cname ||
				got["uri"] != "oss://id:secret@"+tc.host+"/"+bucket || got["internal_endpoint"] != "https://"+internal {
				t.Errorf("credentials %v, want the host %s", got, tc.host)
			}
		})
	}
}

func TestPrepare_UnusableEndpoint_IsRefused(t *testing.T) {
	provider := offline(nil)
	for _, settings := range []string{
		`{"endpoint":"intern"}`, `{"endpoint":"custom"}`, `{"endpoint":"custom","domain":"https://files.example.com"}`,
		`{"domain":"{bucket}"}`, `{"domain":"{Bucket}.example.com"}`, `{"domain":"a b.example.com"}`, `{"endpoint":7}`,
	} {
		task := instanceTask("")
		members := map[string]json.RawMessage{}
		for _, part := range []json.RawMessage{task.Settings, json.RawMessage(settings)} {
			if err := json.Unmarshal(part, &members); err != nil {
				t.Fatal(err)
			}
		}
		task.Settings, _ = json.Marshal(members)
		_, err := provider.Prepare(task)
		if failure, ok := errors.AsType[*providers.Failure](err); !ok || failure.Kind != providers.Broken {
			t.Errorf("%s: %v, want the operator's mistake", settings, err)
		}
	}
	task := bindingTask(t, "")
	task.Parameters = json.RawMessage(`{"Endpoint":"custom"}`)
	_, err := provider.Prepare(task)
	if failure, ok := errors.AsType[*providers.Failure](err); !ok || failure.Kind != providers.Invalid {
		t.Errorf("a domain that the plan lacks: %v, want the user's mistake", err)
	}
}

// OSS does not tell the cause of UserDisable.
func TestSentences_UserDisable_NamesEachCause(t *testing.T) {
	for _, text := range []string{sentences()[codeUserDisable], textKeyDisabled} {
		for _, cause := range []string{"overdue", "activated", "disabled"} {
			if !strings.Contains(text, cause) {
				t.Errorf("%q lacks %q", text, cause)
			}
		}
	}
}
