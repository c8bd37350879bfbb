// Package osb holds the Open Service Broker API 2.17 as it travels on the wire:
// requests, responses and errors. Package api decodes and writes them, package
// broker decides on them; osb itself imports neither. The identifiers in
// brackets, such as (PROV-02), name requirements of the specification.
package osb

import "encoding/json"

// A Caller is the platform behind a request.
type Caller struct {
	Minor     int      // of the API version 2.x that the platform speaks
	RequestID string   // X-Broker-API-Request-Identity, or one made by package api
	Identity  Identity // the user behind the request; zero if the platform sent none
}

// Since reports whether the platform speaks 2.minor or later. Members that a
// later version added are left out of answers to earlier ones (VER-05).
func (c Caller) Since(minor int) bool { return c.Minor >= minor }

// An Identity is the X-Broker-API-Originating-Identity of a request (OID-01).
// It is personal data: it belongs in the audit trail and stays out of the log.
type Identity struct {
	Platform string
	Value    []byte // a JSON object
}

// A ProvisionRequest is PUT /v2/service_instances/:instance_id.
type ProvisionRequest struct {
	Caller            Caller `json:"-"`
	InstanceID        string `json:"-"`
	AcceptsIncomplete bool   `json:"-"`

	ServiceID        string           `json:"service_id"`
	PlanID           string           `json:"plan_id"`
	OrganizationGUID string           `json:"organization_guid"`
	SpaceGUID        string           `json:"space_guid"`
	Context          json.RawMessage  `json:"context"`
	Parameters       json.RawMessage  `json:"parameters"` // nil if absent or null
	MaintenanceInfo  *MaintenanceInfo `json:"maintenance_info"`
}

// An UpdateRequest is PATCH /v2/service_instances/:instance_id.
type UpdateRequest struct {
	Caller            Caller `json:"-"`
	InstanceID        string `json:"-"`
	AcceptsIncomplete bool   `json:"-"`

	ServiceID       string           `json:"service_id"`
	PlanID          string           `json:"plan_id"` // empty: unchanged
	Context         json.RawMessage  `json:"context"`
	Parameters      json.RawMessage  `json:"parameters"` // nil: unchanged
	MaintenanceInfo *MaintenanceInfo `json:"maintenance_info"`
}

// A DeprovisionRequest is DELETE /v2/service_instances/:instance_id.
type DeprovisionRequest struct {
	Caller            Caller
	InstanceID        string
	AcceptsIncomplete bool
	ServiceID         string
	PlanID            string
}

// A BindRequest is
// PUT /v2/service_instances/:instance_id/service_bindings/:binding_id.
type BindRequest struct {
	Caller            Caller `json:"-"`
	InstanceID        string `json:"-"`
	BindingID         string `json:"-"`
	AcceptsIncomplete bool   `json:"-"`

	ServiceID            string          `json:"service_id"`
	PlanID               string          `json:"plan_id"`
	AppGUID              string          `json:"app_guid"` // deprecated; bind_resource holds it too
	BindResource         *BindResource   `json:"bind_resource"`
	Context              json.RawMessage `json:"context"`
	Parameters           json.RawMessage `json:"parameters"`
	PredecessorBindingID string          `json:"predecessor_binding_id"`
}

// A BindResource names the user of a binding (BIND-05).
type BindResource struct {
	AppGUID            string `json:"app_guid"`
	Route              string `json:"route"`
	SpaceGUID          string `json:"space_guid"`
	CredentialClientID string `json:"credential_client_id"`
}

// An UnbindRequest is
// DELETE /v2/service_instances/:instance_id/service_bindings/:binding_id.
type UnbindRequest struct {
	Caller            Caller
	InstanceID        string
	BindingID         string
	AcceptsIncomplete bool
	ServiceID         string
	PlanID            string
}

// A LastOperationRequest is
// GET /v2/service_instances/:instance_id/last_operation.
type LastOperationRequest struct {
	Caller     Caller
	InstanceID string
	ServiceID  string
	PlanID     string
	Operation  string // empty: the last one
}

// A BindingLastOperationRequest is
// GET /v2/service_instances/:instance_id/service_bindings/:binding_id/last_operation.
type BindingLastOperationRequest struct {
	Caller     Caller
	InstanceID string
	BindingID  string
	ServiceID  string
	PlanID     string
	Operation  string // empty: the last one
}

// A GetInstanceRequest is GET /v2/service_instances/:instance_id.
type GetInstanceRequest struct {
	Caller     Caller
	InstanceID string
	ServiceID  string
	PlanID     string
}

// A GetBindingRequest is
// GET /v2/service_instances/:instance_id/service_bindings/:binding_id.
type GetBindingRequest struct {
	Caller     Caller
	InstanceID string
	BindingID  string
	ServiceID  string
	PlanID     string
}

// A Context is the platform's description of where an instance or binding lives
// (PRO-01 to PRO-03). Members of other platforms stay in the record's raw
// context.
type Context struct {
	Platform         string `json:"platform,omitempty"`
	Namespace        string `json:"namespace,omitempty"`
	ClusterID        string `json:"clusterid,omitempty"`
	OrganizationGUID string `json:"organization_guid,omitempty"`
	SpaceGUID        string `json:"space_guid,omitempty"`
	InstanceName     string `json:"instance_name,omitempty"`
}
