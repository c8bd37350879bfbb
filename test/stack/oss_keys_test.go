package stack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// Keys of users: two of the broker's own account, one of another account.
const (
	firstKey   = "LTAIfirstkeyfirstkey"
	secondKey  = "LTAIsecondkeysecondkey"
	foreignKey = "LTAIforeignkeyforeign"
	foreigners = "2000000000000002"
)

// pair returns the parameters of a key.
func pair(id string) string {
	return fmt.Sprintf(`{"AccessKeyId":%q,"AccessKeySecret":"secret-of-%s"}`, id, id)
}

const ownPair = `{"AccessKeyId":null,"AccessKeySecret":null}`

// A keyed is a broker with an instance that has a user's key.
type keyed struct {
	*stack.Stack

	t *testing.T
}

func newKeyed(t *testing.T, parameters string) keyed {
	t.Helper()
	t.Parallel()
	patient := func(c *broker.Config) { c.SyncWait = time.Minute } // on a machine with much to do
	k := keyed{stack.New(t, stack.WithSpeed(100), stack.WithBroker(patient)), t}
	k.Cloud().RAM().AddAccountKey(firstKey, "secret-of-"+firstKey)
	k.Cloud().RAM().AddAccountKey(secondKey, "secret-of-"+secondKey)
	k.Cloud().RAM().AddForeignKey(foreignKey, "secret-of-"+foreignKey, foreigners)
	k.want(http.StatusCreated, http.MethodPut, bucket, with(parameters))
	return k
}

func (k keyed) want(status int, method, path, content string) []byte {
	k.t.Helper()
	got, _, answer := k.Do(method, path, content, nil)
	if got != status {
		k.t.Fatalf("%s %s answers %d %s, want %d", method, path, got, answer, status)
	}
	return answer
}

// update returns the end of an update: succeeded or failed, with its sentence.
func (k keyed) update(parameters string) (state, description string) {
	k.t.Helper()
	content := fmt.Sprintf(`{"service_id":%q,"parameters":%s}`, service, parameters)
	status, _, answer := k.Do(http.MethodPatch, bucket+"?accepts_incomplete=true", content, nil)
	if status == http.StatusOK {
		return "succeeded", ""
	}
	if status != http.StatusAccepted {
		k.t.Fatalf("the update answers %d %s", status, answer)
	}
	return k.await(bucket)
}

// await polls until an operation has ended.
func (k keyed) await(path string) (state, description string) {
	k.t.Helper()
	for {
		status, _, answer := k.Do(http.MethodGet, path+"/last_operation", "", nil)
		var op struct{ State, Description string }
		switch err := json.Unmarshal(answer, &op); {
		case status == http.StatusGone:
			return "gone", ""
		case status != http.StatusOK || err != nil:
			k.t.Fatalf("last_operation answers %d %s", status, answer)
		case op.State != "in progress":
			return op.State, op.Description
		}
	}
}

func binding(id string) string { return bucket + "/service_bindings/" + id }

// bind makes a binding and returns the id of its key.
func (k keyed) bind(id string) (keyID string) {
	k.t.Helper()
	var made struct {
		Credentials struct {
			AccessKeyID string `json:"access_key_id"`
		} `json:"credentials"`
	}
	if err := json.Unmarshal(k.want(http.StatusCreated, http.MethodPut, binding(id), body), &made); err != nil {
		k.t.Fatal(err)
	}
	return made.Credentials.AccessKeyID
}

func (k keyed) unbind(id string) {
	k.t.Helper()
	k.want(http.StatusOK, http.MethodDelete, binding(id)+"?service_id="+service+"&plan_id="+plan, "")
}

// delete deprovisions the instance, and requires an empty cloud.
func (k keyed) delete() {
	k.t.Helper()
	status, _, answer := k.Do(http.MethodDelete, deleted, "", nil)
	if status == http.StatusAccepted {
		if state, text := k.await(bucket); state == "failed" {
			k.t.Fatalf("the deletion failed: %s", text)
		}
	} else if status != http.StatusOK {
		k.t.Fatalf("the deletion answers %d %s", status, answer)
	}
	if !k.Cloud().Empty() {
		k.t.Errorf("left: %+v", k.Cloud().Dump())
	}
}

// signers returns the keys of all calls since a number of calls.
func (k keyed) signers(since int) (ids []string) {
	for _, call := range k.Cloud().Calls("")[since:] {
		if !slices.Contains(ids, call.AccessKeyID) {
			ids = append(ids, call.AccessKeyID)
		}
	}
	return ids
}

// age makes the instance's record one of an earlier broker: updates take no keys,
// and the owner of the bucket is unknown.
func (k keyed) age() {
	k.t.Helper()
	_, err := k.Store().Update(k.t.Context(), store.Key{InstanceID: "a-bucket"}, func(r *store.Record) error {
		delete(r.Facts, "bucket_owner")
		for _, spec := range []*store.Spec{r.Want, r.Have} {
			var plan map[string]any
			if err := json.Unmarshal(spec.Plan, &plan); err != nil {
				return err
			}
			shipped, _ := plan["shipped"].([]any)
			form, _ := plan["form"].(map[string]any)
			for _, name := range []string{"AccessKeyId", "AccessKeySecret"} {
				if !slices.Contains(shipped, any(name)) {
					return fmt.Errorf("updates take no %s: %s", name, spec.Plan)
				}
				shipped = slices.DeleteFunc(shipped, func(other any) bool { return other == name })
				form[name] = map[string]any{}
			}
			plan["shipped"] = shipped
			raw, err := json.Marshal(plan)
			if err != nil {
				return err
			}
			spec.Plan = raw
		}
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

func TestOSSKey_Update_ReplacesTheKey(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		signer   string // of later calls; empty: the broker
		old      bool
	}{
		"another key of the account": {pair(firstKey), pair(secondKey), secondKey, false},
		"a record of before":         {pair(firstKey), pair(secondKey), secondKey, true},
		"the broker's own":           {pair(firstKey), ownPair, "", false},
		"from the broker's own":      {`{}`, pair(secondKey), secondKey, false},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeyed(t, c.from)
			k.bind("before")
			if c.old {
				k.age()
			}
			if state, text := k.update(c.to); state != "succeeded" {
				t.Fatalf("the update %s: %s", state, text)
			}
			if state, text := k.update(c.to); state != "succeeded" {
				t.Errorf("the repeated update %s: %s", state, text)
			}
			if got := k.want(http.StatusOK, http.MethodGet, bucket, ""); strings.Contains(string(got), "LTAI") || strings.Contains(string(got), "secret-of") {
				t.Errorf("GET shows the key: %s", got)
			}
			k.Cloud().RAM().RemoveAccountKey(firstKey)
			since := len(k.Cloud().Calls(""))
			fresh := k.bind("after")
			k.unbind("before")
			k.unbind("after")
			k.delete()
			signer := c.signer
			if signer == "" {
				signer = k.Cloud().AccessKey().ID
			}
			for _, id := range k.signers(since) {
				if id != signer && id != fresh { // the broker tries the fresh key
					t.Errorf("a call after the update was signed with %s, want %s", id, signer)
				}
			}
		})
	}
}

func TestOSSKey_RefusedKey_LeavesTheOldInForce(t *testing.T) {
	for name, c := range map[string]struct{ from, to string }{
		"of another account":              {pair(firstKey), pair(foreignKey)},
		"unknown":                         {pair(firstKey), pair("LTAIunknownunknown")},
		"of another account than ours":    {`{}`, pair(foreignKey)},
		"ours, for a bucket of others":    {pair(foreignKey), ownPair},
		"another's, for a foreign bucket": {pair(foreignKey), pair(firstKey)},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeyed(t, c.from)
			foreign := c.from == pair(foreignKey)
			if !foreign {
				k.bind("before")
			}
			state, text := k.update(c.to)
			if state != "failed" || !strings.Contains(text, "AccessKeyId") {
				t.Fatalf("the update %s: %q", state, text)
			}
			if !foreign { // the emulated account of the foreign key makes no users
				k.bind("after")
				k.unbind("before")
				k.unbind("after")
			}
			if state, text := k.update(`{"Acl":"public-read"}`); state != "succeeded" {
				t.Errorf("a later update %s: %s", state, text)
			}
			k.delete()
		})
	}
}

func TestOSSKey_HalfAPair_Is400(t *testing.T) {
	k := newKeyed(t, pair(firstKey))
	before := len(k.Cloud().Calls(""))
	for _, parameters := range []string{
		`{"AccessKeyId":"LTAIanother"}`, `{"AccessKeySecret":"another"}`, `{"AccessKeyId":null}`, `{"AccessKeySecret":null}`,
		`{"AccessKeyId":"a\r\nb","AccessKeySecret":"x"}`, `{"AccessKeyId":"` + strings.Repeat("x", 129) + `","AccessKeySecret":"x"}`,
	} {
		k.want(http.StatusBadRequest, http.MethodPatch, bucket, fmt.Sprintf(`{"service_id":%q,"parameters":%s}`, service, parameters))
		k.want(http.StatusBadRequest, http.MethodPut, bucket+"-2", with(strings.ReplaceAll(parameters, "null", `"x"`)))
	}
	if after := len(k.Cloud().Calls("")); after != before {
		t.Errorf("the cloud was called %d times", after-before)
	}
}

// The key is gone, and the account is the broker's own.
func TestOSSKey_Gone_BrokersOwnDoesTheWork(t *testing.T) {
	for _, old := range []bool{false, true} {
		for name, lose := range map[string]func(keyed){
			"deleted": func(k keyed) { k.Cloud().RAM().RemoveAccountKey(firstKey) },
			"of another secret": func(k keyed) {
				k.Cloud().RAM().RemoveAccountKey(firstKey)
				k.Cloud().RAM().AddAccountKey(firstKey, "another secret")
			},
		} {
			t.Run(fmt.Sprintf("%s/old record %v", name, old), func(t *testing.T) {
				k := newKeyed(t, pair(firstKey))
				k.bind("before")
				if old {
					k.age()
				}
				lose(k)
				k.bind("after")
				content := strings.TrimSuffix(body, "}") + `,"predecessor_binding_id":"after"}`
				k.want(http.StatusCreated, http.MethodPut, binding("rotated"), content)
				for _, id := range []string{"before", "after", "rotated"} {
					k.unbind(id)
				}
				if d := k.Cloud().Dump(); len(d.Users)+len(d.Policies) != 0 {
					t.Errorf("left after the unbinds: %+v", d)
				}
				k.delete()
			})
		}
	}
}

// The failure of a create tells of a key that may do too little, in place of the
// refused request.
func TestOSSKey_TooWeak_IsWhatTheUserIsTold(t *testing.T) {
	for _, action := range []string{"oss:GetBucketInfo", "oss:PutBucket"} {
		t.Run(action, func(t *testing.T) {
			k := newKeyed(t, pair(foreignKey))
			k.Cloud().Faults().Add(cloud.Fault{Action: action, Status: http.StatusForbidden, Code: "AccessDenied"})
			k.want(http.StatusAccepted, http.MethodPut, bucket+"-2?accepts_incomplete=true", with(pair(foreignKey)))
			if state, text := k.await(bucket + "-2"); state != "failed" || !strings.Contains(text, "AccessKeyId") {
				t.Errorf("the create %s: %q", state, text)
			}
		})
	}
}

// The key is gone, and the account is another than the broker's.
func TestOSSKey_GoneElsewhere_TouchesNothing(t *testing.T) {
	k := newKeyed(t, pair(foreignKey))
	k.Cloud().RAM().RemoveAccountKey(foreignKey)
	since := len(k.Cloud().Calls(""))
	if status, _, answer := k.Do(http.MethodDelete, deleted, "", nil); status != http.StatusAccepted {
		t.Fatalf("the deletion answers %d %s", status, answer)
	}
	if status, _, answer := k.Do(http.MethodPut, binding("b"), body, nil); status < 400 {
		t.Errorf("a bind answers %d %s", status, answer)
	}
	own := k.Cloud().AccessKey().ID
	for _, call := range k.Cloud().Calls("")[since:] {
		if call.AccessKeyID == own && !k.Cloud().ReadOnly(call) {
			t.Errorf("the broker's own credentials called %s", call.Action)
		}
	}
	if n := len(k.Cloud().Dump().Buckets); n != 1 {
		t.Errorf("%d buckets, want the one of the other account", n)
	}
	// The bucket is deleted by hand: its name is free, which ends the deletion.
	k.Cloud().RAM().AddForeignKey("LTAIdeleter", "deleter", foreigners)
	k.deleteBucket("LTAIdeleter", "deleter")
	if state, text := k.await(bucket); state != "gone" && state != "succeeded" {
		t.Errorf("the deletion %s: %s", state, text)
	}
}

// While an update waits, its key may be another account's: unbinds and deletions
// take the one of before.
func TestOSSKey_WaitingUpdate_IsNotTrusted(t *testing.T) {
	for name, remove := range map[string]func(keyed){
		"unbind": func(k keyed) { k.unbind("b") },
		"deprovision": func(k keyed) {
			k.Cloud().Faults().Clear()
			k.delete()
		},
		"crash": func(k keyed) {
			k.Crash()
			k.Restart()
			k.unbind("b")
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeyed(t, pair(firstKey))
			k.bind("b")
			k.Cloud().Faults().Add(cloud.Fault{Action: "oss:GetBucketInfo", Effect: cloud.FailBefore})
			content := fmt.Sprintf(`{"service_id":%q,"parameters":%s}`, service, pair(foreignKey))
			k.want(http.StatusAccepted, http.MethodPatch, bucket+"?accepts_incomplete=true", content)
			remove(k)
			if d := k.Cloud().Dump(); len(d.Users)+len(d.Policies)+len(d.Keys) != 0 {
				t.Errorf("left: %+v", d)
			}
			if name == "deprovision" {
				return
			}
			k.Cloud().Faults().Clear()
			if state, _ := k.await(bucket); state != "failed" {
				t.Errorf("the update %s", state)
			}
			k.delete()
		})
	}
}

// deleteBucket deletes the one bucket of the cloud with a key.
func (k keyed) deleteBucket(id, secret string) {
	k.t.Helper()
	c := sdk.NewClient(sdk.NewConfig().WithRegion(k.Cloud().Region()).WithEndpoint(k.Cloud().URL()).WithRetryMaxAttempts(1).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret)))
	if _, err := c.DeleteBucket(k.t.Context(), &sdk.DeleteBucketRequest{Bucket: &k.Cloud().Dump().Buckets[0].Name}); err != nil {
		k.t.Fatal(err)
	}
}
