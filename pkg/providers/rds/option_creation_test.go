package rds_test

import (
	"encoding/json"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// onEncryptableDisk is a plan with a disk that RDS can encrypt.
const onEncryptableDisk = `{"engine":"MySQL","engineVersion":"8.0","class":"mysql.n2.medium.2c","storage":20,"storageType":"cloud_essd","database":"app","charset":"utf8mb4"}`

func (p *fixture) onEncryptableDisk(parameters string) *providers.Task {
	p.t.Helper()
	task := p.instance(1, ``)
	task.Settings, task.Parameters = json.RawMessage(onEncryptableDisk), json.RawMessage(parameters)
	providertest.Prepare(p.t, p.Provider, task)
	return task
}

// The order encrypts the disk, and has the time zone and the resource group.
func TestOrder_WithOptions_StatesThem(t *testing.T) {
	for given, want := range map[string]string{"key-1": "key-1", "ServiceKey": "alias/acs/rds"} {
		p := newFixture(t, descriptor.Network{VpcID: vpcID})
		p.done(p.onEncryptableDisk(`{"EncryptionKey":"` + given + `","TimeZone":"+05:30","ResourceGroupId":"rg-team"}`))
		req, resp := sdk.CreateDescribeDBInstanceEncryptionKeyRequest(), sdk.CreateDescribeDBInstanceEncryptionKeyResponse()
		req.DBInstanceId = p.only().ID
		p.must(req, resp)
		if got := p.only(); resp.EncryptionKey != want || got.Settings.Parameters["default_time_zone"] != "+05:30" || got.Choices.ResourceGroup != "rg-team" {
			t.Errorf("key %q, %+v", resp.EncryptionKey, got)
		}
		if n := len(p.server.Calls("ModifyResourceGroup")); n > 0 {
			t.Errorf("the resource group is set again")
		}
	}
}

// A key that is of no use ends the order with a sentence, and nothing is made.
func TestOrder_WithAnUselessKey_FailsWithItsName(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.KMS().Behave(func(b *kms.Behaviour) { b.Keys = kms.Keys{} })
	step := p.fails(p.onEncryptableDisk(`{"EncryptionKey":"key-1"}`), providers.Invalid)
	if !strings.Contains(step.Text, "EncryptionKey") || !p.server.Empty() {
		t.Errorf("failed with %q; left %q", step.Text, p.Cloud.Left())
	}
}
