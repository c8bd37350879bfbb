package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
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
	bound, stateErr := s.cloudState(ctx)
	if stateErr != nil {
		return stateErr
	}
	l.holds(name+": a bind leaves the other's server as it is", fmt.Sprint(serverOf(bound, resource) == serverOf(before, resource)), serverOf(bound, resource) == serverOf(before, resource))
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

// serverOf returns the server of a resource id with its accounts, out of the state
// of the cloud.
func serverOf(state, resource string) string {
	var all struct {
		Instances []json.RawMessage `json:"instances"`
	}
	if json.Unmarshal([]byte(state), &all) != nil {
		return ""
	}
	for _, server := range all.Instances {
		if strings.Contains(string(server), `"`+resource+`"`) {
			return string(server)
		}
	}
	return ""
}

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
		value := records.Get(thief)
		changed := value[headSize:]
		for _, fact := range []string{"instance_id", "host", "port"} {
			old, replaced := thiefs.Facts[fact], victims.Facts[fact]
			if old == "" || replaced == "" {
				return fmt.Errorf("the records lack the fact %s", fact)
			}
			changed = bytes.ReplaceAll(changed, []byte(`"`+fact+`":"`+old+`"`), []byte(`"`+fact+`":"`+replaced+`"`))
		}
		if box := bytes.LastIndex(changed, []byte(`,"authentication":`)); without && box >= 0 {
			changed = append(bytes.Clone(changed[:box]), '}')
		}
		head := bytes.Clone(value[:headSize])
		binary.BigEndian.PutUint32(head[headSize-crc32.Size:], crc32.Checksum(changed, crc32.MakeTable(crc32.Castagnoli)))
		return records.Put(thief, append(head, changed...))
	})
}

// headSize is the size of what stands before the JSON of a stored value: its
// revision, and a checksum that needs no key.
const headSize = 8 + crc32.Size

// readFacts reads the facts in a stored value.
func readFacts(value []byte, into *stored) error {
	if len(value) < headSize {
		return errors.New("a record is too short")
	}
	return json.Unmarshal(value[headSize:], into)
}
