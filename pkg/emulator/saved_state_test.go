package emulator_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// populate makes something of everything and returns a RAM user's key.
func populate(t *testing.T, srv *emulator.Server) emulator.AccessKey {
	t.Helper()
	db := rdsClient(t, srv)
	request := createRequest()
	request.ClientToken, request.Tag = "token", &[]rds.CreateDBInstanceTag{{Key: "k", Value: "v"}}
	created, err := db.CreateDBInstance(request)
	if err != nil {
		t.Fatal(err)
	}
	account := rds.CreateCreateAccountRequest()
	account.DBInstanceId, account.AccountName, account.AccountPassword = created.DBInstanceId, "alice", "Passw0rd"
	database := rds.CreateCreateDatabaseRequest()
	database.DBInstanceId, database.DBName, database.CharacterSetName = created.DBInstanceId, "orders", "utf8"
	grant := rds.CreateGrantAccountPrivilegeRequest()
	grant.DBInstanceId, grant.AccountName, grant.DBName, grant.AccountPrivilege = created.DBInstanceId, "alice", "orders", "ReadWrite"
	if _, err := db.CreateAccount(account); err != nil {
		t.Fatal(err)
	}
	if _, err := db.CreateDatabase(database); err != nil {
		t.Fatal(err)
	}
	if _, err := db.GrantAccountPrivilege(grant); err != nil {
		t.Fatal(err)
	}
	client := bucketClient(srv, srv.AccessKey())
	if _, err := client.PutBucket(t.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr("kept")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr("kept"), Key: oss.Ptr("k"), Body: strings.NewReader("content")}); err != nil {
		t.Fatal(err)
	}
	return user(t, srv)
}

// user makes a RAM user that may read objects, with a key.
func user(t *testing.T, srv *emulator.Server) emulator.AccessKey {
	t.Helper()
	c, err := ram.NewClientWithAccessKey("cn-hangzhou", srv.AccessKey().ID, srv.AccessKey().Secret)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = srv.Addr()
	u := ram.CreateCreateUserRequest()
	u.Scheme, u.UserName = "HTTP", "reader"
	p := ram.CreateCreatePolicyRequest()
	p.Scheme, p.PolicyName, p.PolicyDocument = "HTTP", "read", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}`
	a := ram.CreateAttachPolicyToUserRequest()
	a.Scheme, a.UserName, a.PolicyName, a.PolicyType = "HTTP", "reader", "read", "Custom"
	k := ram.CreateCreateAccessKeyRequest()
	k.Scheme, k.UserName = "HTTP", "reader"
	if _, err := c.CreateUser(u); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreatePolicy(p); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AttachPolicyToUser(a); err != nil {
		t.Fatal(err)
	}
	made, err := c.CreateAccessKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return emulator.AccessKey{ID: made.AccessKey.AccessKeyId, Secret: made.AccessKey.AccessKeySecret}
}

func bucketClient(srv *emulator.Server, key emulator.AccessKey) *oss.Client {
	return oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(srv.URL()).WithRetryMaxAttempts(1).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key.ID, key.Secret)))
}

func TestStateFile_Restart_KeepsEverything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	withFile := func(c *emulator.Config) { c.StateFile = file }
	first, err := emulator.New(emulator.Config{StateFile: file}, emulator.Products)
	if err != nil {
		t.Fatal(err)
	}
	key := populate(t, first)
	first.Clock().Advance(time.Hour)
	before := first.Dump()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state file is %v, %v; want it readable by its owner alone", info, err)
	}

	second := emulatortest.New(t, emulatortest.WithConfig(withFile))
	if diff := cmp.Diff(before, second.Dump()); diff != "" {
		t.Errorf("resources (-before, +after):\n%s", diff)
	}
	if second.AccessKey() != first.AccessKey() {
		t.Error("the account has another key, though none was asked for")
	}
	if ahead := time.Until(second.Clock().Now()); ahead < 59*time.Minute || ahead > 61*time.Minute {
		t.Errorf("the clock is %v ahead, want an hour", ahead)
	}
	request := createRequest() // with the token of the first instance
	request.ClientToken, request.Tag = "token", &[]rds.CreateDBInstanceTag{{Key: "k", Value: "v"}}
	if again, err := rdsClient(t, second).CreateDBInstance(request); err != nil || again.DBInstanceId != before.Instances[0].ID {
		t.Errorf("the token gets %v, %v; want %s", again, err, before.Instances[0].ID)
	}
	client := bucketClient(second, key)
	if _, err := client.GetObject(t.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr("kept"), Key: oss.Ptr("k")}); err != nil {
		t.Errorf("the user may not read: %v", err)
	}
	if _, err := client.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr("kept"), Key: oss.Ptr("k")}); err == nil {
		t.Error("the user may write")
	}
	if _, err := rdsClient(t, second).CreateDBInstance(createRequest()); err != nil {
		t.Error(err)
	}
}

func TestSave_GivenAccessKey_IsLeftOut(t *testing.T) {
	srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.AccessKey = emulator.AccessKey{ID: "LTAIgiven", Secret: "sesame"} }))
	var state bytes.Buffer
	if err := srv.Save(&state); err != nil || strings.Contains(state.String(), "sesame") {
		t.Errorf("the state is %s, %v", state.String(), err)
	}
}

func TestStateFile_Change_IsSaved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.StateFile = file }))
	if _, err := bucketClient(srv, srv.AccessKey()).PutBucket(t.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr("kept")}); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if content, err := os.ReadFile(file); err == nil && strings.Contains(string(content), `"kept"`) {
			break
		}
		select {
		case <-ticker.C:
		case <-t.Context().Done():
			t.Fatal("it is not saved")
		}
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the state file there are %v, %v", entries, err)
	}
}

func TestStateFile_Unreadable_KeptAsItIs(t *testing.T) {
	for name, content := range map[string]string{
		"no JSON": "state", "half of it": `{"version":1,`, "of the future": `{"version":99}`,
		"of another account": `{"version":1,"accountId":"2"}`, "broken inside": `{"version":1,"accountId":"1000000000000001","ram":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if srv, err := emulator.New(emulator.Config{StateFile: file}, emulator.Products); err == nil {
				t.Error("it started")
				_ = srv.Close()
			}
			if kept, err := os.ReadFile(file); err != nil || string(kept) != content {
				t.Errorf("the file has %q, %v", kept, err)
			}
		})
	}
}

func TestControlAPI_Snapshot_RestoresIntoEmptyEmulator(t *testing.T) {
	clock := cloud.NewFrozenClock(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	first := emulatortest.New(t, emulatortest.WithConfig(withControl), emulatortest.WithClock(clock))
	populate(t, first)
	var state json.RawMessage
	if status := send(t, http.MethodGet, first.ControlURL()+"/snapshot", "", &state); status != 200 {
		t.Fatalf("GET /snapshot is %d", status)
	}
	second := emulatortest.New(t, emulatortest.WithConfig(withControl))
	if status := send(t, http.MethodPut, second.ControlURL()+"/snapshot", string(state), nil); status != 204 {
		t.Errorf("PUT /snapshot is %d", status)
	}
	if diff := cmp.Diff(first.Dump(), second.Dump()); diff != "" {
		t.Errorf("resources (-first, +second):\n%s", diff)
	}
	if !second.Clock().Frozen() || !second.Clock().Now().Equal(clock.Now()) {
		t.Errorf("the clock is at %v, want it to stand at %v", second.Clock().Now(), clock.Now())
	}
	if status := send(t, http.MethodPut, second.ControlURL()+"/snapshot", string(state), nil); status != 400 {
		t.Errorf("a second PUT /snapshot is %d, want 400: something exists", status)
	}
	var one, two bytes.Buffer
	if err := first.Save(&one); err != nil {
		t.Fatal(err)
	}
	if err := first.Save(&two); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Errorf("two saves of one state differ, %v", err)
	}
}

func TestLoad_StateOfTheFirstForm_Restored(t *testing.T) {
	const state = `{"version":1,"accountId":"1000000000000001","accessKey":{"ID":"LTAIbefore","Secret":"sesame"},"clock":{"frozen":true,"at":"2026-05-04T03:02:01Z"},` +
		`"rds":{"serial":0,"instances":[]},"ram":{"lastId":1,"users":[{"id":"200000000000000001","name":"reader","displayName":"reader","created":"2026-05-04T03:02:01Z","updated":"2026-05-04T03:02:01Z"}],` +
		`"roles":[{"id":"300000000000000001","name":"EmulatedInstanceRole","trust":"{}","maxSession":3600000000000,"created":"2026-05-04T03:02:01Z","updated":"2026-05-04T03:02:01Z","planted":true}]},` +
		`"sts":{},"oss":{"buckets":[{"name":"kept","owner":"1000000000000001","region":"cn-hangzhou","acl":"private","storageClass":"Standard","redundancy":"LRS","created":"2026-05-04T03:02:01Z"}]},"vpc":{"regions":[]}}`
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.StateFile = file }))
	if diff := cmp.Diff([]string{"bucket kept tags map[]", `user reader ""`}, slices.Sorted(slices.Values(srv.Leftovers()))); diff != "" {
		t.Errorf("resources (-want, +got):\n%s", diff)
	}
	if srv.AccessKey().ID != "LTAIbefore" || !srv.Clock().Now().Equal(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)) {
		t.Errorf("key %s, clock %v", srv.AccessKey().ID, srv.Clock().Now())
	}
}
