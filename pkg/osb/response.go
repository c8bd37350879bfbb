package osb

import "encoding/json"

// An OperationState is the state of an operation as platforms poll it (LO-04).
type OperationState string

// The states that the specification knows.
const (
	InProgress OperationState = "in progress"
	Succeeded  OperationState = "succeeded"
	Failed     OperationState = "failed"
)

// Empty is a body with nothing to say: {}.
type Empty struct{}

// Accepted is the body of a 202: the operation to poll (ASY-07).
type Accepted struct {
	Operation    string            `json:"operation,omitempty"`
	DashboardURL *string           `json:"dashboard_url,omitempty"`
	Metadata     *InstanceMetadata `json:"metadata,omitempty"`
}

// Provisioned is the body of a 200 or 201 to a provision, and of a 200 to an
// update.
type Provisioned struct {
	DashboardURL *string           `json:"dashboard_url,omitempty"`
	Metadata     *InstanceMetadata `json:"metadata,omitempty"`
}

// InstanceMetadata tells about an instance: labels since 2.16 (PROV-15),
// attributes since 2.17 (PROV-16).
type InstanceMetadata struct {
	Labels     map[string]string `json:"labels,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// LastOperation is the answer to a poll (LO-04 to LO-10).
type LastOperation struct {
	State            OperationState `json:"state"`
	Description      string         `json:"description,omitempty"`
	InstanceUsable   *bool          `json:"instance_usable,omitempty"`
	UpdateRepeatable *bool          `json:"update_repeatable,omitempty"`
}

// Instance is the answer to GET /v2/service_instances/:instance_id (FI-03).
type Instance struct {
	ServiceID  string          `json:"service_id"`
	PlanID     string          `json:"plan_id"`
	Parameters json.RawMessage `json:"parameters,omitempty"`

	MaintenanceInfo *MaintenanceInfo  `json:"maintenance_info,omitempty"` // what runs now
	Metadata        *InstanceMetadata `json:"metadata,omitempty"`
}

// Binding is the answer to a bind and to
// GET /v2/service_instances/:instance_id/service_bindings/:binding_id.
// Credentials are flat strings: Service Catalog writes them into a Secret one
// by one.
type Binding struct {
	Credentials map[string]string `json:"credentials"`
	Parameters  json.RawMessage   `json:"parameters,omitempty"` // GET alone
	Endpoints   []Endpoint        `json:"endpoints,omitempty"`
	Metadata    *BindingMetadata  `json:"metadata,omitempty"`
}

// An Endpoint is where an application connects to (BIND-22, BIND-23).
type Endpoint struct {
	Host     string   `json:"host"`
	Ports    []string `json:"ports"`
	Protocol string   `json:"protocol,omitempty"` // tcp, udp or all
}

// BindingMetadata says how long a binding is to be used (BIND-24, BIND-25),
// in the form of TimeFormat.
type BindingMetadata struct {
	ExpiresAt   string `json:"expires_at,omitempty"`
	RenewBefore string `json:"renew_before,omitempty"` // since 2.17
}

// TimeFormat is how the specification writes times, always in UTC.
const TimeFormat = "2006-01-02T15:04:05.0Z"
