package parameters_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// An older record holds parameters as they were sent. Of two names of one
// parameter, its own name is in force: updates set no other.
func TestParameters_OldRecord_TwoNamesAreOneValue(t *testing.T) {
	osbtest.Proves(t, "PROV-10", "UPD-03", "FI-07")
	offering, plans := buckets(t)
	s := stack.New(t)
	i := instance{T: t, stack: s, id: "i", offering: offering, plan: plans["oss-self-define"]}
	i.make(map[string]any{"Acl": "public-read-write", "StorageClass": "IA"})
	i.stores(`{"ACL":"private","Acl":"Public Read / Write","StorageClass":"ia"}`)

	i.shows(map[string]any{"Acl": "Public Read / Write", "StorageClass": "ia"})
	i.unchanged(map[string]any{"ACL": "public-read-write", "StorageClass": "Infrequent Access"})
	if status, _ := i.send(http.MethodPut, map[string]any{"ACL": "private", "StorageClass": "IA"}, i.plan.ID); status != http.StatusConflict {
		t.Errorf("a provision with the value that is not in force: %d, want 409", status)
	}
	i.changes(map[string]any{"ACL": "private"}, "")
	i.shows(map[string]any{"Acl": "private", "StorageClass": "IA"})
	if acl := s.Cloud().Dump().Buckets[0].ACL; acl != "private" {
		t.Errorf("the bucket is %s", acl)
	}
}

// An older record kept the parameters of the plan before a move.
func TestParameters_OldRecord_MovedAway_OrdersNothing(t *testing.T) {
	osbtest.Proves(t, "UPD-03", "FI-07")
	offering, plans := database(t)
	s := stack.New(t)
	self, small := plans["rds-self-define"], plans["rds-mysql-s1-small"]
	i := instance{T: t, stack: s, id: "i", offering: offering, plan: self}
	i.make(map[string]any{"Class": "rds.mysql.m1.medium"})
	i.changes(nil, small.ID)
	i.stores(`{"Class":"rds.mysql.m1.medium","Storage":"20","EngineVersion":5.6}`)

	i.shows(nil)
	i.unchangedByUpdate(map[string]any{"NetworkType": "vpc"})
	i.changes(nil, self.ID)
	i.shows(nil)
	if class := s.Cloud().Dump().Instances[0].Class; class != "rds.mysql.s2.large" {
		t.Errorf("moving back orders %s, which the plan does not say", class)
	}
}

// stores puts parameters into the instance's record, as an older broker did.
func (i instance) stores(parameters string) {
	i.Helper()
	_, err := i.stack.Store().Update(i.Context(), store.Key{InstanceID: i.id}, func(r *store.Record) error {
		sealed := store.Seal(json.RawMessage(parameters))
		r.Have.Parameters = sealed
		if r.Want != nil {
			r.Want.Parameters = sealed
		}
		return nil
	})
	if err != nil {
		i.Fatal(err)
	}
}
