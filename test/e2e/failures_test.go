package e2e_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"
)

// The pod that runs the operations dies while it waits for the answer of the
// cloud, which has made the instance.
func TestLeader_KilledDuringProvision_IsReplaced(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-leader")
	here.cloud.fault(t, `{"action": "CreateDBInstance", "effect": "hang-after", "times": 1}`)
	database(t, ns, "db")
	until(t, 30*time.Second, "the cloud has made an instance, and does not say so", func() (bool, string) {
		s := here.cloud.state(t)
		return len(s.Instances) > 0, fmt.Sprintf("%+v", s)
	})
	leader, _ := r.leader(t)
	kubectl(t, "-n", r.namespace, "delete", "pod", leader, "--grace-period=0", "--force")
	ready(t, 2*time.Minute, ns, "serviceinstance", "db")
	if s := here.cloud.state(t); len(s.Instances) != 1 {
		t.Errorf("there are %d instances: %+v", len(s.Instances), s.Instances)
	}
	bind(t, ns, "login", "db")
	ready(t, time.Minute, ns, "servicebinding", "login")
	if code, report := use(t, ns, "login", "write"); code != clientOK {
		t.Errorf("the instance's database: %d, %+v", code, report)
	}
}

// A pod is deleted, in good order, while a platform waits for its binding: the
// one that works on it, the other one, and the one that has the open request.
// The last is one of the first two, but which is the service's choice.
func TestPod_DeletedDuringBind_LosesNothing(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-bind")
	database(t, ns, "db")
	ready(t, time.Minute, ns, "serviceinstance", "db")
	victims := map[string]func(*testing.T) string{
		"leader":   func(t *testing.T) string { leader, _ := r.leader(t); return leader },
		"follower": func(t *testing.T) string { _, others := r.leader(t); return others[0] },
		"waiting":  r.waiting,
	}
	for _, victim := range slices.Sorted(maps.Keys(victims)) {
		t.Run(victim, func(t *testing.T) {
			r.serving(t)
			here.cloud.fault(t, `{"action": "CreateAccount", "effect": "delay", "delay": "4s", "times": 1}`)
			bind(t, ns, victim, "db")
			until(t, 30*time.Second, "the binding is asked for", func() (bool, string) {
				return r.unfinished(t) != "", "the broker has nothing to do"
			})
			kubectl(t, "-n", r.namespace, "delete", "pod", victims[victim](t), "--wait=false")
			ready(t, 90*time.Second, ns, "servicebinding", victim)
			if code, report := use(t, ns, victim, "write"); code != clientOK {
				t.Errorf("the login: %d, %+v", code, report)
			}
		})
	}
	if s := here.cloud.state(t); len(s.Instances) != 1 || len(s.Instances[0].Accounts) != len(victims) {
		t.Errorf("%d bindings, and in the cloud is %+v", len(victims), s.Instances)
	}
}

// waiting is the pod in which a request waits for its operation.
func (r *release) waiting(t *testing.T) string {
	t.Helper()
	found := ""
	until(t, 10*time.Second, "a request waits in a pod", func() (bool, string) {
		for _, p := range r.pods(t) {
			if v := sample(scrape(t, p), "alibabacloud_broker_waiting_requests"); v != "" && v != "0" {
				found = p.Metadata.Name
			}
		}
		return found != "", "in none"
	})
	return found
}

// Both replicas are away for two minutes, in which Service Catalog asks in vain
// for all that is going on. Its patience is about 165 seconds.
func TestOutage_EveryObject_RecoversAfterwards(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-outage")
	for _, name := range []string{"updated", "deleted", "bound", "unbound"} {
		database(t, ns, name)
	}
	for _, name := range []string{"updated", "deleted", "bound", "unbound"} {
		ready(t, time.Minute, ns, "serviceinstance", name)
	}
	bind(t, ns, "unbound", "unbound")
	ready(t, time.Minute, ns, "servicebinding", "unbound")

	here.cloud.freeze(t)
	database(t, ns, "made")
	kubectl(t, "-n", ns, "patch", "serviceinstance", "updated", "--type=merge", "-p", `{"spec":{"clusterServicePlanExternalName":"rds-mysql-s2-large"}}`)
	kubectl(t, "-n", ns, "delete", "serviceinstance", "deleted", "--wait=false")
	for _, name := range []string{"made", "updated", "deleted"} {
		until(t, 30*time.Second, name+" is under way", func() (bool, string) {
			var s served
			get(t, &s, "serviceinstance", "-n", ns, name)
			return s.Status.AsyncOpInProgress, fmt.Sprintf("%+v", s.Status)
		})
	}
	before := r.pods(t)
	kubectl(t, "-n", r.namespace, "scale", "deployment", r.name, "--replicas=0")
	r.gone(t, before)
	away := time.Now()
	database(t, ns, "asked-meanwhile")
	kubectl(t, "-n", ns, "delete", "servicebinding", "unbound", "--wait=false")
	<-time.After(time.Until(away.Add(2 * time.Minute)))
	kubectl(t, "-n", r.namespace, "scale", "deployment", r.name, "--replicas=2")
	here.cloud.thaw(t)
	r.serving(t)
	r.platform(t) // once it is reached
	// After the bind: a connection that times out ends a bind for Service
	// Catalog, even if the broker finishes it.
	bind(t, ns, "bound", "bound")

	const limit = 3 * time.Minute // Service Catalog's own pace by now
	for _, name := range []string{"made", "updated", "asked-meanwhile"} {
		ready(t, limit, ns, "serviceinstance", name)
	}
	ready(t, limit, ns, "servicebinding", "bound")
	until(t, limit, "what was to be deleted is gone", func() (bool, string) {
		left := kubectl(t, "-n", ns, "get", "serviceinstance/deleted", "servicebinding/unbound", "--ignore-not-found", "-o", "name")
		return left == "", left
	})
	if code, report := use(t, ns, "bound", "write"); code != clientOK {
		t.Errorf("the login made after the outage: %d, %+v", code, report)
	}
}

// A namespace is deleted with all its objects: instances and bindings at the
// same time, in any order.
func TestNamespace_Deletion_Ends(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	ns := namespace(t, "e2e-namespace")
	database(t, ns, "db")
	bucket(t, ns, "files")
	ready(t, time.Minute, ns, "serviceinstance", "db")
	ready(t, time.Minute, ns, "serviceinstance", "files")
	bind(t, ns, "db", "db")
	bind(t, ns, "files", "files")
	ready(t, time.Minute, ns, "servicebinding", "db")
	ready(t, time.Minute, ns, "servicebinding", "files")
	here.cloud.freeze(t)
	database(t, ns, "unfinished")
	until(t, 30*time.Second, "an instance is under way", func() (bool, string) {
		var s served
		get(t, &s, "serviceinstance", "-n", ns, "unfinished")
		return s.Status.AsyncOpInProgress, fmt.Sprintf("%+v", s.Status)
	})
	kubectl(t, "delete", "namespace", ns, "--wait=false")
	until(t, 30*time.Second, "what is under way is to be deleted", func() (bool, string) {
		marked := kubectl(t, "-n", ns, "get", "serviceinstance", "unfinished", "-o", "jsonpath={.metadata.deletionTimestamp}")
		return marked != "", "it is not"
	})
	here.cloud.thaw(t)
	until(t, 2*time.Minute, "the namespace is gone", func() (bool, string) {
		return kubectl(t, "get", "namespace", ns, "--ignore-not-found", "-o", "name") == "", kubectl(t, "-n", ns, "get", "serviceinstances,servicebindings", "-o", "name")
	})
	here.cloud.empty(t)
	if left := r.unfinished(t); left != "" {
		t.Errorf("records that are not settled: %s", left)
	}
}
