package rds_test

import (
	"errors"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

func TestSQL_Life_ConnectsSharesAndEnds(t *testing.T) {
	p := newSQLFixture(t)
	i := p.postgres(1)
	first, second := p.binding(i, 2, ``), p.binding(i, 3, `{"Username":"chosen","Access":"readonly"}`)
	one := p.done(first).Credentials
	if !strings.HasPrefix(one["uri"], "postgresql://") || !strings.HasPrefix(one["jdbcUrl"], "jdbc:postgresql://") {
		t.Errorf("credentials = %v and %v", one["uri"] != "", one["jdbcUrl"] != "")
	}
	p.run(one, "CREATE TABLE notes (n int)", "INSERT INTO notes VALUES (1)")
	two := p.done(second).Credentials
	p.run(two, "SELECT n FROM notes")
	first.Goal, first.Usable = providers.Absent, true
	p.done(first)
	if _, err := p.session(one); err == nil {
		t.Error("a login outlived its binding")
	}
	p.run(two, "SELECT n FROM notes")
	if accounts := p.only().Accounts; len(accounts) != 1 || accounts[0].Type != "Super" {
		t.Errorf("accounts of the API = %+v", accounts)
	}
	p.run(p.done(p.binding(i, 4, ``)).Credentials, "ALTER TABLE notes ADD COLUMN word text")
	for _, action := range []string{"CreateDatabase", "GrantAccountPrivilege"} {
		if n := len(p.server.Calls(action)); n > 0 {
			t.Errorf("%s was called %d times", action, n)
		}
	}
}

func TestSQL_ByHandChanges_AreMended(t *testing.T) {
	p := newSQLFixture(t)
	i := p.postgres(1)
	p.done(p.binding(i, 2, ``))
	admin := p.only().Accounts[0].Name
	reset := func() {
		req := sdk.CreateResetAccountPasswordRequest()
		req.DBInstanceId, req.AccountName, req.AccountPassword = p.only().ID, admin, "By_Hand_1"
		p.must(req, sdk.CreateResetAccountPasswordResponse())
	}
	closeDoor := func() {
		req := sdk.CreateModifySecurityIpsRequest()
		req.DBInstanceId, req.DBInstanceIPArrayName, req.ModifyMode, req.SecurityIps = p.only().ID, "osb_broker", "Cover", "192.0.2.1"
		p.must(req, sdk.CreateModifySecurityIpsResponse())
	}
	for n, change := range []func(){reset, closeDoor} {
		change()
		b := p.binding(i, byte(3+n), ``)
		given := p.done(b).Credentials
		p.run(given, "SELECT 1")
		change()
		b.Goal, b.Usable = providers.Absent, true
		p.done(b)
		if n == 1 {
			break // the server admits no client of the test's beside the broker
		}
		if _, err := p.session(given); err == nil {
			t.Error("the login outlived its binding")
		}
	}
	if n := len(p.server.Calls("ResetAccountPassword")); n != 4 { // two by hand, two by the broker
		t.Errorf("ResetAccountPassword was called %d times", n)
	}
	// RDS itself puts a text before the description of the first privileged account.
	p.describe(admin, "template1-public-schema-owner-"+p.only().Accounts[0].Description)
	reset()
	p.done(p.binding(i, 8, ``))
	p.describe(admin, "web shop")
	reset()
	b := p.binding(i, 9, ``)
	if err := p.observesUntilError(b); !errors.Is(err, providers.ErrForeign) {
		t.Errorf("an account of another description: %v", err)
	}
}

func TestSQL_NetworkGone_IsTheOperatorsAndGoesOn(t *testing.T) {
	network := &cuttable{}
	e := newPostgres(t)
	server := newSQLCloud(t, e)
	p := &fixture{t: t, server: server, Harness: providertest.Harness{
		Provider: newProvider(t, server, brokerHere(), func(d *descriptor.Deps) { d.Dial = network.dial }), Cloud: patientCloud{providertest.Emulated(server), e},
	}}
	i := p.postgres(1)
	b := p.binding(i, 2, ``)
	cut := errors.New("no route to host")
	wantUnreachable := func(when string) {
		t.Helper()
		err := p.observesUntilError(b)
		if providers.ClassOf(err) != providers.Operator || !errors.Is(err, providers.ErrUnreachable) || !strings.Contains(providers.Sentence(err), "--broker-addresses") {
			t.Errorf("%s: %v is %s, told as %q", when, err, providers.ClassOf(err), providers.Sentence(err))
		}
	}
	network.err = cut
	wantUnreachable("bind")
	network.err = nil
	given := p.done(b).Credentials
	b.Goal, b.Usable, network.err = providers.Absent, true, cut
	wantUnreachable("unbind")
	network.err = nil
	p.done(b)
	if _, err := p.session(given); err == nil {
		t.Error("the login outlived its binding")
	}
}

func TestSQL_Gone_EndsWithoutMakingAnything(t *testing.T) {
	p := newSQLFixture(t)
	i := p.postgres(1)
	never := p.binding(i, 2, ``)
	never.Goal = providers.Absent
	p.done(never)
	for _, action := range []string{"ModifySecurityIps", "CreateAccount"} {
		if n := len(p.server.Calls(action)); n > 1 || action == "CreateAccount" && n > 0 {
			t.Errorf("%s was called %d times", action, n)
		}
	}
	bound := p.binding(i, 3, ``)
	p.done(bound)
	i.Goal = providers.Absent
	p.done(i)
	p.fails(p.binding(i, 4, ``), providers.Broken)
	bound.Goal, bound.Usable = providers.Absent, true
	p.done(bound)
}

func newSQLCloud(t *testing.T, e engine.Engine) *emulator.Server {
	t.Helper()
	return emulatortest.New(t, emulatortest.WithProfile(emulatedrds.Realistic()), emulatortest.WithEngine(e),
		emulatortest.WithClock(cloud.NewFrozenClock(epoch())))
}
