package rds_test

import (
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

const chosen = `{"Username":"app","Password":"Very_Secret_1"}`

// absent unbinds.
func (p *fixture) absent(task *providers.Task) {
	p.t.Helper()
	task.Goal = providers.Absent
	p.done(task)
}

func TestUnbind_EditedDescription_AccountIsRemoved(t *testing.T) {
	for name, parameters := range map[string]string{"a chosen name": chosen, "a drawn name": ""} {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, descriptor.Network{VpcID: vpcID})
			i := p.instance(1, ``)
			p.done(i)
			b := p.binding(i, 2, parameters)
			p.describe(p.done(b).Credentials["username"], "web-shop")
			p.done(b) // and it is still the binding's
			p.absent(b)
			if left := p.only().Accounts; len(left) != 0 {
				t.Errorf("after the unbind there is %+v", left)
			}
		})
	}
}

// After a lost answer to CreateAccount, observing our description proves ownership.
func TestUnbind_LostCreate_AccountIsRemoved(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	b := p.binding(i, 2, chosen)
	p.server.Faults().Add(cloud.Fault{Action: "CreateAccount", Effect: cloud.DropAfter, Times: 1})
	p.done(b)
	p.describe("app", "web-shop")
	p.absent(b)
	if left := p.only().Accounts; len(left) != 0 {
		t.Errorf("after the unbind there is %+v", left)
	}
}

func TestBinding_ExistingAccount_IsNeverOurs(t *testing.T) {
	for name, text := range map[string]string{"with words": "web-shop", "without": ""} {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, descriptor.Network{VpcID: vpcID})
			i := p.instance(1, ``)
			p.done(i)
			p.take("app", text)
			b := p.binding(i, 2, chosen)
			p.fails(b, providers.Invalid)
			p.absent(b)
			if p.account("app") == nil {
				t.Error("somebody else's account was deleted")
			}
		})
	}
}

// An account that people deleted and made again is theirs.
func TestUnbind_LaterAccountOfTheName_Stays(t *testing.T) {
	t.Run("of another binding", func(t *testing.T) {
		p := newFixture(t, descriptor.Network{VpcID: vpcID})
		i := p.instance(1, ``)
		p.done(i)
		first, second := p.binding(i, 2, chosen), p.binding(i, 3, chosen)
		p.done(first)
		p.drop("app")
		p.done(second)
		p.absent(first)
		if p.account("app") == nil {
			t.Error("another binding's account was deleted")
		}
	})
	t.Run("made after the unbind", func(t *testing.T) {
		p := newFixture(t, descriptor.Network{VpcID: vpcID})
		i := p.instance(1, ``)
		p.done(i)
		b := p.binding(i, 2, chosen)
		p.done(b)
		p.absent(b)
		p.take("app", "web-shop")
		p.absent(b)
		if p.account("app") == nil {
			t.Error("somebody else's account was deleted")
		}
	})
}

// An open fact is no proof that an account is ours, once its description is not.
func TestUnbind_OpenClaimAlone_IsTheOperators(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	p.take("app", "web-shop")
	b := p.binding(i, 2, chosen)
	p.fails(b, providers.Invalid)
	b.Facts.Open = map[string]string{"account_made": "true"}
	for _, b.Goal = range []providers.Goal{providers.Present, providers.Absent} {
		if _, err := p.Provider.Observe(t.Context(), *b); !errors.Is(err, providers.ErrForeign) {
			t.Errorf("the look to make it %s: %v", b.Goal, err)
		}
	}
	if providers.ClassOf(providers.ErrForeign) != providers.Operator {
		t.Error("a foreign resource is not the operator's")
	}
}

// The address in credentials comes from a look at our own instance: open facts may
// say anything.
func TestBinding_EditedAddress_IsIgnored(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	host, port := i.Facts.Open["host"], i.Facts.Open["port"]
	i.Facts.Open["host"], i.Facts.Open["port"] = "db.attacker.example", "1"
	sealed := i.Facts.Secrets
	for n, secrets := range []map[string]string{sealed, nil} { // a record of before has none
		i.Facts.Secrets = secrets
		got := p.done(p.binding(i, byte(2+n), ``)).Credentials
		if got["host"] != host || got["port"] != port {
			t.Errorf("the credentials lead to %s:%s, want %s:%s", got["host"], got["port"], host, port)
		}
	}
}

// Records hold the sealed address in this form.
func TestBinding_SealedAddress_IsRead(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	i.Facts.Secrets = map[string]string{"server": `{"id":"` + p.only().ID + `","host":"sealed.example","port":"3307"}`}
	if got := p.done(p.binding(i, 2, ``)).Credentials; got["host"] != "sealed.example" || got["port"] != "3307" {
		t.Errorf("the credentials lead to %s:%s, want the sealed address", got["host"], got["port"])
	}
}

// People may edit one of the two marks of an instance.
func TestDelete_EditedDescription_InstanceIsRemoved(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	p.rename(p.only().ID, "web-shop")
	p.absent(i)
	if left := p.server.RDS().Instances(); len(left) != 0 {
		t.Errorf("after the deletion there is %+v", left)
	}
}
