package processes_test

import (
	"encoding/json"
	"net/http"
	"slices"
)

// A call that arrived in the cloud.
type call struct {
	Action   string            `json:"action"`
	Params   map[string]string `json:"params"`
	Effected bool              `json:"effected"`
}

// calls are all that the emulator remembers: the last 10,000.
func (w *environment) calls() []json.RawMessage {
	w.t.Helper()
	return decode[[]json.RawMessage](w.t, w.ask(http.MethodGet, "/calls", ""))
}

// Followed are all the calls, if they are read before the emulator forgets them.
type followed struct {
	cluster *cluster
	last    string
	calls   []call // that had an effect
}

func (c *cluster) follow() *followed { return &followed{cluster: c} }

// read adds the calls since it was last called.
func (f *followed) read() {
	t := f.cluster.t
	t.Helper()
	all := f.cluster.calls()
	begin := 0
	if f.last != "" {
		for i := len(all); i > 0 && begin == 0; i-- {
			if string(all[i-1]) == f.last {
				begin = i
			}
		}
		if begin == 0 {
			t.Fatalf("the emulator has forgotten calls that were not read: it remembers %d", len(all))
		}
	}
	for _, raw := range all[begin:] {
		if one := decode[call](t, raw); one.Effected {
			f.calls = append(f.calls, one)
		}
		f.last = string(raw)
	}
}

// count how often an action had an effect, by the values of parameters.
func (f *followed) count(action string, by ...string) map[string]int {
	found := map[string]int{}
	for _, one := range f.calls {
		if one.Action != action {
			continue
		}
		name := ""
		for _, param := range by {
			name += "/" + one.Params[param]
		}
		found[name]++
	}
	return found
}

// once demands that an action had one effect on each of n.
func (f *followed) once(n int, action string, by ...string) {
	f.cluster.t.Helper()
	found := f.count(action, by...)
	if len(found) != n {
		f.cluster.t.Errorf("%s had an effect on %d, want %d", action, len(found), n)
	}
	for name, times := range found {
		if times != 1 {
			f.cluster.t.Errorf("%s had an effect on %s %d times", action, name, times)
		}
	}
}

// onceEach demands that each database, account, bucket, user and policy was
// created once, and that only the user's own ones were deleted. A process can
// end with the secret of a new access key; the key is then deleted and created
// again, and onceEach returns how many were.
func (f *followed) onceEach(work *load, buckets int) (again int) {
	c, t := f.cluster, f.cluster.t
	t.Helper()
	// A request repeated with its token had the effect of one: the cloud
	// answered with the same database.
	tokens := f.count("CreateDBInstance", "DBInstanceDescription", "ClientToken")
	descriptions := f.count("CreateDBInstance", "DBInstanceDescription")
	if len(tokens) != len(work.databases) || len(descriptions) != len(work.databases) {
		t.Errorf("%d requests made databases of %d descriptions, want %d", len(tokens), len(descriptions), len(work.databases))
	}
	f.once(0, "DeleteDBInstance", "DBInstanceId")
	f.once(len(work.bindings), "CreateAccount", "DBInstanceId")
	f.once(0, "DeleteAccount", "DBInstanceId", "AccountName")
	instances := c.instances()
	if len(instances) != len(work.databases) {
		t.Errorf("the cloud has %d databases, want %d", len(instances), len(work.databases))
	}
	accounts := 0
	for _, i := range instances {
		accounts += len(i.Accounts)
	}
	if accounts != len(work.bindings) {
		t.Errorf("the cloud has %d accounts, want %d", accounts, len(work.bindings))
	}
	for _, made := range []struct{ action, by string }{
		{"oss:PutBucket", "bucket"}, {"oss:DeleteBucket", "bucket"}, {"CreateUser", "UserName"}, {"DeleteUser", "UserName"},
		{"CreatePolicy", "PolicyName"}, {"DeletePolicy", "PolicyName"},
	} {
		f.once(buckets, made.action, made.by)
	}
	keys, removed := f.count("CreateAccessKey", "UserName"), f.count("DeleteAccessKey", "UserName")
	if len(keys) != buckets {
		t.Errorf("%d users had keys, want %d", len(keys), buckets)
	}
	for name, times := range keys {
		if removed[name] != times {
			t.Errorf("of %d keys of %s %d were removed", times, name, removed[name])
		}
		again += times - 1
	}
	return again
}

// goneOnceEach demands that each database was removed once and none was created
// again.
func (f *followed) goneOnceEach(work *load) {
	f.cluster.t.Helper()
	f.once(len(work.databases), "DeleteDBInstance", "DBInstanceId")
	if made := f.count("CreateDBInstance", "DBInstanceDescription", "ClientToken"); len(made) != len(work.databases) {
		f.cluster.t.Errorf("%d requests made databases, want %d", len(made), len(work.databases))
	}
	var ids []string
	for name := range f.count("CreateAccount", "DBInstanceId") {
		ids = append(ids, name)
	}
	if removed := f.count("DeleteDBInstance", "DBInstanceId"); slices.ContainsFunc(ids, func(id string) bool { return removed[id] == 0 }) {
		f.cluster.t.Errorf("accounts were made in databases that nobody removed")
	}
}
