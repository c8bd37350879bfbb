package osb

import (
	"encoding/json"
	"time"
)

// A CatalogRequest is GET /v2/catalog.
type CatalogRequest struct {
	Caller Caller
}

// A CatalogResponse is a catalog that was rendered once for many requests.
type CatalogResponse struct {
	Body     []byte    // a Catalog as JSON
	ETag     string    // weak, with its quotes
	Modified time.Time // when the catalog was rendered, in whole seconds
}

// A Catalog is the body of the answer to GET /v2/catalog (CAT-01).
type Catalog struct {
	Services []Service `json:"services"` // an empty list rather than nil (CAT-02)
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
	Plans                []Plan          `json:"plans"` // at least one (CAT-22)
}

// A Plan is a service plan as platforms read it (CAT-30 and following). Free,
// Bindable and PlanUpdateable are always written: platforms differ in the
// defaults of absent ones.
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

// MaintenanceInfo names the version of the software that a plan runs.
type MaintenanceInfo struct {
	Version     string `json:"version"`
	Description string `json:"description,omitempty"`
}
