package platforms_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The platform's view of an object.
type state string

const (
	unmade state = "unmade" // to be created, or unknown
	ready  state = "ready"
	failed state = "failed" // the platform has given up
	gone   state = "gone"
)

// A spec is the user's intent for an instance.
type spec struct{ plan, parameters string }

// An instance as the platform knows it. All members are under the scenario's
// mu. The goroutine that reconciles the instance writes them, apart from the
// user's intent.
type instance struct {
	*object

	id       string
	kind     *kind
	want     spec
	deleting bool
	purge    bool // Cloud Controller forgets it once it has asked for its removal

	state     state
	have      spec // as the broker acknowledged it last
	sure      bool // an update with unknown outcome may have changed it since otherwise
	refused   spec // an update that the broker has refused for good
	op        operation
	orphan    bool // to be deleted, since its state is unknown
	unneeded  bool // Service Catalog believes that the cloud is unchanged, and skips DELETE
	changing  bool // an update is on its way, and bindings wait
	tries     int
	last      string // operation of the last 202 to a PUT
	bindings  []*binding
	cancelled bool // a DELETE was sent for it while something else may have been running
}

// A binding as the platform knows it.
type binding struct {
	*object

	id       string
	of       *instance
	sync     bool // asked for as a synchronous request
	deleting bool

	state       state
	op          operation
	orphan      bool
	sent        bool
	again       bool   // Service Catalog failed to write the Secret, and asks again
	last        string // as of an instance
	tries       int
	credentials map[string]string
}

// An operation that the platform polls.
type operation struct {
	verb     string // of the request that began it; empty while idle
	key      string
	want     spec
	polls    int
	failures int
	texts    []string // each description that differed from the one before
}

func (in *instance) String() string { return "instance " + in.id }
func (b *binding) String() string   { return "binding " + b.id + " of " + b.of.String() }

func (in *instance) path() string { return "/v2/service_instances/" + in.id }
func (b *binding) path() string   { return b.of.path() + "/service_bindings/" + b.id }

// query names service and plan, as DELETE and polls do.
func (in *instance) query() string {
	plan := in.have.plan
	if plan == "" {
		plan = in.want.plan
	}
	return "service_id=" + in.kind.service + "&plan_id=" + plan
}

// live reports that a binding still exists, under mu.
func (in *instance) live() bool {
	for _, b := range in.bindings {
		if b.state != gone {
			return true
		}
	}
	return false
}

// wakeBindings lets them see that their instance has changed, under mu.
func (in *instance) wakeBindings() {
	for _, b := range in.bindings {
		if b.state != gone {
			b.wake()
		}
	}
}

// set changes an instance and wakes the objects that may wait for the change.
func (in *instance) set(change func()) {
	in.w.mu.Lock()
	defer in.w.mu.Unlock()
	change()
	in.wakeBindings()
}

// set changes a binding and wakes its instance.
func (b *binding) set(change func()) {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	change()
	b.of.wake()
}

// A kind is something users order.
type kind struct {
	service string
	create  []spec
	bad     []spec            // specs that the broker must refuse with 400
	updates func(spec) []spec // specs that an instance may be changed to; the last is refused
	class   func(spec) string // class or ACL that the cloud must show
}

const (
	rdsService = "rds-997b8372-8dac-40ac-ae65-758b4a5075a5"
	rdsTiny    = "rds-427559f1-bf2a-45d3-8844-32374a3e58aa"
	rdsSmall   = "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1c"
	rdsLarge   = "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1d"
	ossService = "oss-997b8372-8dac-40ac-ae65-758b4a502222"
	ossDefault = "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221"
	ossOwn     = "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2222"
)

func databases() *kind {
	classes := map[string]string{rdsTiny: "rds.mysql.t1.small", rdsSmall: "rds.mysql.s1.small", rdsLarge: "rds.mysql.s2.large"}
	return &kind{
		service: rdsService,
		create:  []spec{{rdsTiny, ""}, {rdsSmall, ""}, {rdsTiny, `{"NetworkType":"vpc"}`}},
		bad:     []spec{{rdsTiny, `{"Colour":"red"}`}, {"no-such-plan", ""}},
		updates: func(have spec) []spec {
			return []spec{{rdsTiny, have.parameters}, {rdsSmall, have.parameters}, {rdsLarge, have.parameters}, {have.plan, `{"Colour":"red"}`}}
		},
		class: func(s spec) string { return classes[s.plan] },
	}
}

func buckets() *kind {
	acl := regexp.MustCompile(`"Acl":"([^"]*)"`)
	return &kind{
		service: ossService,
		create:  []spec{{ossDefault, ""}, {ossOwn, `{"Acl":"public-read"}`}, {ossDefault, `{"Acl":"private"}`}},
		bad:     []spec{{ossDefault, `{"Acl":"secret"}`}, {ossDefault, `{"Colour":"red"}`}},
		updates: func(have spec) []spec {
			return []spec{
				{have.plan, `{"Acl":"private"}`}, {have.plan, `{"Acl":"public-read"}`}, {have.plan, `{"Acl":"public-read-write"}`},
				{have.plan, `{"Acl":"none of these"}`},
			}
		},
		class: func(s spec) string {
			if m := acl.FindStringSubmatch(s.parameters); m != nil {
				return m[1]
			}
			return "private"
		},
	}
}

// isBad says that the broker must refuse the spec.
func (k *kind) isBad(s spec) bool {
	return slices.Contains(k.bad, s)
}

// isWrong reports that the broker refuses every update to the spec.
func isWrong(s spec) bool {
	return strings.Contains(s.parameters, "Colour") || strings.Contains(s.parameters, "none of these")
}

// backoff doubles from first up to most.
func backoff(n int, first, most time.Duration) time.Duration {
	return min(first<<min(n, 16), most)
}

// newBinding adds a binding, under mu.
func (w *scenario) newBinding(in *instance) *binding {
	b := &binding{object: newObject(w), id: fmt.Sprintf("%s-binding-%d", in.id, len(in.bindings)), of: in, state: unmade}
	in.bindings = append(in.bindings, b)
	return b
}
