package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
)

// bound runs client binding and returns its report.
func bound(t *testing.T, environment map[string]string, args ...string) (report, error) {
	t.Helper()
	out, err := call(t, environment, "", append([]string{"binding"}, args...)...)
	var r report
	if jsonErr := json.Unmarshal([]byte(out), &r); jsonErr != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("client binding %q prints %q, which is not one line of JSON (%v); it ends with %v", args, out, jsonErr, err)
	}
	if r.OK != (err == nil) || r.Denied != (exitCode(err) == exitDenied) {
		t.Errorf("client binding %q reports %+v and ends with %v", args, r, err)
	}
	return r, err
}

// volume is a folder as a platform mounts a Secret.
func volume(t *testing.T, secret map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, value := range secret {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// walk does all that a binding can do, in a service that is empty at first.
func walk(t *testing.T, secret map[string]string) {
	t.Helper()
	prefixed := map[string]string{}
	for name, value := range secret {
		prefixed["DB_"+name] = value
	}
	if r, err := bound(t, secret, "--do=read"); !errors.Is(err, errNothingThere) {
		t.Errorf("reading in an empty service: %+v, %v", r, err)
	}
	if r, err := bound(t, secret, "--do=login"); err != nil {
		t.Errorf("login with the environment: %+v, %v", r, err)
	}
	if r, err := bound(t, prefixed, "--prefix=DB_"); err != nil || r.Found != 1 {
		t.Errorf("the first write: %+v, %v, want one token", r, err)
	}
	if r, err := bound(t, secret, "--dir", volume(t, secret)); err != nil || r.Found != 2 {
		t.Errorf("a write with environment and folder: %+v, %v, want two tokens", r, err)
	}
	if r, err := bound(t, nil, "--do=read", "--dir", volume(t, secret)); err != nil || r.Found != 2 {
		t.Errorf("reading with the folder alone: %+v, %v, want two tokens", r, err)
	}
	if r, err := bound(t, secret, "--do=clean"); err != nil || r.Found != 0 {
		t.Errorf("cleaning: %+v, %v, want nothing left", r, err)
	}
}

func TestBinding_Database_IsUsed(t *testing.T) {
	secret, server := database(t)
	walk(t, secret)

	if err := server.DropAccount(t.Context(), secret["username"]); err != nil {
		t.Fatal(err)
	}
	if r, err := bound(t, secret, "--do=login"); exitCode(err) != exitDenied || !r.Denied {
		t.Errorf("login after the account has gone: %+v, %v, want a refusal", r, err)
	} else if line, _ := json.Marshal(r); strings.Contains(string(line), secret["password"]) {
		t.Errorf("the report holds the password: %s", line)
	}
}

// database is a MariaDB server with one account, as RDS makes it for a binding.
func database(t *testing.T) (map[string]string, engine.Server) {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	if _, err := exec.LookPath("mariadbd"); err != nil && os.Getenv("REQUIRE_ENGINES") == "" {
		t.Skip("MariaDB is not installed")
	}
	engines, err := engine.NewMariaDB(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engines.Close(); err != nil {
			t.Error(err)
		}
	})
	server, err := engines.Start(t.Context(), "rm-1", "MySQL")
	if err != nil {
		t.Fatal(err)
	}
	server.Allow([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	const user, password, name = "u1", "Pass-word_1", "app"
	if err := errors.Join(
		server.CreateDatabase(t.Context(), name, "utf8mb4"),
		server.CreateAccount(t.Context(), user, password, false),
		server.Grant(t.Context(), user, name, "ReadWrite"),
	); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"type": "mysql", "username": user, "password": password, "database": name,
		"host": server.Addr().Addr().String(), "port": strings.Split(server.Addr().String(), ":")[1],
		"uri": "mysql://" + user + ":" + password + "@" + server.Addr().String() + "/" + name,
	}, server
}

func TestBinding_Bucket_IsUsed(t *testing.T) {
	cloud := emulatortest.New(t)
	key := cloud.AccessKey()
	secret := map[string]string{
		"type": "oss", "bucket": "osb-bucket", "region": cloud.Region(), "endpoint": cloud.URL(), "host": cloud.Addr(),
		"username": "u1", "access_key_id": key.ID, "secret_access_key": key.Secret,
	}
	makeBucket(t.Context(), t, secret)
	walk(t, secret)

	wrong := maps.Clone(secret)
	wrong["secret_access_key"] = "not-the-secret-1"
	for _, do := range []string{"login", "write", "read", "clean"} {
		if r, err := bound(t, wrong, "--do="+do); exitCode(err) != exitDenied || strings.Contains(r.Error, "not-the-secret-1") {
			t.Errorf("%s with a wrong key: %+v, %v, want a refusal that does not hold it", do, r, err)
		}
	}
}

func makeBucket(ctx context.Context, t *testing.T, secret map[string]string) {
	t.Helper()
	config := oss.LoadDefaultConfig().WithEndpoint(secret["endpoint"]).WithRegion(secret["region"]).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(secret["access_key_id"], secret["secret_access_key"]))
	name := secret["bucket"]
	if _, err := oss.NewClient(config).PutBucket(ctx, &oss.PutBucketRequest{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
}

func TestBinding_ContradictingCredentials_AreRefused(t *testing.T) {
	secret := map[string]string{
		"type": "mysql", "username": "u", "password": "p-1", "host": "127.0.0.1", "port": "3306", "database": "d",
		"uri": "mysql://u:p-1@127.0.0.1:3306/d",
	}
	with := func(name, value string) map[string]string {
		changed := maps.Clone(secret)
		changed[name] = value
		return changed
	}
	cases := map[string]struct {
		reason      string
		environment map[string]string
		folder      map[string]string
		want        error
	}{
		"Password":  {reason: "The uri and the password must agree.", environment: with("password", "p-2"), want: errContradiction},
		"Port":      {reason: "The uri and the port must agree.", environment: with("port", "3307"), want: errContradiction},
		"Folder":    {reason: "Environment and folder must agree.", environment: secret, folder: with("password", "p-2"), want: errContradiction},
		"Missing":   {reason: "A folder that lacks one is another binding.", environment: with("jdbcUrl", "jdbc:mysql://127.0.0.1:3306/d"), folder: secret, want: errContradiction},
		"OtherType": {reason: "An unknown service cannot be used.", environment: with("type", "redis"), want: errUsage},
		"Nothing":   {reason: "There must be credentials.", environment: map[string]string{}, want: errUsage},
		"Empty":     {reason: "There must be credentials in the folder.", environment: map[string]string{}, folder: map[string]string{}, want: errUsage},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			args := []string{"--do=login"}
			if tc.folder != nil {
				args = append(args, "--dir", volume(t, tc.folder))
			}
			r, err := bound(t, tc.environment, args...)
			if !errors.Is(err, tc.want) || strings.Contains(r.Error, "p-1") || strings.Contains(r.Error, "p-2") {
				t.Errorf("client binding: %+v, %v, want %v without the password: %s", r, err, tc.want, tc.reason)
			}
		})
	}
}
