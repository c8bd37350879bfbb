package operations_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// plansYAML offers a fast and a slow service of the fake provider.
const plansYAML = `
offerings:
- id: fast-id
  name: fast
  description: Made within the request.
  provider: fake
  bindable: true
  metadata: {displayName: Fast}
  plans:
  - id: fast-plan
    name: small
    description: The small one.
    free: false
    updateable: true
    settings: {size: 1}
    deletion: refuse
    deadline: 30m
    rotatable: true
    fresh: [Role]
    bindingLifetime: 10h
    maintenance: {version: 1.0.0}
    schemas: &schemas
      create:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          Colour: {type: string}
          Token: {type: string}
      update:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          Colour: {type: string}
      bind:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          Role: {type: string}
          Scope: {type: string}
    secret: [Token]
  - id: fast-large
    name: large
    description: The large one.
    free: false
    updateable: true
    settings: {size: 2}
    deletion: refuse
    deadline: 30m
    schemas: *schemas
- id: slow-id
  name: slow
  description: Made in minutes.
  provider: fake
  bindable: true
  metadata: {displayName: Slow}
  plans:
  - id: slow-plan
    name: small
    description: The slow one.
    free: false
    updateable: true
    settings: {size: 1, looks: 3}
    slow: [provision, update, deprovision]
    deletion: delete
    deadline: 30m
    schemas: *schemas
  - id: slow-large
    name: large
    description: The slow large one.
    free: false
    updateable: true
    settings: {size: 2, looks: 3}
    slow: [provision, update, deprovision]
    deletion: delete
    deadline: 30m
    schemas: *schemas
`

// endingPlan is one more plan of slow, for providers that close logins.
const endingPlan = `  - id: slow-ending
    name: ending
    description: The one with logins that end.
    free: false
    updateable: true
    settings: {size: 1, looks: 3}
    slow: [provision, update, deprovision]
    deletion: delete
    deadline: 30m
    rotatable: true
    bindingLifetime: {after: 10h, end: true}
    schemas: *schemas
`

// A fakeCloud is the smallest cloud: things with a name, a size and, for
// instances, a mark that says they are finished. It is also its own provider.
type fakeCloud struct {
	t *testing.T

	mu      sync.Mutex
	things  map[string]*thing
	calls   []string              // steps that reached it, in order
	tokens  map[string]string     // token -> request: a retry must be identical
	fail    map[string][]fakeFail // by step; consumed in order
	data    bool                  // instances hold data
	panicky bool
	hidden  bool              // created resources are still invisible
	stuck   bool              // every deletion fails
	looks   int               // that were taken
	asks    atomic.Int64      // requests that were thought of
	onLook  func()            // called at each
	hang    chan struct{}     // Do waits for it
	extra   map[string]string // more credentials
	left    string            // a deletion leaves this to its owner
	padding string            // of plans
}

type thing struct {
	size, looks int
	ready       bool
	closed      bool // its login is refused
}

// A sight is a thing as Observe sees it.
type sight struct {
	thing

	data  bool
	stuck bool
	extra map[string]string
	left  string
}

// A fakeFail is an error for the next call of a step, before or after it has
// its effect.
type fakeFail struct {
	err   error
	after bool
}

type fakeSettings struct {
	Size  int `json:"size"`
	Looks int `json:"looks"`
}

type fakePlan struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Padding  string `json:"padding,omitempty"`
}

type fakeRequest struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	Ask  int64  `json:"ask"` // different for each request: a repeated request must be the stored one
}

func newFakeCloud(t *testing.T) *fakeCloud {
	t.Helper()
	return &fakeCloud{t: t, things: map[string]*thing{}, tokens: map[string]string{}, fail: map[string][]fakeFail{}}
}

func (f *fakeCloud) Prepare(t providers.Task) (providers.Plan, error) {
	if strings.Contains(string(t.Parameters), "impossible") {
		return nil, providers.Failf(providers.Invalid, "This colour is not made: take another.")
	}
	plan := fakePlan{Name: string(t.Kind) + "-" + t.Life.Hash(20), Password: "pw-" + t.Life.Hash(26, "secret"), Padding: f.padding}
	return json.Marshal(plan)
}

func (f *fakeCloud) Observe(_ context.Context, t providers.Task) (providers.Seen, error) {
	f.mu.Lock()
	onLook := f.onLook
	f.mu.Unlock()
	if onLook != nil {
		onLook()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	if f.panicky {
		panic("the provider is broken")
	}
	if err := f.failure("observe", false); err != nil {
		return providers.Seen{}, err
	}
	th := f.things[f.planOf(t).Name]
	if th == nil || f.hidden {
		return providers.Seen{State: sight{left: f.left}}, nil
	}
	if th.looks > 0 {
		th.looks--
	}
	return providers.Seen{Exists: !t.Expire || !th.closed, State: sight{*th, f.data, f.stuck, maps.Clone(f.extra), f.left}}, nil
}

func (f *fakeCloud) Next(t providers.Task, seen providers.Seen) providers.Step {
	plan, settings := f.planOf(t), f.settingsOf(t.Settings)
	th, _ := seen.State.(sight)
	switch {
	case t.Goal == providers.Absent && !seen.Exists:
		step := providers.DoneStep(nil)
		step.Kept = th.left
		return step
	case t.Goal == providers.Absent && th.stuck:
		return providers.FailStep(providers.Broken, "It cannot be deleted: ask the operator.")
	case t.Goal == providers.Absent && t.Kind == providers.Instance && th.data && t.Usable && t.Deletion == providers.Refuse:
		return providers.FailStep(providers.Policy, "There is data: remove it, then delete again.")
	case t.Expire:
		return providers.CallStep("close", f.request(plan.Name, 0))
	case t.Goal == providers.Absent:
		return providers.CallStep("delete", f.request(plan.Name, 0))
	case !seen.Exists && slices.Contains(t.Refused, "create"):
		return providers.CallStep("create-elsewhere", f.request(plan.Name, settings.Size))
	case !seen.Exists:
		return providers.CallStep("create", f.request(plan.Name, settings.Size))
	case th.looks > 0:
		return providers.WaitStep("running", providers.Slow, "It is starting.")
	case th.size != settings.Size:
		return providers.CallStep("resize", f.request(plan.Name, settings.Size))
	case !th.ready:
		return providers.CallStep("finish", f.request(plan.Name, 0))
	case t.Kind == providers.Instance:
		return providers.DoneStep(nil)
	}
	credentials := map[string]string{"username": plan.Name, "password": plan.Password, "of": f.planOf(*t.Of).Name}
	maps.Copy(credentials, th.extra)
	return providers.DoneStep(credentials)
}

// CanExpire reports that every login can be closed.
func (*fakeCloud) CanExpire(json.RawMessage) bool { return true }

func (f *fakeCloud) request(name string, size int) fakeRequest {
	return fakeRequest{name, size, f.asks.Add(1)}
}

func (f *fakeCloud) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	f.mu.Lock()
	hang := f.hang
	f.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return providers.Facts{}, providers.ErrOutcomeUnknown
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, s.Name)
	if before, ok := f.tokens[s.Token]; ok && before != string(s.Request) {
		f.t.Errorf("step %s: token used again with another request: %s, before %s", s.Name, s.Request, before)
	}
	f.tokens[s.Token] = string(s.Request)
	if err := f.failure(s.Name, false); err != nil {
		return providers.Facts{}, err
	}
	var req fakeRequest
	if err := json.Unmarshal(s.Request, &req); err != nil {
		f.t.Errorf("step %s: request: %v", s.Name, err)
	}
	switch s.Name {
	case "create", "create-elsewhere":
		if f.things[req.Name] != nil {
			return providers.Facts{}, providers.ErrExists
		}
		f.things[req.Name] = &thing{size: req.Size, looks: f.settingsOf(t.Settings).Looks}
	case "resize":
		f.things[req.Name].size, f.things[req.Name].looks = req.Size, f.settingsOf(t.Settings).Looks
	case "finish":
		f.things[req.Name].ready = true
	case "close":
		f.things[req.Name].closed = true
	case "delete":
		delete(f.things, req.Name)
	}
	facts := providers.Facts{Open: map[string]string{"name": req.Name}, Secrets: map[string]string{"key": "key-" + req.Name}}
	return facts, f.failure(s.Name, true)
}

func (f *fakeCloud) failure(step string, after bool) error {
	q := f.fail[step]
	if len(q) == 0 || q[0].after != after {
		return nil
	}
	f.fail[step] = q[1:]
	return q[0].err
}

func (f *fakeCloud) planOf(t providers.Task) fakePlan {
	var p fakePlan
	if err := json.Unmarshal(t.Plan, &p); err != nil {
		f.t.Errorf("%s %s: the task has no plan: %v", t.Kind, t.InstanceID, err)
	}
	return p
}

func (f *fakeCloud) settingsOf(raw json.RawMessage) fakeSettings {
	var s fakeSettings
	if err := json.Unmarshal(raw, &s); err != nil {
		f.t.Errorf("settings %s: %v", raw, err)
	}
	return s
}

// failNext lets the next calls of a step fail before their effect.
func (f *fakeCloud) failNext(step string, errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, err := range errs {
		f.fail[step] = append(f.fail[step], fakeFail{err: err})
	}
}

// loseNext lets the next call of a step have its effect and lose its answer.
func (f *fakeCloud) loseNext(step string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail[step] = append(f.fail[step], fakeFail{err: providers.ErrOutcomeUnknown, after: true})
}

// set changes the cloud under its lock.
func (f *fakeCloud) set(change func(*fakeCloud)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// names of all that exists.
func (f *fakeCloud) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.things))
}

// count of the calls of a step.
func (f *fakeCloud) count(step string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, s := range f.calls {
		if s == step {
			n++
		}
	}
	return n
}

// appear gives the creates that were sent and failed their late effect.
func (f *fakeCloud) appear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, request := range f.tokens {
		var req fakeRequest
		if err := json.Unmarshal([]byte(request), &req); err == nil && req.Size > 0 {
			f.things[req.Name] = &thing{size: req.Size}
		}
	}
}
