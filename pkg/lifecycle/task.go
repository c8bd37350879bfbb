package lifecycle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// TaskOf unseals r into the Task of its provider. instance is the record of a
// binding's instance; it is nil if r is an instance.
func TaskOf(brokerID string, r, instance *store.Record) (providers.Task, error) {
	t, err := ownTask(brokerID, r)
	if err != nil || instance == nil {
		return t, err
	}
	of, err := ownTask(brokerID, instance)
	if err != nil {
		return t, err
	}
	t.Of = &of
	return t, nil
}

// ownTask unseals r alone, without the instance of a binding.
func ownTask(brokerID string, r *store.Record) (providers.Task, error) {
	spec := r.Want
	if spec == nil {
		spec = r.Have
	}
	if spec == nil {
		return providers.Task{}, fmt.Errorf("%s: the record holds neither a wanted nor a reached state", r.Key)
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
		Expire:     r.Goal == store.Expired,
		InstanceID: r.InstanceID,
		BindingID:  r.BindingID,
		Life:       providers.Life{BrokerID: brokerID, Incarnation: r.Incarnation},
		Labels:     labelsOf(r, spec.PlanName),
		Profile:    r.Profile,
		Region:     r.Region,
		Owner:      r.Account,
		Settings:   plan.Settings,
		Parameters: parameters,
		Deletion:   providers.Deletion(plan.Deletion),
		Unbind:     providers.UnbindRule(plan.Unbind),
		Plan:       prepared,
		Facts:      providers.Facts{Open: r.Facts, Secrets: secrets},
		Usable:     r.Usable,
		Refused:    r.Refused,
		Begun:      begun(r),
		Locked:     LockedAccounts(r),
	}
	if r.IsBinding() {
		t.Kind = providers.Binding
	}
	if t.Expire {
		t.Goal = providers.Absent
	}
	if r.Have != nil && r.Operation != nil && r.Operation.Kind == store.Update {
		if t.Was, err = wasOf(r.Have); err != nil {
			return providers.Task{}, fmt.Errorf("%s: %w", r.Key, err)
		}
	}
	return t, nil
}

// begun returns the keys of the steps whose calls may have been made: a request is
// frozen before its call, and a refused one was made too.
func begun(r *store.Record) []string {
	keys := slices.Concat(slices.Sorted(maps.Keys(r.Frozen)), slices.Sorted(maps.Keys(r.Unsettled)), r.Refused)
	if r.Call != nil {
		keys = append(keys, r.Call.Step)
	}
	return append([]string{}, keys...)
}

// wasOf unseals the state that an update starts from.
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

// RegionOf returns the region of an instance's resource, which its provider may
// make in another region than the broker's. It returns the record's region where
// the provider has no other word, or its plan cannot be read.
func RegionOf(brokerID string, byName map[string]providers.Provider, r *store.Record) string {
	locator, ok := providers.As[providers.Locator](byName[r.Provider], providers.Instance)
	if !ok || r.IsBinding() {
		return r.Region
	}
	t, err := TaskOf(brokerID, r, nil)
	if err != nil {
		return r.Region
	}
	return cmp.Or(locator.RegionOf(t), r.Region)
}

// PlanOf decodes the resolved plan of a recorded state.
func PlanOf(s *store.Spec) (*catalog.Plan, error) {
	plan, err := catalog.ReadRecorded(s.Plan)
	if err != nil {
		return nil, fmt.Errorf("the record's plan %s: %w", s.PlanID, err)
	}
	return plan, nil
}

// parametersOf unseals the parameters of a recorded state, in normal form; the ones
// of a binding with the defaults of its plan.
func parametersOf(s *store.Spec, plan *catalog.Plan, binding bool) (json.RawMessage, error) {
	sent, err := s.Parameters.Open()
	if err != nil {
		return nil, err
	}
	if binding {
		return plan.BindingValues(sent)
	}
	return plan.NormalInstance(sent)
}

func labelsOf(r *store.Record, plan string) providers.Labels {
	c := ContextOf(r)
	return providers.Labels{
		Offering: r.Offering, Plan: plan, Platform: c.Platform, Namespace: c.Namespace, ClusterID: c.ClusterID,
		Organization: r.Organization, Space: r.Space,
	}
}
