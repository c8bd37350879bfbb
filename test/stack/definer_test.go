package stack_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/go-sql-driver/mysql"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

const (
	definerService = `"service_id":"rds-997b8372-8dac-40ac-ae65-758b4a5075a5","plan_id":"rds-427559f1-bf2a-45d3-8844-32374a3e58aa"`
	definerQuery   = "?accepts_incomplete=true&service_id=rds-997b8372-8dac-40ac-ae65-758b4a5075a5&plan_id=rds-427559f1-bf2a-45d3-8844-32374a3e58aa"
	definerPath    = "/v2/service_instances/db"

	// Errors of MariaDB and MySQL.
	errAccessDenied    = 1045
	errMissingDefiner  = 1449
	errRoutineIsDenied = 1370
)

// A site is a broker whose databases are real servers, with one instance.
type site struct {
	*stack.Stack

	t *testing.T
}

// newSite provisions the instance and opens its whitelist to the test.
func newSite(t *testing.T, options ...stack.Option) site {
	t.Helper()
	if os.Getenv("ENGINES") == "none" {
		t.Skip("ENGINES=none")
	}
	engines, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engines.Close(); err != nil {
			t.Error(err)
		}
	})
	s := site{stack.New(t, append(options, stack.WithCloud(emulatortest.WithEngine(engines), emulatortest.WithProfile(emulatedrds.Instant())))...), t}
	s.request(http.MethodPut, definerPath+definerQuery, `{`+definerService+`,"organization_guid":"o","space_guid":"s"}`)
	clients, err := environment.Clients(s.Cloud(), environment.AccountKey(s.Cloud()))
	if err != nil {
		t.Fatal(err)
	}
	open := sdk.CreateModifySecurityIpsRequest()
	open.DBInstanceId, open.DBInstanceIPArrayName, open.SecurityIps = s.Cloud().RDS().Instances()[0].ID, "tests", "127.0.0.0/8"
	if err := clients.Do(t.Context(), alicloud.Write, open, sdk.CreateModifySecurityIpsResponse()); err != nil {
		t.Fatal(err)
	}
	return s
}

// request sends a request and polls until its operation has succeeded.
func (s site) request(method, path, body string) []byte {
	s.t.Helper()
	status, _, answer := s.Do(method, path, body, nil)
	resource, _, _ := strings.Cut(path, "?")
	for end := time.Now().Add(2 * time.Minute); status == http.StatusAccepted || status == http.StatusOK && strings.Contains(string(answer), "in progress"); {
		if time.Now().After(end) {
			s.t.Fatalf("%s %s does not end: %s", method, path, answer)
		}
		<-time.After(5 * time.Millisecond)
		status, _, answer = s.Do(http.MethodGet, resource+"/last_operation", "", nil)
	}
	if status/100 != 2 && (method != http.MethodDelete || status != http.StatusGone) || strings.Contains(string(answer), `"failed"`) {
		s.t.Fatalf("%s %s ends with %d %s", method, path, status, answer)
	}
	return answer
}

// bind returns the credentials of a binding. body has further members.
func (s site) bind(id, body string) map[string]string {
	s.t.Helper()
	path := definerPath + "/service_bindings/" + id
	s.request(http.MethodPut, path+"?accepts_incomplete=true", `{`+definerService+body+`}`)
	_, _, answer := s.Do(http.MethodGet, path, "", nil)
	var binding struct{ Credentials map[string]string }
	if err := json.Unmarshal(answer, &binding); err != nil || binding.Credentials["uri"] == "" {
		s.t.Fatalf("the binding: %s", answer)
	}
	return binding.Credentials
}

func (s site) unbind(id string) {
	s.t.Helper()
	s.request(http.MethodDelete, definerPath+"/service_bindings/"+id+definerQuery, "")
}

// database opens sessions with the credentials of a binding.
func (s site) database(c map[string]string) *sql.DB {
	s.t.Helper()
	config := mysql.NewConfig()
	config.User, config.Passwd, config.Net, config.Addr, config.DBName = c["username"], c["password"], "tcp", net.JoinHostPort(c["host"], c["port"]), c["database"]
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		s.t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// makeObjects makes a table and an object of each kind that has a definer.
func (s site) makeObjects(db *sql.DB, suffix string) {
	s.t.Helper()
	for _, statement := range []string{
		"CREATE TABLE goods# (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20))",
		"CREATE TABLE log# (name VARCHAR(20))",
		"CREATE TABLE beats# (n INT PRIMARY KEY)",
		"CREATE TRIGGER note# AFTER INSERT ON goods# FOR EACH ROW INSERT INTO log# VALUES (NEW.name)",
		"CREATE VIEW names# AS SELECT name FROM goods#",
		"CREATE PROCEDURE add# (IN n VARCHAR(20)) INSERT INTO goods# (name) VALUES (n)",
		"CREATE FUNCTION sum# () RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM goods#)",
		"CREATE EVENT beat# ON SCHEDULE EVERY 1 SECOND DO REPLACE INTO beats# VALUES (1)",
	} {
		if _, err := db.ExecContext(s.t.Context(), strings.ReplaceAll(statement, "#", suffix)); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// uses returns the uses of the objects, each by its kind.
func uses(suffix string) map[string]string {
	all := map[string]string{
		"trigger":   "INSERT INTO goods# (name) VALUES ('by hand')",
		"view":      "SELECT COUNT(*) FROM names#",
		"procedure": "CALL add#('called')",
		"function":  "SELECT sum#()",
	}
	for kind, use := range all {
		all[kind] = strings.ReplaceAll(use, "#", suffix)
	}
	return all
}

// workOn checks that a binding uses every object.
func (s site) workOn(when string, db *sql.DB, suffix string) {
	s.t.Helper()
	for kind, use := range uses(suffix) {
		if _, err := db.ExecContext(s.t.Context(), use); err != nil {
			s.t.Errorf("%s: the %s: %v", when, kind, err)
		}
	}
	if _, err := db.ExecContext(s.t.Context(), "DELETE FROM beats"+suffix); err != nil {
		s.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; {
		var beats int
		if err := db.QueryRowContext(s.t.Context(), "SELECT COUNT(*) FROM beats"+suffix).Scan(&beats); err != nil {
			s.t.Fatal(err)
		}
		if beats > 0 {
			return
		}
		if time.Now().After(end) {
			s.t.Errorf("%s: the event does not run", when)
			return
		}
		<-time.After(50 * time.Millisecond)
	}
}

// refused checks that the login is refused.
func (s site) refused(when string, c map[string]string) {
	s.t.Helper()
	if err := s.database(c).PingContext(s.t.Context()); numberOf(err) != errAccessDenied {
		s.t.Errorf("%s: the login answers %v, want error %d", when, err, errAccessDenied)
	}
}

// numberOf returns the server's number of an error, or 0.
func numberOf(err error) uint16 {
	if answer, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return answer.Number
	}
	return 0
}

func TestUnbind_ObjectsOfItsAccount_WorkOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.bind("first", `,"parameters":{"Username":"maker"}`)
	s.makeObjects(s.database(first), "1")
	second := s.bind("second", ``)
	s.workOn("before the unbind", s.database(second), "1")
	s.unbind("first")
	s.refused("after the unbind", first)
	s.workOn("after the unbind", s.database(second), "1")

	s.makeObjects(s.database(second), "2")
	third := s.bind("third", `,"predecessor_binding_id":"second"`)
	s.unbind("second")
	s.refused("after the rotation", second)
	for _, suffix := range []string{"1", "2"} {
		s.workOn("after the rotation", s.database(third), suffix)
	}

	heir := s.bind("heir", `,"parameters":{"Username":"maker"}`)
	if heir["password"] == first["password"] {
		t.Error("the account has the password of before")
	}
	s.refused("after the account was given again", first)
	s.owns(s.database(heir), "note1", "maker")
	s.workOn("as the owner", s.database(heir), "1")
	s.unbind("heir")
	s.refused("after the second unbind", heir)
	s.workOn("after the second unbind", s.database(third), "1")
	s.request(http.MethodDelete, definerPath+definerQuery, "")
	if !s.Cloud().Empty() {
		t.Errorf("left in the cloud: %q", s.Cloud().Leftovers())
	}
}

// owns checks that the session's account is the definer of a trigger, and may
// replace it.
func (s site) owns(db *sql.DB, trigger, account string) {
	s.t.Helper()
	var definer, user string
	err := db.QueryRowContext(s.t.Context(), "SELECT definer, CURRENT_USER() FROM information_schema.triggers WHERE trigger_name = ?", trigger).Scan(&definer, &user)
	if err != nil || definer != user || !strings.HasPrefix(user, account+"@") {
		s.t.Errorf("the definer is %q, the session's account %q: %v", definer, user, err)
	}
}

// TestUnbind_UnderDelete_ObjectsFail checks what the description of such a plan
// says.
func TestUnbind_UnderDelete_ObjectsFail(t *testing.T) {
	t.Parallel()
	s := newSite(t, stack.WithCatalog([]byte(strings.ReplaceAll(string(rds.Plans), "unbind: lock", "unbind: delete"))))
	_, _, catalog := s.Do(http.MethodGet, "/v2/catalog", "", nil)
	if !strings.Contains(string(catalog), "Unbinding deletes the account") {
		t.Error("no plan's description says what unbind: delete means")
	}
	first := s.bind("first", `,"parameters":{"Username":"maker"}`)
	s.makeObjects(s.database(first), "1")
	second := s.bind("second", ``)
	s.unbind("first")
	s.refused("after the unbind", first)
	db := s.database(second)
	for kind, use := range uses("1") {
		_, err := db.ExecContext(t.Context(), use)
		switch numberOf(err) {
		case errMissingDefiner, errAccessDenied, errRoutineIsDenied:
		default:
			t.Errorf("the %s: %v", kind, err)
		}
	}
	if n := len(s.Cloud().RDS().Instances()[0].Accounts); n != 1 {
		t.Errorf("%d accounts, want the one of the binding that is left", n)
	}
}

// TestUnbind_OpenSession_EndsByItself checks the page of services: a session that
// is open at the unbind goes on.
func TestUnbind_OpenSession_EndsByItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.bind("first", ``)
	session, err := s.database(first).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.unbind("first")
	s.refused("a new session", first)
	if _, err := session.ExecContext(context.WithoutCancel(t.Context()), "SELECT 1"); err != nil {
		t.Errorf("the open session: %v", fmt.Errorf("A053: %w", err))
	}
}
