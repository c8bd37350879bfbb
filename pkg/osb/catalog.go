package osb

import "encoding/json"

// A Catalog is the answer to GET /v2/catalog (CAT-01).
type Catalog struct {
	Services []Service `json:"services"` // never nil (CAT-02)
}

// A Service is a service offering as platforms read it (CAT-10 to CAT-22).
type Service struct {
	ID                   string          `json:"id"`
	Name                 string          `json:"name"`
	Description          string          `json:"description"`
	Tags                 []string        `json:"tags,omitempty"`
	Requires             []string        `json:"requires,omitempty"`
	Bindable             bool            `json:"bindable"`
	InstancesRetrievable bool            `json:"instances_retrievable,omitempty"`
	BindingsRetrievable  bool            `json:"bindings_retrievable,omitempty"`
	AllowContextUpdates  bool            `json:"allow_context_updates,omitempty"`
	Metadata             json.RawMessage `json:"metadata,omitempty"`
	PlanUpdateable       bool            `json:"plan_updateable"`
	Plans                []Plan          `json:"plans"` // never empty (CAT-22)
}

// A Plan is a service plan as platforms read it (CAT-30 and following). Free,
// Bindable and PlanUpdateable are always written, since platforms differ in
// what they take an absent one to mean.
type Plan struct {
	ID                     string           `json:"id"`
	Name                   string           `json:"name"`
	Description            string           `json:"description"`
	Metadata               json.RawMessage  `json:"metadata,omitempty"`
	Free                   bool             `json:"free"`
	Bindable               bool             `json:"bindable"`
	BindingRotatable       bool             `json:"binding_rotatable,omitempty"`
	PlanUpdateable         bool             `json:"plan_updateable"`
	Schemas                *Schemas         `json:"schemas,omitempty"`
	MaximumPollingDuration int              `json:"maximum_polling_duration,omitempty"` // seconds
	MaintenanceInfo        *MaintenanceInfo `json:"maintenance_info,omitempty"`
}

// Schemas describe the parameters of a plan, as JSON schemas (draft-04).
type Schemas struct {
	Instance *InstanceSchemas `json:"service_instance,omitempty"`
	Binding  *BindingSchemas  `json:"service_binding,omitempty"`
}

// InstanceSchemas are for provision and update.
type InstanceSchemas struct {
	Create *InputSchema `json:"create,omitempty"`
	Update *InputSchema `json:"update,omitempty"`
}

// BindingSchemas are for bind.
type BindingSchemas struct {
	Create *InputSchema `json:"create,omitempty"`
}

// An InputSchema holds one JSON schema.
type InputSchema struct {
	Parameters json.RawMessage `json:"parameters"`
}

// MaintenanceInfo names the version of what runs under a plan.
type MaintenanceInfo struct {
	Version     string `json:"version"`
	Description string `json:"description,omitempty"`
}
