package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

func TestSealed_Printed_ShowsNoSecret(t *testing.T) {
	const secret = "hunter2"
	opened := store.Boxed([]byte("box"), func([]byte) ([]byte, error) { return []byte(secret), nil })
	for _, s := range []store.Sealed{store.Seal([]byte(secret)), opened} {
		r := store.Record{Secrets: s, Want: &store.Spec{Parameters: s}, Frozen: map[string]store.Sealed{"a": s}}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "secret", s, "record", r)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "secret", s, "record", r)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&log, verb+verb+verb+"\n", s, &s, r)
		}
		bytesOf := strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")
		for _, form := range []string{secret, bytesOf, fmt.Sprintf("%x", secret)} {
			if strings.Contains(log.String(), form) {
				t.Errorf("the secret was printed, as %q:\n%s", form, log.String())
			}
		}
	}
}

func TestSealed_EmptyBytes_AreAbsent(t *testing.T) {
	var fromJSON, fromNull store.Sealed
	if err := errors.Join(json.Unmarshal([]byte(`""`), &fromJSON), json.Unmarshal([]byte(`null`), &fromNull)); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]store.Sealed{
		"zero": {}, "Seal": store.Seal(nil), "Boxed": store.Boxed(nil, nil), "empty JSON": fromJSON, "null": fromNull,
	} {
		if plain, err := s.Open(); !s.IsZero() || s.Box() != nil || plain != nil || err != nil {
			t.Errorf("%s: zero %t, box %x, opens as %q, %v", name, s.IsZero(), s.Box(), plain, err)
		}
	}
}

func TestSeal_ChangedInput_KeepsCopy(t *testing.T) {
	plain := []byte("secret")
	s := store.Seal(plain)
	plain[0] = 'X'
	if got, err := s.Open(); err != nil || string(got) != "secret" {
		t.Errorf("Open = %q, %v", got, err)
	}
}

func TestKey_Order_IsInstanceFirst(t *testing.T) {
	ordered := []store.Key{{}, {InstanceID: "a"}, {InstanceID: "a", BindingID: "z"}, {InstanceID: "a\x00"}, {InstanceID: "b"}}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := a.Compare(b), sign(i-j); got != want {
				t.Errorf("%s Compare %s = %d, want %d", a, b, got, want)
			}
		}
	}
}

func sign(n int) int { return max(-1, min(1, n)) }

func TestKey_String_IsOneLine(t *testing.T) {
	for _, id := range []string{"a\nb", "a\rb", "a\x1b[31m"} {
		k := store.Key{InstanceID: id, BindingID: id}
		if strings.ContainsAny(k.String()+k.Instance().String(), "\n\r\x1b") {
			t.Errorf("String of %q prints control characters", id)
		}
	}
}
