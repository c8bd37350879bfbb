// Package osb holds the Open Service Broker API 2.17 as it travels on the
// wire: requests, answers and errors, complete where the types of
// osb-broker-lib are of 2018, and the Call that carries them past it. It knows
// nothing of the broker behind it.
package osb

import (
	"encoding/json"
)

// A ProvisionRequest is the body of PUT /v2/service_instances/:instance_id.
type ProvisionRequest struct {
	ServiceID        string           `json:"service_id"`
	PlanID           string           `json:"plan_id"`
	OrganizationGUID string           `json:"organization_guid"`
	SpaceGUID        string           `json:"space_guid"`
	Context          json.RawMessage  `json:"context"`
	Parameters       json.RawMessage  `json:"parameters"` // an object, or absent or null
	MaintenanceInfo  *MaintenanceInfo `json:"maintenance_info"`
}

// An UpdateRequest is the body of PATCH /v2/service_instances/:instance_id.
type UpdateRequest struct {
	ServiceID       string           `json:"service_id"`
	PlanID          string           `json:"plan_id"` // empty: unchanged
	Context         json.RawMessage  `json:"context"`
	Parameters      json.RawMessage  `json:"parameters"` // absent: unchanged
	MaintenanceInfo *MaintenanceInfo `json:"maintenance_info"`
}

// A BindRequest is the body of
// PUT /v2/service_instances/:instance_id/service_bindings/:binding_id.
type BindRequest struct {
	ServiceID            string          `json:"service_id"`
	PlanID               string          `json:"plan_id"`
	AppGUID              string          `json:"app_guid"` // deprecated; bind_resource holds it too
	BindResource         *BindResource   `json:"bind_resource"`
	Context              json.RawMessage `json:"context"`
	Parameters           json.RawMessage `json:"parameters"`
	PredecessorBindingID string          `json:"predecessor_binding_id"`
}

// A BindResource says what the binding is for (BIND-05).
type BindResource struct {
	AppGUID            string `json:"app_guid"`
	Route              string `json:"route"`
	SpaceGUID          string `json:"space_guid"`
	CredentialClientID string `json:"credential_client_id"`
}

// A Context is what a platform says of where an instance or binding lives
// (PRO-01 to PRO-03). Members of platforms that are not named here are kept in
// the record's raw context.
type Context struct {
	Platform         string `json:"platform"`
	Namespace        string `json:"namespace"`
	ClusterID        string `json:"clusterid"`
	OrganizationGUID string `json:"organization_guid"`
	SpaceGUID        string `json:"space_guid"`
	InstanceName     string `json:"instance_name"`
}
