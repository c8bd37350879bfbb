package osb

import (
	"encoding/json"
	"time"
)

// A ProvisionResponse is the answer to a provision: 201; 200 if the instance
// existed already with the same attributes; 202 while its operation runs.
type ProvisionResponse struct {
	Exists bool `json:"-"`
	Async  bool `json:"-"`

	Operation    string            `json:"operation,omitempty"` // to poll (ASY-07)
	DashboardURL *string           `json:"dashboard_url,omitempty"`
	Metadata     *InstanceMetadata `json:"metadata,omitempty"`
}

// An UpdateResponse is the answer to an update: 200, or 202 while its operation
// runs.
type UpdateResponse struct {
	Async bool `json:"-"`

	Operation    string            `json:"operation,omitempty"`
	DashboardURL *string           `json:"dashboard_url,omitempty"`
	Metadata     *InstanceMetadata `json:"metadata,omitempty"`
}

// A DeprovisionResponse is the answer to a deprovision: 200, or 202 while its
// operation runs.
type DeprovisionResponse struct {
	Async bool `json:"-"`

	Operation string `json:"operation,omitempty"`
}

// A BindResponse is the answer to a bind: 201; 200 if the binding existed
// already with the same attributes; 202 while its operation runs.
type BindResponse struct {
	Exists bool
	Async  bool

	Operation string  // the body of a 202
	Binding   Binding // the body of a 200 or 201
}

// An UnbindResponse is the answer to an unbind: 200, or 202 while its operation
// runs.
type UnbindResponse struct {
	Async bool `json:"-"`

	Operation string `json:"operation,omitempty"`
}

// InstanceMetadata describes an instance: labels since 2.16 (PROV-15),
// attributes since 2.17 (PROV-16).
type InstanceMetadata struct {
	Labels     map[string]string `json:"labels,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// An OperationState is the state of an operation as platforms poll it (LO-04).
type OperationState string

// The states of the specification.
const (
	InProgress OperationState = "in progress"
	Succeeded  OperationState = "succeeded"
	Failed     OperationState = "failed"
)

// A LastOperation is the answer to a poll (LO-04 to LO-10).
type LastOperation struct {
	RetryAfter time.Duration `json:"-"` // a header (LO-11, BLO-09), in whole seconds; 0: left out

	State            OperationState `json:"state"`
	Description      string         `json:"description,omitempty"`
	InstanceUsable   *bool          `json:"instance_usable,omitempty"`
	UpdateRepeatable *bool          `json:"update_repeatable,omitempty"`
}

// An Instance is the answer to GET /v2/service_instances/:instance_id (FI-03).
type Instance struct {
	ServiceID  string          `json:"service_id"`
	PlanID     string          `json:"plan_id"`
	Parameters json.RawMessage `json:"parameters,omitempty"`

	DashboardURL    *string           `json:"dashboard_url,omitempty"`
	MaintenanceInfo *MaintenanceInfo  `json:"maintenance_info,omitempty"` // of the running version
	Metadata        *InstanceMetadata `json:"metadata,omitempty"`
}

// A Binding is the body of a bind's 200 or 201, and the answer to
// GET /v2/service_instances/:instance_id/service_bindings/:binding_id.
// Credentials are flat strings: Service Catalog writes each into a key of a
// Secret.
type Binding struct {
	Credentials map[string]string `json:"credentials"`
	Parameters  json.RawMessage   `json:"parameters,omitempty"` // only with GET
	Endpoints   []Endpoint        `json:"endpoints,omitempty"`
	Metadata    *BindingMetadata  `json:"metadata,omitempty"`
}

// An Endpoint is an address that applications connect to (BIND-22, BIND-23).
type Endpoint struct {
	Host     string   `json:"host"`
	Ports    []string `json:"ports"`
	Protocol string   `json:"protocol,omitempty"` // tcp, udp or all
}

// BindingMetadata is the validity of a binding (BIND-24, BIND-25), in the
// form of TimeFormat.
type BindingMetadata struct {
	ExpiresAt   string `json:"expires_at,omitempty"`
	RenewBefore string `json:"renew_before,omitempty"` // since 2.17
}

// TimeFormat is the layout of the specification's times, always in UTC.
const TimeFormat = "2006-01-02T15:04:05.0Z"
