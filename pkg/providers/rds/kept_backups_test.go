package rds_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

const (
	onLocalDisk = `"class":"rds.mysql.t1.small","engineVersion":"5.6"`
	onCloudDisk = `"class":"mysql.n2.medium.1","engineVersion":"8.0"`
)

// kept prepares an instance of a plan with a word for the backups.
func (p *fixture) kept(n byte, server, word string) *providers.Task {
	p.t.Helper()
	task := p.instance(n, ``)
	task.Settings = json.RawMessage(`{"engine":"MySQL","storage":20,"database":"app","charset":"utf8mb4",` + server + word + `}`)
	providertest.Prepare(p.t, p.Provider, task)
	return task
}

// The backups that a plan keeps are those that RDS is told to keep: with the deletion on
// local disks, else by the backup policy, which keeps the last one by itself.
func TestBackups_EachWord_IsToldToRDS(t *testing.T) {
	for name, c := range map[string]struct {
		server, word       string
		deletion, policies string // values that RDS is sent
		remains            string
	}{
		"LocalDefault": {onLocalDisk, ``, "", "", "recycle bin"},
		"LocalNone":    {onLocalDisk, `,"backups":"none"`, "", "", "recycle bin"},
		"LocalLast":    {onLocalDisk, `,"backups":"last"`, "Lastest", "", "last backup"},
		"LocalAll":     {onLocalDisk, `,"backups":"all"`, "All", "", "all its backups"},
		"CloudDefault": {onCloudDisk, ``, "", "None", "recycle bin"},
		"CloudLast":    {onCloudDisk, `,"backups":"last"`, "", "", "last backup"},
		"CloudAll":     {onCloudDisk, `,"backups":"all"`, "", "All", "all its backups"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFixture(t, descriptor.Network{VpcID: vpcID})
			i := p.kept(1, c.server, c.word)
			p.done(i)
			i.Goal, i.Usable = providers.Absent, true
			step := p.done(i)
			if got := p.sent("DeleteDBInstance"); got != c.deletion {
				t.Errorf("the deletion keeps %q, want %q", got, c.deletion)
			}
			if got := p.sent("ModifyBackupPolicy"); got != c.policies {
				t.Errorf("the policy keeps %q, want %q", got, c.policies)
			}
			if !strings.Contains(step.Remains, c.remains) || !strings.Contains(step.Remains, i.Facts.Open["instance_id"]) {
				t.Errorf("operators read %q, want %q", step.Remains, c.remains)
			}
		})
	}
}

// sent returns the ReleasedKeepPolicy of the calls of an action.
func (p *fixture) sent(action string) string {
	var words []string
	for _, call := range p.server.Calls(action) {
		words = append(words, call.Params["ReleasedKeepPolicy"])
	}
	return strings.Join(words, ",")
}

// Where RDS refuses the policy, a plan that keeps nothing goes on with the deletion, and
// one that keeps backups deletes nothing.
func TestBackups_RefusedPolicy_LosesNothing(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.Faults().Add(cloud.Fault{Action: "ModifyBackupPolicy", Effect: cloud.FailBefore, Code: "InvalidParam.Engine", Status: http.StatusBadRequest})
	all := p.kept(1, onCloudDisk, `,"backups":"all"`)
	p.done(all)
	all.Goal, all.Usable = providers.Absent, true
	seen, err := p.Provider.Observe(t.Context(), *all)
	if err != nil {
		t.Fatal(err)
	}
	step := p.Provider.Next(*all, seen)
	if _, err := p.Provider.Do(t.Context(), *all, step); err == nil || !strings.Contains(providers.Sentence(err), "keep the backups") {
		t.Errorf("step %s: %v", step.Name, err)
	}
	p.only()
	all.Usable = false // never ready: nothing is kept
	if step := p.done(all); !strings.Contains(step.Remains, "last backup") {
		t.Errorf("operators read %q", step.Remains)
	}
	if all := p.server.RDS().Instances(); len(all) > 0 {
		t.Errorf("left: %+v", all)
	}
}
