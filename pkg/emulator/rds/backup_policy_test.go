package rds_test

import (
	"testing"
)

func TestBackupPolicy_NewInstance_ByEngineAndDisk(t *testing.T) {
	f := newFixture(t)
	all := f.engines()
	local, mysql8, pg := all.local, all.mysql8, all.pg
	f.wantAnswer(f.done("DescribeBackupPolicy", "DBInstanceId", local), "PreferredBackupPeriod", "Tuesday,Thursday,Saturday", "PreferredBackupTime", "02:00Z-03:00Z",
		"BackupRetentionPeriod", "7", "BackupLog", "Enable", "EnableBackupLog", "1", "LogBackupRetentionPeriod", "7", "ReleasedKeepPolicy", "None",
		"EnableIncrementDataBackup", "false", "LocalLogRetentionSpace", "30", "BackupInterval", "-1", "PreferredNextBackupTime", "2026-05-05T02:00Z")
	f.wantAnswer(f.done("DescribeBackupPolicy", "DBInstanceId", mysql8), "ReleasedKeepPolicy", "Lastest", "EnableBackupLog", "1")
	f.wantAnswer(f.done("DescribeBackupPolicy", "DBInstanceId", pg), "ReleasedKeepPolicy", "None", "EnableBackupLog", "0", "BackupLog", "Disabled") // Basic
}

func TestBackupPolicy_Changed_ReadBackByMode(t *testing.T) {
	f := newFixture(t)
	id := f.engines().mysql8
	f.wantAnswer(f.done("ModifyBackupPolicy", "DBInstanceId", id, "PreferredBackupPeriod", "Monday,Sunday", "PreferredBackupTime", "22:00Z-23:00Z", "BackupRetentionPeriod", "30",
		"BackupInterval", "15", "Category", "Flash", "ReleasedKeepPolicy", "All", "CompressType", "4", "EnableBackupLog", "0", "LocalLogRetentionHours", "", "EnablePitrProtection", "true"),
		"DBInstanceID", id, "EnableBackupLog", "1", "CompressType", "4", "LocalLogRetentionHours", "18")
	for _, format := range []string{"0", "1", "2", "8", "4"} {
		f.wantAnswer(f.done("ModifyBackupPolicy", "DBInstanceId", id, "CompressType", format), "CompressType", format)
	}
	f.done("ModifyBackupPolicy", "DBInstanceId", id, "BackupPolicyMode", "LogBackupPolicy", "EnableBackupLog", "1", "LogBackupRetentionPeriod", "30", "LocalLogRetentionHours", "24",
		"LocalLogRetentionSpace", "40", "HighSpaceUsageProtection", "Disable", "LogBackupLocalRetentionNumber", "-1", "PreferredBackupPeriod", "Tuesday,Friday")
	f.wantAnswer(f.done("DescribeBackupPolicy", "DBInstanceId", id, "BackupPolicyMode", "DataBackupPolicy"), "PreferredBackupPeriod", "Monday,Sunday", "PreferredBackupTime", "22:00Z-23:00Z",
		"BackupRetentionPeriod", "30", "BackupInterval", "15", "Category", "Flash", "ReleasedKeepPolicy", "All", "LogBackupRetentionPeriod", "30", "LocalLogRetentionHours", "24",
		"LocalLogRetentionSpace", "40", "HighSpaceUsageProtection", "Disable", "LogBackupLocalRetentionNumber", "-1", "PitrRetentionPeriod", "30", "EnablePitrProtection", "true")
	f.done("ModifyBackupPolicy", "DBInstanceId", id, "BackupPolicyMode", "LogBackupPolicy", "EnableBackupLog", "False")
	f.wantAnswer(f.done("DescribeBackupPolicy", "DBInstanceId", id), "EnableBackupLog", "0", "BackupLog", "Disabled")
}

func TestBackupPolicy_BadValue_Refused(t *testing.T) {
	f := newFixture(t)
	all := f.engines()
	local, id, pg := all.local, all.mysql8, all.pg
	for _, bad := range [][2]string{
		{"PreferredBackupPeriod", "Monday"}, {"PreferredBackupPeriod", "Monday,Monday"}, {"PreferredBackupPeriod", "Mon,Tue"}, {"PreferredBackupTime", "02:00-03:00"},
		{"BackupRetentionPeriod", "6"}, {"BackupRetentionPeriod", "731"}, {"BackupRetentionPeriod", "week"}, {"BackupLog", "1"}, {"LogBackupRetentionPeriod", "8"},
		{"CompressType", "3"}, {"Category", "Fast"}, {"BackupInterval", "45"}, {"ReleasedKeepPolicy", "Latest"}, {"ArchiveBackupKeepCount", "32"},
		{"ArchiveBackupRetentionPeriod", "29"}, {"BackupPolicyMode", "Data"}, {"IncBackupInterval", "60"},
	} {
		f.refused(400, "Invalid"+bad[0]+".Malformed", "ModifyBackupPolicy", "DBInstanceId", id, bad[0], bad[1])
	}
	for _, bad := range [][2]string{{"EnableBackupLog", "yes"}, {"LocalLogRetentionHours", "169"}, {"LocalLogRetentionSpace", "51"}, {"LogBackupLocalRetentionNumber", "5"}, {"HighSpaceUsageProtection", "on"}} {
		f.refused(400, "Invalid"+bad[0]+".Malformed", "ModifyBackupPolicy", "DBInstanceId", id, "BackupPolicyMode", "LogBackupPolicy", bad[0], bad[1])
	}
	f.refused(400, "InvalidCategory.Malformed", "ModifyBackupPolicy", "DBInstanceId", local, "Category", "Standard")
	f.refused(400, "InvalidBackupInterval.Malformed", "ModifyBackupPolicy", "DBInstanceId", local, "BackupInterval", "30")
	f.done("ModifyBackupPolicy", "DBInstanceId", local, "EnableIncrementDataBackup", "true", "IncBackupInterval", "120")
	f.wantAnswer(f.done("DescribeBackupPolicy", "DBInstanceId", local), "EnableIncrementDataBackup", "true", "IncBackupInterval", "120")
	f.refused(403, "IncorrectDBInstanceType", "ModifyBackupPolicy", "DBInstanceId", pg, "BackupPolicyMode", "LogBackupPolicy", "EnableBackupLog", "1")
	// What Terraform's provider sends at the end of a policy, to every instance.
	f.done("ModifyBackupPolicy", "DBInstanceId", pg, "PreferredBackupPeriod", "Tuesday,Thursday,Saturday", "BackupRetentionPeriod", "7", "PreferredBackupTime", "02:00Z-03:00Z",
		"EnableBackupLog", "1", "LogBackupRetentionPeriod", "7")
}
