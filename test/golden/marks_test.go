package golden_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// marked are the calls that mark a resource as ours. The resource that each
// makes is found again by its mark alone: facts that name it are gone.
var marked = []struct { //nolint:gochecknoglobals // a table that nobody writes
	mark    string
	calls   []string // in their order; the last one's task is observed
	forget  []string // facts
	behave  func(*emulatedrds.Behaviour)
	removal string // the step that removes it
}{
	{
		mark: "tags of a DB instance", calls: []string{"rds/provision/create"},
		forget: []string{"instance_id", "tagged", "asked"}, removal: "delete",
	},
	{
		mark: "description of a DB instance", calls: []string{"rds-untagged-super/provision/create"},
		forget: []string{"instance_id", "tagged", "asked"},
		behave: func(b *emulatedrds.Behaviour) { b.DropTags = true }, removal: "delete",
	},
	{
		mark: "description of an account with a drawn name", calls: []string{"rds/provision/create", "rds/bind/account"},
		forget: []string{"account_made", "asked"}, removal: "delete-account",
	},
	{
		mark:   "description of an account with a chosen name",
		calls:  []string{"rds-chosen-name/provision/create", "rds-chosen-name/bind/account"},
		forget: []string{"account_made", "asked"}, removal: "delete-account",
	},
	{mark: "tags of a bucket", calls: []string{"oss/provision/bucket", "oss/provision/tags"}, forget: []string{"bucket"}, removal: "delete-bucket"},
	{mark: "comments of a RAM user", calls: []string{"oss/bind/user"}, forget: []string{"username"}, removal: "delete-user"},
	{mark: "description of a RAM policy", calls: []string{"oss/bind/policy"}, forget: []string{"policy"}, removal: "delete-policy"},
}

// TestGolden_OldMarks_AreRecognised makes resources with the requests of
// before and looks for them with the code of now.
func TestGolden_OldMarks_AreRecognised(t *testing.T) {
	calls := map[string]goldenCall{}
	for _, c := range readLines[goldenCall](t, "calls.jsonl") {
		calls[c.Name] = c
	}
	for _, m := range marked {
		t.Run(strings.ReplaceAll(m.mark, " ", "_"), func(t *testing.T) {
			t.Parallel()
			cloud := newCloud(t)
			if m.behave != nil {
				cloud.RDS().Behave(m.behave)
			}
			all := providersOf(t, clientsAt(t, cloud.URL(), accountKey()))
			ids := map[string]string{}
			for i, name := range m.calls {
				c, ok := calls[name]
				if !ok {
					t.Fatalf("there is no recorded call %s", name)
				}
				resumed := c.resume(t, renaming(ids))
				facts, err := all[c.Provider].Do(t.Context(), resumed.task, resumed.step)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if old := c.Facts.Open["instance_id"]; old != "" {
					ids[old] = facts.Open["instance_id"]
				}
				if i == len(m.calls)-1 {
					checkRecognised(t, all[c.Provider], resumed.task, m.forget, m.removal)
				}
			}
		})
	}
}

// checkRecognised checks that a look finds the task's resource without the
// facts, and that it would be removed.
func checkRecognised(t *testing.T, p providers.Provider, task providers.Task, forget []string, removal string) {
	t.Helper()
	for _, fact := range forget {
		delete(task.Facts.Open, fact)
	}
	for _, goal := range []providers.Goal{providers.Present, providers.Absent} {
		task.Goal = goal
		seen, err := p.Observe(t.Context(), task)
		if err != nil {
			t.Fatalf("Observe with the goal %s: %v", goal, err)
		}
		if !seen.Exists {
			t.Errorf("with the goal %s the resource is not recognised", goal)
		}
		if step := p.Next(task, seen); goal == providers.Absent && (step.Action != providers.Call || step.Name != removal) {
			t.Errorf("the removal begins with %s %q, want a call of %q", step.Action, step.Name, removal)
		}
	}
}

// renaming returns a change of records: the cloud has given other ids than
// when they were recorded.
func renaming(ids map[string]string) func(*store.Record) {
	return func(r *store.Record) {
		for name, value := range r.Facts {
			for old, now := range ids {
				r.Facts[name] = strings.ReplaceAll(value, old, now)
			}
		}
		_ = r.EachSealed(func(_ string, s *store.Sealed) error {
			plain, err := s.Open()
			for old, now := range ids {
				plain = bytes.ReplaceAll(plain, []byte(old), []byte(now))
			}
			*s = store.Seal(plain)
			return err
		})
	}
}

func withKey() emulatortest.Option {
	return emulatortest.WithConfig(func(c *emulator.Config) {
		key := accountKey()
		c.AccessKey = emulator.AccessKey{ID: key.ID, Secret: key.Secret}
		c.PublicBuckets = true // a recorded bucket is public
	})
}

func newCloud(t *testing.T) *emulator.Server {
	t.Helper()
	return emulatortest.New(t, withKey())
}
