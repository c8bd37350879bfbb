package rds

import (
	"context"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// A waitingKey names a list of instances that wait in the same status, as one
// profile, in one region, with the tag of one broker.
type waitingKey struct{ profile, region, broker, status string }

// A waitingList answers looks at waiting instances from shared lists.
type waitingList = alicloud.SharedLists[waitingKey, dbInstance]

// newWaitingList returns the lists of all profiles (RDS API, DescribeDBInstances).
func newWaitingList(d descriptor.Deps) *waitingList {
	return alicloud.NewSharedLists(alicloud.SharedListsConfig[waitingKey, dbInstance]{
		Page: func(ctx context.Context, key waitingKey, page int) ([]dbInstance, bool, error) {
			profile, err := d.Profiles.Of(providers.Task{Profile: key.profile})
			if err != nil {
				return nil, false, err
			}
			return client{clients: profile.Clients, region: key.region}.waiting(ctx, key, page)
		},
		ID:     func(i dbInstance) string { return i.ID },
		MaxAge: max(slowestPolls*d.PollInterval, 30*time.Second),
	})
}

// slowestPolls is the longest time between looks at a waiting instance, in
// intervals of the configuration.
const slowestPolls = 3

// waiting returns a page of the instances that a key names. The answer of a list
// lacks the members that a waiting instance does not need.
func (c client) waiting(ctx context.Context, key waitingKey, page int) (list []dbInstance, more bool, err error) {
	req, resp := rds.CreateDescribeDBInstancesRequest(), rds.CreateDescribeDBInstancesResponse()
	req.RegionId, req.DBInstanceStatus = c.region, key.status
	req.PageNumber, req.PageSize = requests.NewInteger(page), requests.NewInteger(pageSize)
	if req.Tags, err = tagFilter(providers.Tag{Key: providers.TagBroker, Value: key.broker}); err != nil {
		return nil, false, err
	}
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, false, err
	}
	for _, i := range resp.Items.DBInstance {
		if i.DBInstanceStatus == key.status {
			list = append(list, dbInstance{ID: i.DBInstanceId, Description: i.DBInstanceDescription, Status: i.DBInstanceStatus, Class: i.DBInstanceClass})
		}
	}
	return list, len(resp.Items.DBInstance) > 0 && page*pageSize < resp.TotalRecordCount, nil
}

// sharedLooks is an instanceAPI that answers get for the instance of a task from the
// lists, while the instance waits.
type sharedLooks struct {
	client

	lists *waitingList
	task  providers.Task
}

// get describes an instance; nil if it is missing.
func (s sharedLooks) get(ctx context.Context, id string) (*dbInstance, error) {
	if id != s.task.Facts.Open[factInstance] || s.task.Facts.Open[factTagged] == "false" {
		return s.client.get(ctx, id)
	}
	if key, ok := s.expected(ctx, id); ok {
		found, ok, err := s.lists.Find(ctx, key, id)
		if err != nil {
			return nil, err
		}
		if ok {
			return &found, nil
		}
	}
	found, err := s.client.get(ctx, id)
	switch {
	case err != nil:
	case found == nil || found.Status == running:
		s.lists.Changed(ctx, id)
	default:
		s.lists.Waits(ctx, s.key(found.Status), id)
	}
	return found, err
}

// expected returns the key with which the instance waits: by the last look or call,
// or, in a new term, by the step that was begun. The list tells whether it does.
func (s sharedLooks) expected(ctx context.Context, id string) (key waitingKey, ok bool) {
	if key, waits, known := s.lists.KeyOf(ctx, id); known {
		return key, waits
	}
	t, status := s.task, ""
	switch {
	case t.Goal == providers.Absent && t.HasBegun(stepDelete):
		status = deleting
	case t.Goal == providers.Absent:
	case t.Was != nil && t.HasBegun(stepSpec):
		status = changingClass
	case isNew(t) && t.Facts.Secrets[factServer] == "" && t.HasBegun(stepCreate):
		status = creating
	}
	return s.key(status), status != ""
}

func (s sharedLooks) key(status string) waitingKey {
	return keyOf(s.task, s.region, status)
}

func keyOf(t providers.Task, region, status string) waitingKey {
	return waitingKey{profile: t.Profile, region: region, broker: t.Life.BrokerTag().Value, status: status}
}

// called notes that a call for the instance of a task has ended. After a slow one the
// instance waits.
func (r reach) called(ctx context.Context, t providers.Task, step providers.Step, facts providers.Facts, err error) {
	known := t.Facts.Merge(facts).Open
	id, status := known[factInstance], ""
	switch {
	case id == "" || err != nil || known[factTagged] == "false":
	case isCreate(step.Name):
		status = creating
	case step.Name == stepSpec:
		status = changingClass
	case step.Name == stepVersion:
		status = upgradingVersion
	case step.Name == stepDelete:
		status = deleting
	}
	if status != "" {
		r.waiting.Waits(ctx, keyOf(t, r.region, status), id)
	} else if id != "" {
		r.waiting.Changed(ctx, id)
	}
}
