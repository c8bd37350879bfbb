package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// attackRecords writes the store without a key: the record of one instance gets the
// resource of another. Then it binds the first and deletes it.
func attackRecords(ctx context.Context, l *lab) error {
	for _, c := range []struct {
		name    string
		without bool // the record's authentication is taken out too
	}{
		{"facts of another instance", false},
		{"facts of another instance, authentication removed", true},
	} {
		if !l.isChosen(c.name) {
			continue
		}
		if err := l.recordCase(ctx, c.name, c.without); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) recordCase(ctx context.Context, name string, without bool) error {
	s, err := l.start(ctx, setup{cloud: true})
	if err != nil {
		return err
	}
	defer s.close()
	for _, id := range []string{"thief", "victim"} {
		if err := s.provision(ctx, id, rdsService, rdsPlan); err != nil {
			return err
		}
	}
	before, err := s.cloudState(ctx)
	if err != nil {
		return err
	}
	s.stopBroker()
	resource, err := swapFacts(filepath.Join(s.dir, "data", "broker.db"), without)
	if err != nil {
		return err
	}
	if err := s.startBroker(ctx); err != nil {
		return err
	}
	client := fresh("")
	found, answer, err := send(ctx, client, http.MethodPut, s.instance("thief", "/service_bindings/b"), strings.NewReader(put(rdsService, rdsPlan, "tenant-thief", nil)), asPlatform)
	l.holds(name+": a bind gives no credentials", fmt.Sprintf("status %d %.90s", found, answer), err != nil || found >= http.StatusBadRequest)
	query := fmt.Sprintf("?accepts_incomplete=true&service_id=%s&plan_id=%s", rdsService, rdsPlan)
	found, _, err = send(ctx, client, http.MethodDelete, s.instance("thief", query), nil, asPlatform)
	if err != nil {
		return err
	}
	pause(ctx, 5*time.Second) // a delete takes less
	after, err := s.cloudState(ctx)
	if err != nil {
		return err
	}
	l.holds(name+": the other's server stays after a deprovision", fmt.Sprintf("status %d, in the cloud: %t", found, strings.Contains(after, resource)), strings.Contains(after, resource))
	l.holds(name+": and has no new account", fmt.Sprintf("%d accounts before, %d after", accounts(before), accounts(after)), accounts(after) <= accounts(before))
	return nil
}

// cloudState returns the resources of the emulated cloud as JSON.
func (s *site) cloudState(ctx context.Context) (string, error) {
	found, answer, err := send(ctx, fresh(""), http.MethodGet, "http://"+s.control+"/state", nil, nil)
	if err != nil || found != http.StatusOK {
		return "", fmt.Errorf("the state of the cloud: status %d, %w", found, err)
	}
	return string(answer), nil
}

func accounts(state string) int { return strings.Count(state, `"AccountName"`) }

// A stored is a record as far as the attack changes it.
type stored struct {
	Facts map[string]string `json:"facts"`
}

// swapFacts gives the thief's record the victim's facts, and returns the id of the
// victim's resource.
func swapFacts(path string, without bool) (resource string, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return resource, db.Update(func(tx *bbolt.Tx) error {
		records := tx.Bucket([]byte("records"))
		var thief, victim []byte
		var thiefs, victims stored
		err := records.ForEach(func(key, value []byte) error {
			switch {
			case bytes.Contains(key, []byte("thief")):
				thief = bytes.Clone(key)
				return readFacts(value, &thiefs)
			case bytes.Contains(key, []byte("victim")):
				victim = bytes.Clone(key)
				return readFacts(value, &victims)
			}
			return nil
		})
		if err != nil || thief == nil || victim == nil {
			return fmt.Errorf("the store lacks the records, %w", err)
		}
		resource = victims.Facts["instance_id"]
		changed := records.Get(thief)
		for _, fact := range []string{"instance_id", "host", "port"} {
			old, replaced := thiefs.Facts[fact], victims.Facts[fact]
			if old == "" || replaced == "" {
				return fmt.Errorf("the records lack the fact %s", fact)
			}
			changed = bytes.ReplaceAll(changed, []byte(`"`+fact+`":"`+old+`"`), []byte(`"`+fact+`":"`+replaced+`"`))
		}
		if at := bytes.LastIndex(changed, []byte(`,"authentication":`)); without && at >= 0 {
			changed = append(bytes.Clone(changed[:at]), '}')
		}
		return records.Put(thief, changed)
	})
}

// readFacts reads the facts in a stored value, which may have bytes before its
// JSON.
func readFacts(value []byte, into *stored) error {
	at := bytes.IndexByte(value, '{')
	if at < 0 {
		return errors.New("a record is no JSON")
	}
	return json.Unmarshal(value[at:], into)
}
