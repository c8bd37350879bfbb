package rds

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The steps of instances.
const (
	stepCreate    = "create"
	stepTag       = "tag"
	stepSpec      = "spec"
	stepWhitelist = "whitelist"
	stepDatabase  = "database"
	stepUnprotect = "unprotect"
	stepDelete    = "delete"
	stepSpare     = "delete-spare" // an instance that was ordered twice
)

const (
	running     = "Running"
	deleting    = "Deleting"
	nobody      = "127.0.0.1" // who may connect until the whitelist is set
	group       = "osb"       // our group of the whitelist; others are their owners'
	databaseSet = "ready"
)

// The frozen requests of the steps.
type (
	createRequest struct {
		Description, Engine, EngineVersion string
		Class, StorageType                 string
		Storage                            int
		VpcID, VSwitchID, ZoneID           string
		SecondZoneID                       string
		SecurityIPs                        string
		Tags                               []providers.Tag
	}
	tagRequest struct {
		InstanceID string
		Tags       []providers.Tag
	}
	specRequest struct {
		InstanceID, Class, StorageType string
		Storage                        int
	}
	whitelistRequest struct{ InstanceID, Group, SecurityIPs string }
	databaseRequest  struct{ InstanceID, Database, Charset string }
	instanceRequest  struct{ InstanceID string }
)

func doWithInstance(ctx context.Context, c client, s providers.Step) (providers.Facts, error) {
	switch s.Name {
	case stepCreate:
		r, err := request[createRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		id, tagged, err := c.create(ctx, r, s.Token)
		if err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{Open: map[string]string{factInstance: id, factTagged: fmt.Sprint(tagged)}}, nil
	case stepTag:
		r, err := request[tagRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return learned(open(factTagged, "true"), c.tag(ctx, r))
	case stepSpec:
		r, err := request[specRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, c.modify(ctx, r, s.Token)
	case stepWhitelist:
		r, err := request[whitelistRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return learned(open(factWhitelist, r.SecurityIPs), c.whitelist(ctx, r))
	case stepDatabase:
		r, err := request[databaseRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, c.createDatabase(ctx, r)
	case stepUnprotect, stepDelete, stepSpare:
		r, err := request[instanceRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		if s.Name == stepUnprotect {
			return providers.Facts{}, c.unprotect(ctx, r, s.Token)
		}
		return providers.Facts{}, c.remove(ctx, r)
	}
	return providers.Facts{}, fmt.Errorf("no such step %q", s.Name)
}

// learned returns the facts of a call that worked.
func learned(facts providers.Facts, err error) (providers.Facts, error) {
	if err != nil {
		return providers.Facts{}, err
	}
	return facts, nil
}
