package storetest

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// An AlteredOpener opens a store that seals records with keys that require boxes,
// and the same store without the sealing, for a writer that has no key.
type AlteredOpener func(t *testing.T, dir string) (sealed, unsealed store.Store)

// RunAltered runs the rules about records that a writer without the keys has
// changed: such a record decides nothing and reveals no secret.
func RunAltered(t *testing.T, open AlteredOpener) {
	for name, alter := range alterations() {
		t.Run("Altered_"+name+"_IsRefused", func(t *testing.T) {
			a := openAltered(t, open)
			a.alter(t, alter)
			a.isRefused(t)
			a.leavesOthers(t)
		})
	}
	t.Run("Altered_AnyMember_IsRefused", func(t *testing.T) {
		a := openAltered(t, open)
		digest, key := (&suite{Store: a.sealed}).putBody(t, "body")
		before := a.put(t, a.sealed, victim(), func(r *store.Record) { r.Bodies = map[string]store.Sealed{digest: key} })
		for member := range reflect.TypeFor[store.Record]().Fields() {
			field := member.Name
			switch field {
			case "Key", "Schema", "Revision", "Authentication": // the store's own
				continue
			}
			if reflect.ValueOf(before).FieldByName(field).IsZero() {
				continue // left out by fill, which a test of its own finds
			}
			a.alter(t, func(_, r *store.Record) { reflect.ValueOf(r).Elem().FieldByName(field).SetZero() })
			if r := a.get(t, victim()); !errors.Is(r.Authenticate(), store.ErrAltered) {
				t.Errorf("without %s: Authenticate = %v, want ErrAltered", field, r.Authenticate())
			}
			a.alter(t, func(_, r *store.Record) { *r = before })
		}
		if r := a.get(t, victim()); r.Authenticate() != nil {
			t.Errorf("as it was again: %v", r.Authenticate())
		}
	})
	// A box has no time, as docs/sealing.md says.
	t.Run("Altered_OlderRecordWhole_GoesUnnoticed", func(t *testing.T) {
		a := openAltered(t, open)
		older := a.get(t, victim())
		a.put(t, a.sealed, victim(), func(r *store.Record) { r.Region = "cn-beijing" })
		a.alter(t, func(_, r *store.Record) { *r = older })
		if r := a.get(t, victim()); r.Authenticate() != nil || r.Region == "cn-beijing" {
			t.Errorf("region %s, Authenticate = %v", r.Region, r.Authenticate())
		}
	})
}

// victim is the key of the altered record, and other the key of one beside it.
func victim() store.Key { return binding("i", "b") }
func other() store.Key  { return binding("i", "c") }

// alterations are changes of the record of victim by a writer without the keys;
// another is the record of other.
func alterations() map[string]func(another, r *store.Record) {
	unknown := func(text string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"later": json.RawMessage(text)}
	}
	return map[string]func(another, r *store.Record){
		"Fact":          func(_, r *store.Record) { r.Facts["id"] = "rm-2" },
		"AddedFact":     func(_, r *store.Record) { r.Facts["host"] = "db.example.com" },
		"Plan":          func(_, r *store.Record) { r.Have.Plan = json.RawMessage(`{"x":2}`) },
		"Account":       func(_, r *store.Record) { r.Account = "5678" },
		"Goal":          func(_, r *store.Record) { r.Goal = store.Absent },
		"Tombstone":     func(_, r *store.Record) { r.Deleted = time.Time{} },
		"BodyDigest":    func(_, r *store.Record) { r.Have.Bodies = map[string]string{"template": "ffee"} },
		"Incarnation":   func(_, r *store.Record) { r.Incarnation = "00aa" },
		"UnknownMember": func(_, r *store.Record) { r.Unknown = unknown(`{"a":[2]}`) },
		"UnknownWithin": func(_, r *store.Record) { r.Operation.Unknown = unknown(`2`) },
		"SecretBox":     func(another, r *store.Record) { r.Credentials = store.Boxed(another.Credentials.Box(), nil) },
		"StrippedBox":   func(_, r *store.Record) { r.Authentication = store.Authentication{} },
		"BoxOfAnother":  func(another, r *store.Record) { r.Authentication = another.Authentication },
		"CopyOfAnother": func(another, r *store.Record) { *r = *another },
		"BrokenBox":     func(_, r *store.Record) { r.Authentication = box([]byte("broken")) },
		"BoxOfASecret":  func(_, r *store.Record) { r.Authentication = box(r.Secrets.Box()) },
		"StrippedToOld": func(_, r *store.Record) { r.Authentication, r.Schema = store.Authentication{}, 1 },
		"Predecessor":   func(_, r *store.Record) { r.Predecessor = "c" },
	}
}

// box is the authentication with this box.
func box(b []byte) store.Authentication {
	return store.SealedBy(func([]byte) ([]byte, error) { return b, nil })
}

// An altered is a sealed store with two records, and the same store as a writer
// without the keys has it.
type altered struct {
	sealed, unsealed store.Store
}

func openAltered(t *testing.T, open AlteredOpener) altered {
	t.Helper()
	var a altered
	a.sealed, a.unsealed = open(t, t.TempDir())
	t.Cleanup(func() { _ = a.sealed.Close() })
	for _, k := range []store.Key{victim(), other()} {
		a.put(t, a.sealed, k, fillSecrets)
	}
	return a
}

func (a altered) put(t *testing.T, st store.Store, k store.Key, change func(*store.Record)) store.Record {
	t.Helper()
	return (&suite{Store: st}).put(t, k, change)
}

func (a altered) get(t *testing.T, k store.Key) store.Record {
	t.Helper()
	return (&suite{Store: a.sealed}).get(t, k)
}

// alter changes the record of victim without the keys.
func (a altered) alter(t *testing.T, change func(another, r *store.Record)) {
	t.Helper()
	another := a.get(t, other())
	a.put(t, a.unsealed, victim(), func(r *store.Record) { change(&another, r) })
}

// isRefused checks that the record of victim is readable for polls and lists, and
// that nothing else is done with it.
func (a altered) isRefused(t *testing.T) {
	t.Helper()
	reads := map[string]store.Record{"Get": a.get(t, victim())}
	items, err := a.sealed.Bindings(t.Context(), "i")
	if err != nil || len(items) != 2 || items[0].Err != nil {
		t.Fatalf("Bindings = %d records, %v", len(items), err)
	}
	reads["Bindings"] = items[0].Record
	for r, err := range a.sealed.All(t.Context()) {
		if err != nil {
			t.Fatalf("All: %v", err)
		}
		if r.Key == victim() {
			reads["All"] = r
		}
	}
	for how, r := range reads {
		if err := r.Authenticate(); !errors.Is(err, store.ErrAltered) {
			t.Errorf("%s: Authenticate = %v, want ErrAltered", how, err)
		}
		_ = r.EachSealed(func(field string, secret *store.Sealed) error {
			if plain, err := secret.Open(); err == nil && !secret.IsZero() {
				t.Errorf("%s: %s opens as %q", how, field, plain)
			}
			return nil
		})
	}
	called := func(*store.Record) error { t.Error("a decision was made from the record"); return nil }
	if _, err := a.sealed.Update(t.Context(), victim(), called); !errors.Is(err, store.ErrAltered) {
		t.Errorf("Update = %v, want ErrAltered", err)
	}
	if err := a.sealed.Delete(t.Context(), victim(), called); !errors.Is(err, store.ErrAltered) {
		t.Errorf("Delete with a check = %v, want ErrAltered", err)
	}
	if now := a.get(t, victim()); now.Revision != reads["Get"].Revision {
		t.Error("the record was written")
	}
	if err := a.sealed.Delete(t.Context(), victim(), nil); err != nil {
		t.Errorf("Delete without a check = %v: an operator could not purge it", err)
	}
}

// leavesOthers checks that the record beside victim works on.
func (a altered) leavesOthers(t *testing.T) {
	t.Helper()
	r := a.put(t, a.sealed, other(), func(r *store.Record) { r.Region = "cn-beijing" })
	if err := r.Authenticate(); err != nil {
		t.Errorf("the other record as saved: %v", err)
	}
	opens(t, "Get", a.get(t, other()))
}
