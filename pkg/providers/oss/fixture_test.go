package oss_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// A fixture is the provider with an emulated cloud.
type fixture struct {
	*testing.T

	cloud    *emulator.Server
	provider providers.Provider
	lives    int
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	cloud := emulatortest.New(t)
	return &fixture{T: t, cloud: cloud, provider: providertest.NewProvider(t, cloud, oss.Descriptor())}
}

// instance returns a prepared task that makes a bucket.
func (w *fixture) instance(parameters string) *providers.Task {
	w.Helper()
	t := w.life(providers.Instance)
	t.Settings = json.RawMessage(`{"acl":"private","storageClass":"Standard"}`)
	t.Deletion = providers.Refuse
	if parameters != "" {
		normal, err := recordedPlan(w.T).NormalInstance(json.RawMessage(parameters))
		w.must(err)
		t.Parameters = normal
	}
	return w.prepare(t)
}

// binding returns a prepared task that makes a binding of the instance.
func (w *fixture) binding(of *providers.Task) *providers.Task {
	w.Helper()
	return w.bindingWith(of, "")
}

// bindingWith returns a prepared task that makes a binding with parameters.
func (w *fixture) bindingWith(of *providers.Task, parameters string) *providers.Task {
	w.Helper()
	t := w.life(providers.Binding)
	t.Of = of
	if parameters != "" {
		normal, err := recordedPlan(w.T).NormalBinding(json.RawMessage(parameters))
		w.must(err)
		t.Parameters = normal
	}
	return w.prepare(t)
}

func (w *fixture) life(kind providers.Kind) *providers.Task {
	w.lives++
	return &providers.Task{
		Kind: kind, Goal: providers.Present, Region: "cn-hangzhou", Owner: w.cloud.AccountID(),
		InstanceID: "instance", BindingID: "binding",
		Life:   providers.Life{BrokerID: "broker", Incarnation: fmt.Sprintf("%032x", w.lives)},
		Labels: providers.Labels{Offering: "alibaba-cloud-oss", Plan: "default", Namespace: "team-a"},
	}
}

func (w *fixture) prepare(t *providers.Task) *providers.Task {
	w.Helper()
	plan, err := w.provider.Prepare(*t)
	if err != nil {
		w.Fatal(err)
	}
	t.Plan = plan
	return t
}

// drive works towards the task's goal as the engine does, and returns the step that
// ends the operation.
func (w *fixture) drive(t *providers.Task) providers.Step {
	w.Helper()
	step := providertest.Drive(w.T, providertest.Harness{Provider: w.provider, Cloud: providertest.Emulated(w.cloud)}, t)
	t.Usable = t.Usable || step.Action == providers.Done && t.Goal == providers.Present
	return step
}

// make drives the task to done and returns the credentials of a binding.
func (w *fixture) make(t *providers.Task) map[string]string {
	w.Helper()
	t.Goal = providers.Present
	return w.mustEnd(t, providers.Done).Credentials
}

// remove drives the task until its resources are gone.
func (w *fixture) remove(t *providers.Task) {
	w.Helper()
	t.Goal = providers.Absent
	w.mustEnd(t, providers.Done)
}

func (w *fixture) mustEnd(t *providers.Task, want providers.Action) providers.Step {
	w.Helper()
	step := w.drive(t)
	if step.Action != want {
		w.Fatalf("%s %s ended in %s (%s %s), want %s", t.Goal, t.Kind, step.Action, step.Kind, step.Text, want)
	}
	return step
}

// bucket returns the name in the plan of an instance.
func (w *fixture) bucket(t *providers.Task) string {
	w.Helper()
	var plan struct {
		Bucket string `json:"bucket"`
	}
	if err := json.Unmarshal(t.Plan, &plan); err != nil || plan.Bucket == "" {
		w.Fatalf("no bucket in the plan: %v", err)
	}
	return plan.Bucket
}

// An app uses the credentials of a binding, through the SDK.
type app struct {
	*sdk.Client

	bucket string
}

func open(credential map[string]string) app {
	return app{
		bucket: credential["bucket"],
		Client: sdk.NewClient(sdk.NewConfig().WithRegion(credential["region"]).WithEndpoint(credential["endpoint"]).WithRetryMaxAttempts(1).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(credential["access_key_id"], credential["secret_access_key"]))),
	}
}

// owner uses the account's own key on a bucket.
func (w *fixture) owner(bucket string) app {
	key := w.cloud.AccessKey()
	return open(map[string]string{
		"bucket": bucket, "region": "cn-hangzhou", "endpoint": w.cloud.URL(),
		"access_key_id": key.ID, "secret_access_key": key.Secret,
	})
}

func (a app) in(bucket string) app { return app{a.Client, bucket} }

func (a app) put(ctx context.Context, name, content string) error {
	_, err := a.PutObject(ctx, &sdk.PutObjectRequest{Bucket: &a.bucket, Key: &name, Body: strings.NewReader(content)})
	return err
}

func (a app) get(ctx context.Context, name string) (string, error) {
	r, err := a.GetObject(ctx, &sdk.GetObjectRequest{Bucket: &a.bucket, Key: &name})
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	var b bytes.Buffer
	_, err = io.Copy(&b, r.Body)
	return b.String(), err
}

func (a app) list(ctx context.Context) ([]string, error) {
	r, err := a.ListObjectsV2(ctx, &sdk.ListObjectsV2Request{Bucket: &a.bucket})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, o := range r.Contents {
		names = append(names, *o.Key)
	}
	return names, nil
}

func (a app) delete(ctx context.Context, name string) error {
	_, err := a.DeleteObject(ctx, &sdk.DeleteObjectRequest{Bucket: &a.bucket, Key: &name})
	return err
}

func (a app) upload(ctx context.Context, name string) error {
	_, err := a.InitiateMultipartUpload(ctx, &sdk.InitiateMultipartUploadRequest{Bucket: &a.bucket, Key: &name})
	return err
}

func (a app) version(ctx context.Context) error {
	_, err := a.PutBucketVersioning(ctx, &sdk.PutBucketVersioningRequest{
		Bucket: &a.bucket, VersioningConfiguration: &sdk.VersioningConfiguration{Status: sdk.VersionEnabled},
	})
	return err
}

// must fails the test on an error.
func (w *fixture) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// refused fails the test unless OSS answered one of the codes.
func (w *fixture) refused(what string, err error, codes ...string) {
	w.Helper()
	var service *sdk.ServiceError
	if !errors.As(err, &service) || !slices.Contains(codes, service.Code) {
		w.Errorf("%s: %v, want to be refused with %v", what, err, codes)
	}
}

// undo calls Undo for a step of a task, if the provider has it.
func (w *fixture) undo(t *providers.Task, step providers.Step, made providers.Facts) {
	w.Helper()
	if undoer, ok := providers.As[providers.Undoer](w.provider, t.Kind); ok {
		w.must(undoer.Undo(w.Context(), *t, step, made))
	}
}

func (w *fixture) observe(t *providers.Task) providers.Seen {
	w.Helper()
	seen, err := w.provider.Observe(w.Context(), *t)
	w.must(err)
	return seen
}
