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
	Operation    string  `json:"operation,omitempty"`
	DashboardURL *string `json:"dashboard_url,omitempty"`
}

// Provisioned is the body of a 200 or 201 to a provision.
type Provisioned struct {
	DashboardURL *string `json:"dashboard_url,omitempty"`
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
}

// Binding is the answer to a bind and to
// GET /v2/service_instances/:instance_id/service_bindings/:binding_id.
// Credentials are flat strings: Service Catalog writes them into a Secret one
// by one.
type Binding struct {
	Credentials map[string]string `json:"credentials"`
	Parameters  json.RawMessage   `json:"parameters,omitempty"` // GET alone
}
