package lifecycle

import (
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// TaskOf opens what a provider needs to know of r. of is the record of the
// instance that a binding belongs to, nil for an instance.
func TaskOf(brokerID string, r, of *store.Record) (providers.Task, error) {
	t, err := bareTask(brokerID, r)
	if err != nil || of == nil {
		return t, err
	}
	instance, err := bareTask(brokerID, of)
	if err != nil {
		return t, err
	}
	t.Of = &instance
	return t, nil
}

func bareTask(brokerID string, r *store.Record) (providers.Task, error) {
	spec := r.Want
	if spec == nil {
		spec = r.Have
	}
	if spec == nil {
		return providers.Task{}, fmt.Errorf("%s: the record says neither what is wanted nor what is there", r.Key)
	}
	plan, err := PlanOf(spec)
	if err != nil {
		return providers.Task{}, fmt.Errorf("%s: %w", r.Key, err)
	}
	parameters, err := parametersOf(spec, plan, r.IsBinding())
	if err != nil {
		return providers.Task{}, fmt.Errorf("%s: parameters: %w", r.Key, err)
	}
	prepared, err := spec.Prepared.Open()
	if err != nil {
		return providers.Task{}, fmt.Errorf("%s: prepared plan: %w", r.Key, err)
	}
	secrets, err := OpenStrings(r.Secrets)
	if err != nil {
		return providers.Task{}, fmt.Errorf("%s: secrets: %w", r.Key, err)
	}
	t := providers.Task{
		Kind:       providers.Instance,
		Goal:       providers.Goal(r.Goal),
		InstanceID: r.InstanceID,
		BindingID:  r.BindingID,
		Life:       providers.Life{BrokerID: brokerID, Incarnation: r.Incarnation},
		Labels:     labelsOf(r, spec.PlanName),
		Region:     r.Region,
		Owner:      r.Account,
		Settings:   plan.Settings,
		Parameters: parameters,
		Deletion:   providers.Deletion(plan.Deletion),
		Plan:       prepared,
		Facts:      providers.Facts{Open: r.Facts, Secrets: secrets},
		Usable:     r.Usable,
		Refused:    r.Refused,
	}
	if r.IsBinding() {
		t.Kind = providers.Binding
	}
	if r.Have != nil && r.Operation != nil && r.Operation.Kind == store.Update {
		if t.Was, err = wasOf(r.Have); err != nil {
			return providers.Task{}, fmt.Errorf("%s: %w", r.Key, err)
		}
	}
	return t, nil
}

// wasOf opens the state that an update starts from.
func wasOf(have *store.Spec) (*providers.Was, error) {
	plan, err := PlanOf(have)
	if err != nil {
		return nil, err
	}
	parameters, err := parametersOf(have, plan, false)
	if err != nil {
		return nil, fmt.Errorf("parameters before the update: %w", err)
	}
	return &providers.Was{Settings: plan.Settings, Parameters: parameters}, nil
}

// PlanOf reads the resolved plan that a record keeps.
func PlanOf(s *store.Spec) (*catalog.Plan, error) {
	plan, err := catalog.ReadRecorded(s.Plan)
	if err != nil {
		return nil, fmt.Errorf("the record's plan %s: %w", s.PlanID, err)
	}
	return plan, nil
}

// parametersOf opens the parameters of a spec and returns them in normal form.
func parametersOf(s *store.Spec, plan *catalog.Plan, binding bool) (json.RawMessage, error) {
	sent, err := s.Parameters.Open()
	if err != nil {
		return nil, err
	}
	if binding {
		return plan.NormalBinding(sent)
	}
	return plan.NormalInstance(sent)
}

func labelsOf(r *store.Record, plan string) providers.Labels {
	c := ContextOf(r)
	return providers.Labels{
		Offering: r.Offering, Plan: plan, Platform: c.Platform, Namespace: c.Namespace,
		Organization: r.Organization, Space: r.Space,
	}
}

// ContextOf the platform. One of another shape says nothing to us.
func ContextOf(r *store.Record) osb.Context {
	var c osb.Context
	if err := json.Unmarshal(r.Context, &c); err != nil {
		return osb.Context{}
	}
	return c
}

// OpenStrings opens a sealed JSON object of strings.
func OpenStrings(s store.Sealed) (map[string]string, error) {
	b, err := s.Open()
	if err != nil || b == nil {
		return nil, err
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("not an object of strings: %w", err)
	}
	return m, nil
}

// SealStrings is the way back.
func SealStrings(m map[string]string) (store.Sealed, error) {
	if len(m) == 0 {
		return store.Sealed{}, nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return store.Sealed{}, fmt.Errorf("sealing: %w", err)
	}
	return store.Seal(b), nil
}

// TenantOf is whose a record is: those with much to do take turns with those
// with little.
func TenantOf(r *store.Record) string {
	c := ContextOf(r)
	switch {
	case c.Namespace != "":
		return c.Platform + "/" + c.Namespace
	case r.Organization != "":
		return c.Platform + "/" + r.Organization
	}
	return c.Platform + "/"
}
