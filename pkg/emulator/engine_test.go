package emulator_test

import (
	"database/sql"
	"errors"
	"net"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/go-sql-driver/mysql"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
)

func TestRealEngine_DeletedAccount_CannotConnect(t *testing.T) {
	mariadb, err := engine.NewMariaDB(engine.Options{})
	if errors.Is(err, engine.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mariadb.Close(); err != nil {
			t.Error(err)
		}
	})
	srv := emulatortest.New(t, emulatortest.WithEngine(mariadb))
	c := rdsClient(t, srv)
	created, err := c.CreateDBInstance(createRequest())
	if err != nil {
		t.Fatal(err)
	}
	for srv.Dump().Instances[0].Status != "Running" {
		if t.Context().Err() != nil {
			t.Fatal("the instance never ran")
		}
	}
	database := rds.CreateCreateDatabaseRequest()
	database.DBInstanceId, database.DBName, database.CharacterSetName = created.DBInstanceId, "orders", "utf8mb4"
	if _, err := c.CreateDatabase(database); err != nil {
		t.Fatal(err)
	}
	account := rds.CreateCreateAccountRequest()
	account.DBInstanceId, account.AccountName, account.AccountPassword = created.DBInstanceId, "alice", "Passw0rd"
	if _, err := c.CreateAccount(account); err != nil {
		t.Fatal(err)
	}
	grant := rds.CreateGrantAccountPrivilegeRequest()
	grant.DBInstanceId, grant.AccountName, grant.DBName, grant.AccountPrivilege = created.DBInstanceId, "alice", "orders", "ReadWrite"
	if _, err := c.GrantAccountPrivilege(grant); err != nil {
		t.Fatal(err)
	}
	attribute := rds.CreateDescribeDBInstanceAttributeRequest()
	attribute.DBInstanceId = created.DBInstanceId
	shown, err := c.DescribeDBInstanceAttribute(attribute)
	if err != nil {
		t.Fatal(err)
	}
	login := mysql.NewConfig()
	login.User, login.Passwd, login.Net, login.DBName = "alice", "Passw0rd", "tcp", "orders"
	login.Addr = net.JoinHostPort(shown.Items.DBInstanceAttribute[0].ConnectionString, shown.Items.DBInstanceAttribute[0].Port)
	db, err := sql.Open("mysql", login.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE things (name VARCHAR(10))"); err != nil {
		t.Errorf("the granted account cannot make a table: %v", err)
	}
	remove := rds.CreateDeleteAccountRequest()
	remove.DBInstanceId, remove.AccountName = created.DBInstanceId, "alice"
	if _, err := c.DeleteAccount(remove); err != nil {
		t.Fatal(err)
	}
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("the deleted account still connects")
	}
}
