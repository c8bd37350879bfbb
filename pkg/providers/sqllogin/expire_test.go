package sqllogin

import (
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestExpire_Login_ClosesWithItsSessionsDropsNothing(t *testing.T) {
	f := newFixture(t)
	task := f.binding("a", ``)
	given := f.done(task)
	conn := f.enter(given, "")
	f.run(conn, "CREATE TABLE notes (n int)", "SET ROLE NONE", "CREATE TABLE own (n int)")
	task.Goal, task.Usable, task.Expire = providers.Absent, true, true
	if _, steps := f.drive(task); !slices.Equal(steps, []string{stepClose}) {
		t.Errorf("steps = %v", steps)
	}
	if seen, err := f.Observe(t.Context(), *task); err != nil || seen.Exists {
		t.Errorf("a closed login exists: %v, %v", seen.Exists, err)
	}
	if err := conn.PingContext(t.Context()); err == nil {
		t.Error("a session outlived the time of its binding")
	}
	_, err := f.session(given, "")
	isRefused(t, err, "28000")
	admin := f.enter(map[string]string{"username": admin, "password": adminPassword}, "postgres")
	if n := f.count(admin, "SELECT count(*) FROM pg_roles WHERE rolname = '"+given["username"]+"'"); n != 1 {
		t.Errorf("%d roles are left", n)
	}
	task.Expire = false
	f.unbind(task)
	other := f.enter(f.done(f.binding("b", ``)), "")
	f.count(other, "SELECT count(*) FROM notes")
	f.count(other, "SELECT count(*) FROM own")
}
