// Package sdks_test runs official Node clients of Alibaba Cloud, which were
// written without knowledge of this project, against the emulator: it speaks
// the cloud's protocols if they work unchanged but for the endpoint.
package sdks_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// npmTimeout leaves room for an empty cache and a slow network.
const npmTimeout = 5 * time.Minute

func TestEmulator_OfficialNodeClients_Work(t *testing.T) {
	if os.Getenv("NO_SDK_CHECKS") == "1" {
		t.Skip("NO_SDK_CHECKS=1: the official Node clients are NOT run against the emulator")
	}
	install(t)
	for name, tc := range map[string]struct {
		script    string
		algorithm string // of clients that know more than one; empty: their own choice
	}{
		"ali-oss with V1 and V4": {script: "ali-oss.mjs"},
		"pop-core":               {script: "pop-core.mjs"},
		"rds20140815, V3":        {script: "rds.mjs"},
		"ram and sts, V3":        {script: "ram-sts.mjs"},
		"rds20140815, V1":        {script: "rds.mjs", algorithm: "v2"},
		"ram and sts, V1":        {script: "ram-sts.mjs", algorithm: "v2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// go test's cache knows the files that the test itself opens.
			for _, file := range []string{tc.script, "clients.mjs"} {
				if _, err := os.ReadFile(file); err != nil {
					t.Fatal(err)
				}
			}
			// ali-oss has no call that lifts the block of a new bucket (A087).
			srv := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.PublicBuckets = true }))
			out, err := run(t, []string{
				"SDK_CHECK_ADDRESS=" + srv.Addr(), "SDK_CHECK_ALGORITHM=" + tc.algorithm,
				"SDK_CHECK_KEY_ID=" + srv.AccessKey().ID, "SDK_CHECK_KEY_SECRET=" + srv.AccessKey().Secret,
			}, "node", tc.script)
			if err != nil {
				t.Errorf("%s: %v\n%s", tc.script, err, out)
			}
			if d := srv.Dump(); !srv.Empty() {
				t.Errorf("%s has left %+v", tc.script, d)
			}
		})
	}
}

// install brings node_modules into the state of package-lock.json.
func install(t *testing.T) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: the SDK checks need Node.js 18 or newer with npm (Debian: apt-get install nodejs npm, or hack/install-test-needs); NO_SDK_CHECKS=1 goes without them", err)
		}
	}
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	want, stamp := hex.EncodeToString(sum[:]), filepath.Join("node_modules", ".installed")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return
	}
	out, err := run(t, nil, "npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund")
	if err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.WriteFile(stamp, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a program to its end, for at most the limit.
func run(t *testing.T, env []string, command ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), npmTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	// A proxy or credentials of the caller are for another cloud than the one
	// on loopback.
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); command[0] == "npm" || !strings.HasSuffix(strings.ToLower(name), "_proxy") && !strings.HasPrefix(name, "ALIBABA_CLOUD_") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = errors.Join(err, ctx.Err())
	}
	return string(out), err
}
