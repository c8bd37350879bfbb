package rds_test

import (
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func TestDeleteDBInstance_KeptBackups_ByPolicyOrWord(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*sdk.CreateDBInstanceRequest)
		policy string // of ModifyBackupPolicy
		word   string // of DeleteDBInstance
		kept   string
	}{
		"local":              {func(*sdk.CreateDBInstanceRequest) {}, "", "", ""},
		"local, last":        {func(*sdk.CreateDBInstanceRequest) {}, "", "Lastest", "Lastest"},
		"local, all":         {func(*sdk.CreateDBInstanceRequest) {}, "", "All", "All"},
		"cloud":              {cloudDisk, "", "", "Lastest"},
		"cloud, word":        {cloudDisk, "", "None", "Lastest"},
		"cloud, policy none": {cloudDisk, "None", "All", ""},
		"cloud, policy all":  {cloudDisk, "All", "", "All"},
		"PostgreSQL":         {postgres, "", "Lastest", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			id := f.instance(tc.change)
			if tc.policy != "" {
				f.done("ModifyBackupPolicy", "DBInstanceId", id, "PreferredBackupPeriod", "Monday,Friday", "PreferredBackupTime", "02:00Z-03:00Z", "BackupRetentionPeriod", "7", "ReleasedKeepPolicy", tc.policy)
			}
			f.done("DeleteDBInstance", "DBInstanceId", id, "ReleasedKeepPolicy", tc.word)
			f.srv.Clock().Advance(time.Hour)
			kept := f.srv.RDS().KeptBackups()
			if tc.kept == "" {
				if len(kept) != 0 || !f.srv.Empty() {
					t.Errorf("%+v are kept", kept)
				}
				return
			}
			if len(kept) != 1 || kept[0].Instance != id || kept[0].Keep != tc.kept || kept[0].Billed || f.srv.Empty() {
				t.Fatalf("%+v are kept", kept)
			}
			f.srv.Clock().Advance(7 * 24 * time.Hour)
			if kept := f.srv.RDS().KeptBackups(); !kept[0].Billed {
				t.Errorf("after a week %+v are kept", kept)
			}
		})
	}
}

func TestFirstInstance_WithoutRole_RefusedUntilMade(t *testing.T) {
	f := newFixture(t)
	f.behave(func(b *rds.Behaviour) { b.FirstInstance = true })
	_, err := f.CreateDBInstance(createRequest())
	f.wantCode(err, 400, "ServiceLinkedRole.NotExist")
	role := []string{"ServiceLinkedRole", "AliyunServiceRoleForRds"}
	f.wantAnswer(f.done("CheckServiceLinkedRole", role...), "HasServiceLinkedRole", "false", "RequireServiceLinkedRole", "true")
	f.refused(400, "InvalidParameter", "CreateServiceLinkedRole", "ServiceLinkedRole", "AliyunServiceRoleForOther")
	f.done("CreateServiceLinkedRole", role...)
	f.done("CreateServiceLinkedRole", role...)
	f.wantAnswer(f.done("CheckServiceLinkedRole", role...), "HasServiceLinkedRole", "true")
	must(f.CreateDBInstance(createRequest()))(f)
	other := createRequest()
	postgres(other)
	_, err = f.CreateDBInstance(other)
	f.wantCode(err, 400, "ServiceLinkedRole.NotExist")
	f.done("CreateServiceLinkedRole", "ServiceLinkedRole", "AliyunServiceRoleForRdsPgsqlOnEcs")
	must(f.CreateDBInstance(other))(f)
}

func TestEncryption_Key_CheckedAndShown(t *testing.T) {
	const role = "acs:ram::1000000000000001:role/aliyunrdsinstanceencryptiondefaultrole"
	f := newFixture(t)
	keys := func(state string) {
		f.srv.KMS().Behave(func(b *kms.Behaviour) {
			b.Keys = kms.Keys{{ID: "good", State: state}, {ID: "off", State: kms.Disabled}}
		})
	}
	keys(kms.Enabled)
	encrypted := func(change func(*sdk.CreateDBInstanceRequest), key, role string) (string, error) {
		r := createRequest()
		change(r)
		r.EncryptionKey, r.RoleARN = key, role
		response, err := f.CreateDBInstance(r)
		return response.DBInstanceId, err
	}
	for name, tc := range map[string]struct {
		change    func(*sdk.CreateDBInstanceRequest)
		key, role string
		status    int
		code      string
	}{
		"no role":       {cloudDisk, "good", "", 400, "MissingRoleARN"},
		"other account": {cloudDisk, "good", "acs:ram::2000000000000001:role/x", 400, "InvalidParameter"},
		"no key":        {cloudDisk, "gone", role, 404, "Forbidden.KeyNotFound"},
		"disabled":      {cloudDisk, "off", role, 409, "Rejected.Disabled"},
		"local disk":    {func(*sdk.CreateDBInstanceRequest) {}, "good", role, 400, "InvalidInstanceLevel.DiskType"},
		"general class": {postgres, "good", role, 400, "InvalidParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := encrypted(tc.change, tc.key, tc.role)
			(&fixture{T: t}).wantCode(err, tc.status, tc.code)
		})
	}
	own, err := encrypted(cloudDisk, "good", role)
	f.ok(err)
	service, err := encrypted(postgres, "", role)
	f.ok(err)
	f.srv.Clock().Advance(5 * time.Minute)
	f.wantAnswer(f.done("DescribeDBInstanceEncryptionKey", "DBInstanceId", own), "EncryptionKey", "good", "EncryptionKeyStatus", "Enabled")
	f.wantAnswer(f.done("DescribeDBInstanceEncryptionKey", "DBInstanceId", service), "EncryptionKey", "alias/acs/rds")
	keys(kms.PendingDeletion)
	f.wantAnswer(f.done("DescribeDBInstanceEncryptionKey", "DBInstanceId", own), "EncryptionKeyStatus", "Disabled")
	f.wantCode(f.createAccount(own, "alice"), 400, "IncorrectDBInstanceLockMode.ValueNotSupported")
}
