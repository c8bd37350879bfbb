package rampolicies_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdkrds "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	sdkoss "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	fakerds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// newStack starts a broker that works under an identity with these policies
// alone. Its plans for buckets empty them.
func newStack(t *testing.T, who identity, documents ...string) *stack.Stack {
	t.Helper()
	return newStackWith(t, "empty", who, documents...)
}

// newStackWith starts a broker whose plans for buckets have a word for deletion.
func newStackWith(t *testing.T, deletion string, who identity, documents ...string) *stack.Stack {
	t.Helper()
	return stack.New(t,
		stack.WithCloud(emulatortest.WithConfig(func(c *emulator.Config) { c.AccountID = account })),
		stack.WithCatalog(plansWith(deletion)...),
		stack.WithCredentials(func(cloud *emulator.Server) alicloud.CredentialsSource { return who(t, cloud, documents...) }))
}

// plansWith returns the shipped plans with a word for the deletion of buckets.
func plansWith(deletion string) [][]byte {
	return [][]byte{rds.Plans, bytes.ReplaceAll(oss.Plans, []byte("deletion: refuse"), []byte("deletion: "+deletion))}
}

// A walker is a platform that takes a service through its whole life.
type walker struct {
	t     *testing.T
	stack *stack.Stack
	ids   string // service_id and plan_id, as JSON members
	query string // and as a query
	path  string // of the instance
}

func newWalker(t *testing.T, s *stack.Stack, service, plan string) *walker {
	t.Helper()
	return &walker{
		t: t, stack: s, path: "/v2/service_instances/one",
		ids:   fmt.Sprintf(`"service_id":%q,"plan_id":%q`, service, plan),
		query: "?accepts_incomplete=true&service_id=" + service + "&plan_id=" + plan,
	}
}

// A refusal is a call that RAM refused the broker.
type refusal struct{ action string }

func (r *refusal) Error() string { return "the broker was refused " + r.action }

// forcedStatus marks the refusals of a fault, apart from the refusals of RAM.
const forcedStatus = http.StatusUnavailableForLegalReasons

// refused finds the first call of the broker that RAM refused.
func (w *walker) refused() error {
	for _, call := range brokersCalls(w.stack) {
		if call.Status == http.StatusForbidden && slices.Contains([]string{"Forbidden.RAM", "Forbidden.NoPermission", "NoPermission", "AccessDenied"}, call.Code) {
			return &refusal{action(call)}
		}
	}
	return nil
}

// brokersCalls are the calls under the broker's identity: without the account's own,
// and without those of bindings, whose keys are tried before they are handed out.
func brokersCalls(s *stack.Stack) []cloud.Call {
	var calls []cloud.Call
	for _, call := range s.Cloud().Calls("") {
		if call.AccessKeyID == s.Cloud().AccessKey().ID || isBindings(call, s) {
			continue
		}
		calls = append(calls, call)
	}
	return calls
}

// isBindings reports whether the key of a binding signs a call.
func isBindings(call cloud.Call, s *stack.Stack) bool {
	if call.Action != "oss:GetBucketInfo" {
		return false
	}
	key, ok := s.Cloud().RAM().Key(call.AccessKeyID)
	return ok && isOurs(key.Caller.Name)
}

// action returns RAM's name of a call.
func action(call cloud.Call) string {
	name := call.Action
	if !strings.Contains(name, ":") {
		name = strings.ToLower(call.Product) + ":" + name
	}
	switch name {
	case "oss:GetBucketTags":
		return "oss:GetBucketTagging"
	case "oss:PutBucketTags":
		return "oss:PutBucketTagging"
	case "oss:DeleteMultipleObjects": // which names their versions
		return "oss:DeleteObjectVersion"
	}
	return name
}

// do sends a request and waits until its operation has succeeded, or until RAM
// has refused anything: the broker would only try again.
func (w *walker) do(method, path, query, body string) error {
	answers := make(chan error, 1)
	go func() { answers <- w.run(method, path, query, body) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-answers:
			if no := w.refused(); no != nil {
				return no
			}
			return err
		case <-tick.C:
			if no := w.refused(); no != nil {
				return no
			}
		}
	}
}

func (w *walker) run(method, path, query, body string) error {
	status, _, answer, err := w.stack.Send(w.t.Context(), method, path+query, body, nil)
	for err == nil && (status == http.StatusAccepted || bytes.Contains(answer, []byte(`"in progress"`))) {
		<-time.After(10 * time.Millisecond)
		status, _, answer, err = w.stack.Send(w.t.Context(), http.MethodGet, path+"/last_operation", "", nil)
	}
	if err == nil && (status/100 != 2 || bytes.Contains(answer, []byte(`"failed"`))) && (method != http.MethodDelete || status != http.StatusGone) {
		err = fmt.Errorf("%s %s ended with %d %s", method, path, status, answer)
	}
	return err
}

// steps runs until one fails.
func steps(all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) provision(more string) error {
	return w.do(http.MethodPut, w.path, "?accepts_incomplete=true", "{"+w.ids+`,"organization_guid":"o","space_guid":"s"`+more+"}")
}

func (w *walker) update(body string) error {
	return w.do(http.MethodPatch, w.path, "?accepts_incomplete=true", body)
}

func (w *walker) bind(id, more string) error {
	return w.do(http.MethodPut, w.path+"/service_bindings/"+id, "?accepts_incomplete=true", "{"+w.ids+more+"}")
}

func (w *walker) unbind(id string) error {
	return w.do(http.MethodDelete, w.path+"/service_bindings/"+id, w.query, "")
}

// rotate puts a new binding in the place of an old one, or leaves it.
func (w *walker) rotate(before, after string, really bool) error {
	if !really {
		return nil
	}
	return steps(
		func() error { return w.bind(after, `,"predecessor_binding_id":"`+before+`"`) },
		func() error { return w.unbind(before) },
	)
}

func last(rotate bool) string {
	if rotate {
		return "b"
	}
	return "a"
}

func (w *walker) deprovision() error { return w.do(http.MethodDelete, w.path, w.query, "") }

const rdsService = "rds-997b8372-8dac-40ac-ae65-758b4a5075a5"

// walkDatabase takes a database through its life, in a cloud that demands all
// it may of the broker: tags of their own, a Super account first, protection of
// an instance that is not ready. Rotation needs the actions of binding and unbinding only.
func walkDatabase(t *testing.T, s *stack.Stack, rotate bool) error {
	t.Helper()
	s.Cloud().RDS().Behave(func(b *fakerds.Behaviour) { b.DropTags, b.FirstAccountSuper = true, true })
	w := newWalker(t, s, rdsService, "rds-427559f1-bf2a-45d3-8844-32374a3e58aa")
	larger := newWalker(t, s, rdsService, "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1c")
	return steps(
		func() error { return w.provision("") },
		func() error { return w.bind("a", "") },
		func() error { return w.rotate("a", "b", rotate) },
		func() error { return w.update("{" + larger.ids + "}") },
		func() error { return larger.unbind(last(rotate)) },
		func() error { return larger.crowd(s.Cloud()) },
		larger.deprovision,
		newWalker(t, s, rdsService, "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1e").giveUp,
	)
}

// giveUp deletes an instance that is not ready yet and that the owner of the account
// has protected and stopped: its protection is lifted, since it holds no data, and it is
// started, since a stopped one cannot be deleted.
func (w *walker) giveUp() error {
	w.path = "/v2/service_instances/two"
	w.stack.Cloud().Faults().Add(unready())
	body := "{" + w.ids + `,"organization_guid":"o","space_guid":"s","parameters":{"Class":"mysql.n2.medium.1","EngineVersion":"8.0"}}`
	if status, _, answer, err := w.stack.Send(w.t.Context(), http.MethodPut, w.path+"?accepts_incomplete=true", body, nil); err != nil || status != http.StatusAccepted {
		return fmt.Errorf("provision answered %d %s: %w", status, answer, err)
	}
	if err := w.awaitStatus("Running"); err != nil {
		return err
	}
	req := sdkrds.CreateStopDBInstanceRequest()
	req.DBInstanceId = w.stack.Cloud().RDS().Instances()[0].ID
	return steps(
		func() error { return protect(w.t, w.stack.Cloud()) },
		func() error {
			return asAccount(w.t, w.stack.Cloud()).Do(w.t.Context(), alicloud.Write, req, sdkrds.CreateStopDBInstanceResponse())
		},
		w.deprovision,
	)
}

// awaitStatus waits until the one instance in the cloud has a status.
func (w *walker) awaitStatus(status string) error {
	for {
		if all := w.stack.Cloud().RDS().Instances(); len(all) == 1 && all[0].Status == status {
			return nil
		}
		if no := w.refused(); no != nil {
			return no
		}
		<-time.After(10 * time.Millisecond)
	}
}

// unready keeps databases from being made.
func unready() cloud.Fault {
	return cloud.Fault{Action: "CreateDatabase", Effect: cloud.FailBefore, Code: "IncorrectDBInstanceState", Status: forcedStatus}
}

// crowd binds where the server has as many accounts as it may have, so that a
// locked one makes room.
func (w *walker) crowd(cloud *emulator.Server) error {
	accounts := len(cloud.RDS().Instances()[0].Accounts)
	cloud.RDS().Behave(func(b *fakerds.Behaviour) { b.Quotas.Accounts = accounts })
	return steps(
		func() error { return w.bind("crowd", "") },
		func() error { return w.unbind("crowd") },
	)
}

// protect lets the owner of the account protect the databases.
func protect(t *testing.T, cloud *emulator.Server) error {
	t.Helper()
	for _, i := range cloud.RDS().Instances() {
		req := sdkrds.CreateModifyDBInstanceDeletionProtectionRequest()
		req.DBInstanceId, req.DeletionProtection = i.ID, requests.NewBoolean(true)
		if err := asAccount(t, cloud).Do(t.Context(), alicloud.Write, req, sdkrds.CreateModifyDBInstanceDeletionProtectionResponse()); err != nil {
			return err
		}
	}
	return nil
}

// walkBucket takes a bucket through its life. Before it is made the broker
// believes for a moment that its name is another account's, and its users
// leave objects and an upload behind, which the account may not touch at first.
func walkBucket(t *testing.T, s *stack.Stack, rotate bool) error {
	t.Helper()
	s.Cloud().Faults().Add(cloud.Fault{Action: "oss:GetBucketInfo", Effect: cloud.FailBefore, Code: "AccessDenied", Status: forcedStatus, Times: 1})
	w := newWalker(t, s, "oss-997b8372-8dac-40ac-ae65-758b4a502222", "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2222")
	return steps(
		func() error { return w.provision("") },
		func() error { return w.bind("a", "") },
		func() error { return w.rotate("a", "b", rotate) },
		func() error { return w.update("{" + w.ids + `,"parameters":{"Acl":"public-read"}}`) },
		func() error { return w.unbind(last(rotate)) },
		func() error { return fill(t, s.Cloud()) },
		func() error { return forbidData(s.Cloud()) },
		w.deprovision,
	)
}

// fill leaves an object and an unfinished upload in each bucket.
func fill(t *testing.T, cloud *emulator.Server) error {
	t.Helper()
	key := cloud.AccessKey()
	client := ossOf(cloud, key.ID, key.Secret)
	for _, b := range cloud.OSS().Buckets() {
		if _, err := client.PutObject(t.Context(), &sdkoss.PutObjectRequest{Bucket: &b.Name, Key: new("k"), Body: strings.NewReader("x")}); err != nil {
			return err
		}
		if _, err := client.InitiateMultipartUpload(t.Context(), &sdkoss.InitiateMultipartUploadRequest{Bucket: &b.Name, Key: new("k")}); err != nil {
			return err
		}
	}
	return nil
}

// unfill removes what fill left.
func unfill(t *testing.T, cloud *emulator.Server) error {
	t.Helper()
	key := cloud.AccessKey()
	client := ossOf(cloud, key.ID, key.Secret)
	for _, b := range cloud.OSS().Buckets() {
		if _, err := client.DeleteObject(t.Context(), &sdkoss.DeleteObjectRequest{Bucket: &b.Name, Key: new("k")}); err != nil {
			return err
		}
		uploads, err := client.ListMultipartUploads(t.Context(), &sdkoss.ListMultipartUploadsRequest{Bucket: &b.Name})
		if err != nil {
			return err
		}
		for _, u := range uploads.Uploads {
			if _, err := client.AbortMultipartUpload(t.Context(), &sdkoss.AbortMultipartUploadRequest{Bucket: &b.Name, Key: u.Key, UploadId: u.UploadId}); err != nil {
				return err
			}
		}
	}
	return nil
}

// forbidData refuses the next two looks at the content of a bucket, as at a public
// endpoint: the bucket turns out to have some, and OSS is asked to remove it.
func forbidData(server *emulator.Server) error {
	server.Faults().Add(cloud.Fault{Action: "oss:ListObjectVersions", Effect: cloud.FailBefore, Code: "PublicEndpointForbidden", Times: 2})
	// A run that ends early counts what is left.
	server.Faults().Add(cloud.Fault{Action: "oss:DeleteMultipleObjects", Effect: cloud.FailBefore, Code: "SlowDown", Times: 1})
	return nil
}

func ossOf(cloud *emulator.Server, id, secret string) *sdkoss.Client {
	return sdkoss.NewClient(sdkoss.NewConfig().
		WithRegion(cloud.Region()).WithEndpoint(cloud.URL()).WithUsePathStyle(true).WithRetryMaxAttempts(1).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret)))
}
