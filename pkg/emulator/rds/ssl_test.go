package rds_test

import (
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
)

func TestSSL_MySQL_EnabledRenewedDisabled(t *testing.T) {
	f := newFixture(t)
	id := f.engines().mysql8
	host := f.attribute(id).ConnectionString
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "SSLEnabled", "No", "RequireUpdate", "No", "ForceEncryption", "0",
		"SSLExpireTime", "", "ConnectionString", "", "ACL", "-", "LastModifyStatus", "-")
	f.done("ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", host, "SSLEnabled", "1", "ForceEncryption", "1")
	f.wantStatus(id, "SSL_MODIFYING")
	f.refused(403, "OperationDenied.DBInstanceStatus", "ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", host, "SSLEnabled", "0")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantStatus(id, "Running")
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "SSLEnabled", "Yes", "ForceEncryption", "1", "CAType", "aliyun",
		"ConnectionString", host, "SSLExpireTime", "2027-05-04T03:22:01Z")
	f.srv.Clock().Advance(366 * 24 * time.Hour)
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "RequireUpdate", "Yes")
	f.done("ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", host, "SSLEnabled", "1")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "RequireUpdate", "No", "ForceEncryption", "1")
	f.done("ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", host, "SSLEnabled", "0", "ForceEncryption", "0")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "SSLEnabled", "No", "ForceEncryption", "0", "SSLExpireTime", "")
}

func TestSSL_PostgreSQL_ClientsCertificates(t *testing.T) {
	f := newFixture(t)
	id := f.engines().pg
	host := f.attribute(id).ConnectionString
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "SSLEnabled", "off", "RequireUpdate", "0", "ForceEncryption", "-", "ACL", "", "LastModifyStatus", "success")
	ssl := func(pairs ...string) []string {
		return append([]string{"DBInstanceId", id, "ConnectionString", host}, pairs...)
	}
	f.refused(400, "InvalidParameter", "ModifyDBInstanceSSL", ssl("SSLEnabled", "1", "ACL", "cert")...)
	f.refused(400, "MissingServerKey", "ModifyDBInstanceSSL", ssl("SSLEnabled", "1", "CAType", "custom", "ServerCert", "c")...)
	f.refused(400, "MissingClientCACert", "ModifyDBInstanceSSL", ssl("SSLEnabled", "1", "ClientCAEnabled", "1")...)
	f.refused(400, "MissingSSLEnabled", "ModifyDBInstanceSSL", ssl()...)
	f.done("ModifyDBInstanceSSL", ssl("SSLEnabled", "1", "CAType", "custom", "ServerCert", "c", "ServerKey", "k", "ClientCAEnabled", "1", "ClientCACert", "ca", "ACL", "verify-full")...)
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "LastModifyStatus", "setting")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "SSLEnabled", "on", "CAType", "custom", "ServerCert", "c", "ServerKey", "k",
		"ClientCACert", "ca", "ACL", "verify-full", "LastModifyStatus", "success", "SSLExpireTime", "")
	f.refused(400, "InvalidParameter", "ModifyDBInstanceSSL", ssl("ClientCAEnabled", "0")...) // the ACL needs it
	f.done("ModifyDBInstanceSSL", ssl("CAType", "aliyun", "ReplicationACL", "prefer")...)
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "CAType", "aliyun", "ReplicationACL", "prefer", "SSLEnabled", "on", "SSLCreateTime", "2026-05-04T03:22:01Z")
}

func TestSSL_UnfitInstance_Refused(t *testing.T) {
	f := newFixture(t)
	all := f.engines()
	local, id, pg, maria := all.local, all.mysql8, all.pg, all.maria
	old := f.instance(func(r *sdk.CreateDBInstanceRequest) { r.EngineVersion = "5.5" })
	for id, code := range map[string]string{maria: "InvaildEngineInRegion.ValueNotSupported", old: "InstanceEngineType.NotSupport"} {
		f.refused(400, code, "DescribeDBInstanceSSL", "DBInstanceId", id)
		f.refused(400, code, "ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", f.attribute(id).ConnectionString, "SSLEnabled", "1")
	}
	host := f.attribute(local).ConnectionString
	f.done("ModifyDBInstanceSSL", "DBInstanceId", local, "ConnectionString", host, "SSLEnabled", "1", "ForceEncryption", "0")
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", local), "ForceEncryption", "-") // of 5.6
	f.refused(400, "MissingConnectionString", "ModifyDBInstanceSSL", "DBInstanceId", id, "SSLEnabled", "1")
	f.refused(404, "InvalidConnectionString.NotFound", "ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", host, "SSLEnabled", "1")
	own := f.attribute(id).ConnectionString
	for _, bad := range [][2]string{{"SSLEnabled", "3"}, {"CAType", "own"}, {"ACL", "cert"}, {"TlsVersion", "1.2"}, {"ForceEncryption", "yes"}} {
		f.refused(400, "InvalidParameter", "ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", own, "SSLEnabled", "1", bad[0], bad[1])
	}
	for _, bad := range []string{"ForceEncryption", "ClientCAEnabled", "ClientCrlEnabled"} {
		f.refused(400, "InvalidParameter", "ModifyDBInstanceSSL", "DBInstanceId", pg, "ConnectionString", f.attribute(pg).ConnectionString, "SSLEnabled", "1", bad, "yes")
	}
	f.refused(400, "InvalidParameter", "ModifyDBInstanceSSL", "DBInstanceId", pg, "ConnectionString", f.attribute(pg).ConnectionString, "SSLEnabled", "1", "ForceEncryption", "1")
	f.wantStatus(id, "Running")
}

func TestSSL_ProtectedConnection_RenamedNotReleased(t *testing.T) {
	f := newFixture(t)
	id := f.engines().mysql8
	f.ok(f.allocate(id, "shop-one", "3307"))
	f.srv.Clock().Advance(time.Minute)
	public := "shop-one.mysql.rds.aliyuncs.com"
	f.done("ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", public, "SSLEnabled", "1")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantCode(f.release(id, public), 403, "OperationDenied.SSLEnabled")
	f.ok(f.modifyConnection(id, public, "shop-two", "3307"))
	f.srv.Clock().Advance(time.Minute)
	f.wantAnswer(f.done("DescribeDBInstanceSSL", "DBInstanceId", id), "SSLEnabled", "Yes", "ConnectionString", public)
	f.ok(f.release(id, "shop-two.mysql.rds.aliyuncs.com"))
}
