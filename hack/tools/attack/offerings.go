package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// Ids of the catalog.
const (
	ossService = "oss-997b8372-8dac-40ac-ae65-758b4a502222" // alibaba-cloud-oss
	ossPlan    = "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221" // default
	rdsService = "rds-997b8372-8dac-40ac-ae65-758b4a5075a5" // alibaba-cloud-rds-mysqldb
	rdsPlan    = "rds-427559f1-bf2a-45d3-8844-32374a3e58aa" // rds-mysql-t1-small
)

// put is the body of a provision or bind, for a tenant.
func put(service, plan, tenant string, more map[string]any) string {
	body := map[string]any{
		"service_id": service, "plan_id": plan, "organization_guid": tenant, "space_guid": tenant,
		"context": map[string]any{"platform": "kubernetes", "namespace": tenant, "clusterid": "c"},
	}
	maps.Copy(body, more)
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // texts and numbers encode
	}
	return string(text)
}

// instance returns the URL of an instance, or with the rest of a path.
func (s *site) instance(id string, rest ...string) string {
	return "http://" + s.platforms + "/v2/service_instances/" + id + strings.Join(rest, "")
}

// settled polls an instance's operation until it ends, and returns its state.
func (s *site) settled(ctx context.Context, id string) (state string, err error) {
	err = until(ctx, "the operation of "+id+" ends", func() bool {
		found, answer, err := send(ctx, fresh(""), http.MethodGet, s.instance(id, "/last_operation"), nil, asPlatform)
		var operation struct {
			State string `json:"state"`
		}
		if err != nil || json.Unmarshal(answer, &operation) != nil {
			return false
		}
		if found == http.StatusGone {
			operation.State = "gone"
		}
		state = operation.State
		return state != "in progress" && state != ""
	})
	return state, err
}

// provision makes an instance and waits until it is ready.
func (s *site) provision(ctx context.Context, id, service, plan string) error {
	found, answer, err := send(ctx, fresh(""), http.MethodPut, s.instance(id, "?accepts_incomplete=true"), strings.NewReader(put(service, plan, "tenant-"+id, nil)), asPlatform)
	if err != nil || found != http.StatusAccepted && found != http.StatusCreated {
		return fmt.Errorf("provision of %s: status %d %s, %w", id, found, answer, err)
	}
	if found == http.StatusCreated {
		return nil
	}
	if state, err := s.settled(ctx, id); err != nil || state != "succeeded" {
		return fmt.Errorf("provision of %s: %s, %w", id, state, err)
	}
	return nil
}
