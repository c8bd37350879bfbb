package sealed_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// tinkKeyset is a keyset of one new key, as Tink's tools write it.
func tinkKeyset(t *testing.T, template *tinkpb.KeyTemplate) []byte {
	t.Helper()
	handle, err := keyset.NewHandle(template)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFile_Create_HasMode0600AndNeverReplaces(t *testing.T) {
	dir := t.TempDir()
	path := newKeysetFile(t, dir, "keyset.json")
	before := read(t, path)
	if err := sealed.Create(t.Context(), sealed.File(path)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create over a keyset = %v, want ErrExist", err)
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the keyset was changed")
	}
	for _, when := range []string{"made", "replaced"} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s: mode %v, want 0600", when, info.Mode())
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: the folder holds %v, %v, want the keyset alone", when, entries, err)
		}
		if _, err := open(t, sealed.File(path)).Add(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFile_Replace_NeedsTheVersionThatWasRead(t *testing.T) {
	path := newKeysetFile(t, t.TempDir(), "keyset.json")
	source := sealed.File(path)
	_, version, err := source.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, second := []byte("first"), []byte("second")
	if err := source.Replace(t.Context(), first, version); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	if err := source.Replace(t.Context(), second, version); !errors.Is(err, sealed.ErrChanged) {
		t.Errorf("Replace of what is there no more = %v, want ErrChanged", err)
	}
	if got, now, err := source.Read(t.Context()); err != nil || !bytes.Equal(got, first) || now == version {
		t.Errorf("Read = %q, version changed %t, %v, want %q", got, now != version, err, first)
	}
}

func TestFile_Replace_FollowsALink(t *testing.T) {
	dir := t.TempDir()
	path, link := newKeysetFile(t, t.TempDir(), "keyset.json"), filepath.Join(dir, "link.json")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	if _, err := open(t, sealed.File(link)).Add(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is no link any more (%v)", err)
	}
	if bytes.Equal(before, read(t, path)) {
		t.Error("the file that the link leads to did not change")
	}
}

func TestFile_ReadOnly_IsLeftAsItIs(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere; TestKeys_ReadOnlySource_DiffersFromABrokenOne stands for it")
	}
	dir := t.TempDir()
	path := newKeysetFile(t, dir, "keyset.json")
	keys := open(t, sealed.File(path))
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	if _, err := keys.Add(t.Context()); !errors.Is(err, sealed.ErrReadOnly) {
		t.Errorf("Add = %v, want ErrReadOnly", err)
	}
}

func TestOpen_OtherContent_FailsWithoutQuotingIt(t *testing.T) {
	dir := t.TempDir()
	whole := read(t, newKeysetFile(t, dir, "whole.json"))
	for name, content := range map[string][]byte{
		"empty":                        {},
		"text":                         []byte("passw0rd"),
		"other JSON":                   []byte(`{"passw0rd":"passw0rd"}`),
		"empty keyset":                 []byte(`{"primaryKeyId":1,"key":[]}`),
		"cut off":                      whole[:len(whole)/2],
		"keys for MACs":                tinkKeyset(t, mac.HMACSHA256Tag128KeyTemplate()),
		"key without an output prefix": tinkKeyset(t, aead.AES256GCMNoPrefixKeyTemplate()),
	} {
		path := filepath.Join(dir, "keyset.json")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := sealed.Open(t.Context(), sealed.File(path), nil)
		if !errors.Is(err, store.ErrForeign) {
			t.Errorf("%s: Open = %v, want ErrForeign", name, err)
		} else if strings.Contains(err.Error(), "passw0rd") {
			t.Errorf("%s: the error quotes the file: %v", name, err)
		}
	}
	if err := os.Truncate(filepath.Join(dir, "keyset.json"), 1<<30); err != nil {
		t.Fatal(err)
	}
	if _, err := sealed.Open(t.Context(), sealed.File(filepath.Join(dir, "keyset.json")), nil); err == nil {
		t.Error("a file of a gigabyte was read")
	}
	if _, err := sealed.Open(t.Context(), sealed.File(filepath.Join(dir, "missing.json")), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of no file = %v, want ErrNotExist", err)
	}
}

func TestKeys_Printed_ShowNoSecret(t *testing.T) {
	keys := newKeys(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, keys); got != "keys" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}
