package lifecycle

import (
	"encoding/json"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// ContextOf decodes the platform's context; a context of another shape is empty.
func ContextOf(r *store.Record) osb.Context {
	var c osb.Context
	if err := json.Unmarshal(r.Context, &c); err != nil {
		return osb.Context{}
	}
	return c
}

// NeededContext returns the members of the platform's context that the broker
// reads: for the tenant, tags and names of resources.
func NeededContext(context json.RawMessage) json.RawMessage {
	needed, err := json.Marshal(ContextOf(&store.Record{Context: context}))
	if err != nil { // unreachable: strings encode
		return nil
	}
	return needed
}

// platformContext returns the one member of the context that a tombstone keeps:
// names of users' things are no part of the answers to polls.
func platformContext(context json.RawMessage) json.RawMessage {
	platform := ContextOf(&store.Record{Context: context}).Platform
	if platform == "" {
		return nil
	}
	kept, err := json.Marshal(osb.Context{Platform: platform})
	if err != nil { // unreachable: strings encode
		return nil
	}
	return kept
}

// TenantOf returns the tenant of r, between which queue, workers, waiting requests
// and calls to the cloud are shared: the namespace in its cluster, or, where the
// context names none (Cloud Foundry; Korifi sends no context), the organization
// that each provision names.
func TenantOf(r *store.Record) string {
	c := ContextOf(r)
	switch {
	case c.Namespace != "":
		return c.Platform + "/" + c.ClusterID + "/" + c.Namespace
	case r.Organization != "":
		return c.Platform + "/" + r.Organization
	}
	return c.Platform + "/"
}
