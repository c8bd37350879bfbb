package rds_test

import (
	"encoding/json"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// Tags that only inform are left out once the cloud refuses them, in a new step
// with a new token.
func TestInstance_RefusedTags_AreLeftOut(t *testing.T) {
	for _, action := range []string{"CreateDBInstance", "TagResources"} {
		for _, code := range []string{"InvalidTagValue.Malformed", "InvalidTagKey.Malformed", "NumberExceed.Tags"} {
			t.Run(action+" "+code, func(t *testing.T) {
				p := newFixture(t, descriptor.Network{VpcID: vpcID})
				p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.DropTags = action == "TagResources" })
				p.server.Faults().Add(cloud.Fault{Action: action, Effect: cloud.FailBefore, Code: code, Times: 1})
				i := p.instance(1, ``)
				i.Labels = providers.Labels{Offering: "o", Plan: "p", Namespace: "team"}
				p.done(i)
				tags := p.only().Tags
				if tags[providers.TagIncarnation] != i.Life.Incarnation || tags[providers.TagBroker] == "" || tags[providers.TagInstance] == "" || len(tags) != 3 {
					t.Errorf("the tags are %v, want the marks alone", tags)
				}
				calls := p.server.Calls(action)
				if len(calls) != 2 || calls[0].Params["ClientToken"] == calls[1].Params["ClientToken"] && action == "CreateDBInstance" {
					t.Errorf("%d calls of %s, want two with tokens of their own", len(calls), action)
				}
			})
		}
	}
}

func TestInstance_RefusedMarks_AreTheOperators(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.Fail("CreateDBInstance", "InvalidTagValue.Malformed", 0)
	i := p.instance(1, ``)
	for n, want := range []providers.Class{providers.Look, providers.Operator} {
		seen, err := p.Provider.Observe(t.Context(), *i)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := p.Provider.Do(t.Context(), *i, p.Provider.Next(*i, seen))
		if providers.ClassOf(err) != want {
			t.Errorf("refusal %d is %v (%s), want %s", n+1, err, providers.ClassOf(err), want)
		}
		i.Facts = i.Facts.Merge(facts)
	}
}

// Calls that take a token send the engine's.
func TestCalls_WithTokens_SendThem(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	i.Was = &providers.Was{Settings: i.Settings, Parameters: i.Parameters}
	i.Parameters = json.RawMessage(`{"Storage":50}`)
	providertest.Prepare(t, p.Provider, i)
	p.done(i)
	i.Was = nil
	p.protect(i, true)
	p.absent(i)
	for _, action := range []string{"CreateDBInstance", "ModifyDBInstanceSpec", "ModifyDBInstanceDeletionProtection"} {
		calls := p.server.Calls(action)
		if len(calls) == 0 || len(calls[len(calls)-1].Params["ClientToken"]) != 52 {
			t.Errorf("%s was called %d times, the last time without a token of ours", action, len(calls))
		}
	}
}
