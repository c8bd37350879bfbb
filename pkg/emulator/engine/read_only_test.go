package engine

import "testing"

const (
	readOnlyServer      = 1290    // MariaDB's error, and that of RDS for MySQL
	readOnlyTransaction = "25006" // PostgreSQL's
)

func TestMariaDB_ReadOnly_RefusesWritesKeepsSessions(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "shop", "utf8mb4"), s.CreateAccount(ctx, "app", "Pass-1", false),
		s.CreateAccount(ctx, "chief", "Pass-1", true), s.Grant(ctx, "app", "shop", "ReadWrite"))
	early, open := connect(t, s, "app", "shop"), connect(t, s, "app", "shop")
	execute(t, early, "CREATE TABLE orders (id INT) ENGINE=InnoDB", "INSERT INTO orders VALUES (1)")
	execute(t, open, "BEGIN", "INSERT INTO orders VALUES (2)")
	must(t, s.ReadOnly(ctx, true))
	_, err := open.ExecContext(ctx, "COMMIT")
	wantNumber(t, err, readOnlyServer)
	refuses := func() {
		t.Helper()
		for _, account := range []string{"app", "chief"} {
			session := connect(t, s, account, "shop")
			for _, statement := range []string{"INSERT INTO orders VALUES (3)", "CREATE TABLE more (id INT)", "DELETE FROM orders"} {
				_, err := session.ExecContext(ctx, statement)
				wantNumber(t, err, readOnlyServer)
			}
			if n := count(t, session, "SELECT COUNT(*) FROM orders"); n != 1 {
				t.Errorf("%s reads %d orders", account, n)
			}
			if _, err := session.ExecContext(ctx, "SET GLOBAL read_only = OFF"); err == nil {
				t.Errorf("%s ends it", account)
			}
		}
	}
	refuses()
	_, err = early.ExecContext(ctx, "INSERT INTO orders VALUES (3)")
	wantNumber(t, err, readOnlyServer)
	must(t, s.CreateAccount(ctx, "late", "Pass-1", false), s.Restart(ctx)) // the API's work goes on
	refuses()
	must(t, s.ReadOnly(ctx, false))
	execute(t, connect(t, s, "app", "shop"), "INSERT INTO orders VALUES (3)")
	must(t, s.Restart(ctx))
	execute(t, connect(t, s, "app", "shop"), "INSERT INTO orders VALUES (4)")
}

func TestPostgreSQL_ReadOnly_RefusesWritesKeepsSessions(t *testing.T) {
	s := newPostgres(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "shop", "UTF8"), s.CreateAccount(ctx, "app", "Pass-1", false),
		s.CreateAccount(ctx, "chief", "Pass-1", true), s.Grant(ctx, "app", "shop", "DBOwner"))
	early := pgSession(t, s, "app", "shop")
	execute(t, early, "CREATE SCHEMA mine", "CREATE TABLE mine.orders (id INT)", "INSERT INTO mine.orders VALUES (1)",
		"GRANT USAGE ON SCHEMA mine TO PUBLIC", "GRANT ALL ON mine.orders TO PUBLIC")
	must(t, s.ReadOnly(ctx, true))
	refuses := func() {
		t.Helper()
		for _, account := range []string{"app", "chief"} {
			session := pgSession(t, s, account, "shop")
			for _, statement := range []string{"INSERT INTO mine.orders VALUES (3)", "CREATE SCHEMA more", "TRUNCATE mine.orders"} {
				_, err := session.ExecContext(ctx, statement)
				wantState(t, err, readOnlyTransaction)
			}
			if n := count(t, session, "SELECT COUNT(*) FROM mine.orders"); n != 1 {
				t.Errorf("%s reads %d orders", account, n)
			}
			if _, err := session.ExecContext(ctx, "ALTER SYSTEM SET default_transaction_read_only = off"); err == nil {
				t.Errorf("%s ends it", account)
			}
		}
	}
	refuses()
	eventually(t, "an open session is read-only", func() bool {
		_, err := early.ExecContext(ctx, "INSERT INTO mine.orders SELECT 3 WHERE false")
		return err != nil
	})
	must(t, s.CreateAccount(ctx, "late", "Pass-1", false), s.CreateDatabase(ctx, "more", "UTF8"), s.Restart(ctx))
	refuses()
	must(t, s.ReadOnly(ctx, false))
	execute(t, pgSession(t, s, "app", "shop"), "INSERT INTO mine.orders VALUES (3)")
}
