package processes_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

const (
	bucketService = "oss-997b8372-8dac-40ac-ae65-758b4a502222"
	bucketPlan    = "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221"
)

// content returns the number of versions in the emulator's buckets.
func (w *environment) content() (buckets, versions int) {
	w.t.Helper()
	type state struct {
		Buckets []struct {
			Versions int `json:"versions"`
		} `json:"buckets"`
	}
	for _, b := range decode[state](w.t, w.ask(http.MethodGet, "/state", "")).Buckets {
		buckets, versions = buckets+1, versions+b.Versions
	}
	return buckets, versions
}

// putObjects puts n objects into a bucket.
func (w *environment) putObjects(bucket string, n int) {
	w.t.Helper()
	client := oss.NewClient(oss.NewConfig().WithRegion("cn-hangzhou").WithEndpoint("http://" + w.cloud).WithUsePathStyle(true).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(keyID, keySecret)))
	keys := make(chan string)
	var putting sync.WaitGroup
	for range 8 {
		putting.Go(func() {
			for key := range keys {
				if _, err := client.PutObject(w.t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")}); err != nil {
					w.t.Error(err)
				}
			}
		})
	}
	for i := range n {
		keys <- strconv.Itoa(i)
	}
	close(keys)
	putting.Wait()
}

// An emptying goes on after each kill with what is left.
func TestEmptying_KilledFiveTimes_EndsWithoutBucket(t *testing.T) {
	const objects, kills = 9000, 5
	w := newEnvironment(t)
	cloud := w.start("emulator", cloudEnv(), program("alibabacloud-emulator"))
	cloud.until("the emulator serves", w.cloudReady)
	overlay := filepath.Join(w.dir, "catalog.yaml")
	if err := os.WriteFile(overlay, []byte("offerings: {alibaba-cloud-oss: {plans: {default: {deletion: empty}}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := w.brokerEnv() // makes the folders
	tokens := filepath.Join(w.data, "ops-tokens")
	if err := os.WriteFile(tokens, []byte("operator:the-token-of-an-operator\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env = append(env, "CATALOG_FILE="+overlay, "OPS_TOKENS_FILE="+tokens)
	broker := w.start("broker", env, program("alibabacloud-servicebroker"))
	broker.until("the broker is ready", w.brokerReady)
	status, body := w.osb(http.MethodPut, instance+"?accepts_incomplete=true", provisionBody(bucketService, bucketPlan))
	if status != http.StatusCreated {
		t.Fatalf("provision answers %d %s, want 201", status, body)
	}
	type provisioned struct {
		Metadata struct {
			Attributes struct{ Bucket string }
		}
	}
	w.putObjects(decode[provisioned](t, body).Metadata.Attributes.Bucket, objects)

	w.ask(http.MethodPost, "/faults", `{"action": "oss:ListObjectVersions", "effect": "delay", "delay": "500ms"}`) // a page at a time
	w.ask(http.MethodPost, "/faults", `{"action": "oss:DeleteMultipleObjects", "code": "SlowDown", "skip": 1, "times": 1}`)
	gone := instance + "?accepts_incomplete=true&service_id=" + bucketService + "&plan_id=" + bucketPlan
	go func() { // the first kill cuts the answer off
		_, _, _ = w.send(http.MethodDelete, "http://"+w.broker+gone, "", password)
	}()
	broker.until("operators see the progress", func() bool {
		said, _ := w.command("instances", "show", "killed")
		return strings.Contains(said, "objects_removed") && strings.Contains(said, "objects_found") && strings.Contains(said, strconv.Itoa(objects))
	})
	for range kills {
		_, before := w.content()
		broker.until("objects are removed", func() bool {
			_, now := w.content()
			return now < before
		})
		broker.signal(syscall.SIGKILL)
		broker.exit()
		if _, left := w.content(); left == 0 {
			t.Fatal("the bucket was empty before the last kill")
		}
		broker = w.start("broker", env, program("alibabacloud-servicebroker"))
		broker.until("the broker is ready again", w.brokerReady)
	}
	w.ask(http.MethodDelete, "/faults", "")
	broker.until("the deletion has succeeded", w.finished)
	if buckets, versions := w.content(); buckets+versions > 0 {
		t.Errorf("left are %d buckets with %d objects", buckets, versions)
	}
}
