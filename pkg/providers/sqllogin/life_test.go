package sqllogin

import (
	"slices"
	"testing"
)

func TestBinding_ReadWrite_SharesObjectsWithOthers(t *testing.T) {
	f := newFixture(t)
	first := f.binding("a", ``)
	one := f.done(first)
	two := f.done(f.binding("b", `{"Username":"chosen_one","Password":"Chosen-Pass1"}`))
	if two["username"] != "chosen_one" || two["password"] != "Chosen-Pass1" || one["database"] != f.config.Databases[0].Name {
		t.Errorf("credentials = %v and %v", one["username"], two["username"])
	}
	for _, d := range f.config.Databases {
		a, b := f.enter(one, d.Name), f.enter(two, d.Name)
		f.run(a, "CREATE TABLE notes (n int)", "INSERT INTO notes VALUES (1)", "CREATE SCHEMA mine", "CREATE TABLE mine.more (n int)")
		f.run(b, "ALTER TABLE notes ADD COLUMN word text", "INSERT INTO notes VALUES (2, 'zwei')", "INSERT INTO mine.more VALUES (1)")
		// A session that leaves the owner role makes a table of its own.
		f.run(a, "SET ROLE NONE", "CREATE TABLE own (n int)", "GRANT CONNECT ON DATABASE "+quote(d.Name)+" TO "+quote(one["username"]))
	}
	open := f.enter(one, "")
	f.unbind(first)
	if err := open.PingContext(t.Context()); err == nil {
		t.Error("a session outlived its binding")
	}
	_, err := f.session(one, "")
	isRefused(t, err, "28P01")
	for _, d := range f.config.Databases {
		b := f.enter(two, d.Name)
		f.run(b, "INSERT INTO own VALUES (1)", "ALTER TABLE own ADD COLUMN word text", "DROP TABLE mine.more")
		if n := f.count(b, "SELECT count(*) FROM notes"); n != 2 {
			t.Errorf("%s: %d rows are left", d.Name, n)
		}
	}
	again := f.binding("a", ``)
	f.done(again)
	if _, steps := f.drive(again); len(steps) > 0 {
		t.Errorf("a binding that is done makes %v", steps)
	}
}

func TestBinding_ReadOnly_ReadsAllNowAndLater(t *testing.T) {
	f := newFixture(t)
	writer := f.binding("w", ``)
	w := f.enter(f.done(writer), "")
	f.run(w, "CREATE TABLE before (n serial)", "INSERT INTO before VALUES (1)", "CREATE VIEW seen AS SELECT n FROM before")
	reader := f.done(f.binding("r", `{"Access":"readonly"}`))
	r := f.enter(reader, "")
	f.run(w, "CREATE TABLE later (n int)", "CREATE SCHEMA other", "CREATE TABLE other.later (n int)")
	for _, table := range []string{"before", "seen", "later", "other.later"} {
		f.count(r, "SELECT count(*) FROM "+table)
	}
	for _, statement := range []string{"INSERT INTO before VALUES (2)", "DELETE FROM later", "CREATE TABLE mine (n int)", "CREATE SCHEMA mine", "CREATE TEMPORARY TABLE mine (n int)", "DROP TABLE later", "SELECT nextval('before_n_seq')"} {
		_, err := r.ExecContext(t.Context(), statement)
		isRefused(t, err, "42501")
	}
	// What a writer has made of its own is readable once it belongs to all.
	f.run(w, "SET ROLE NONE", "CREATE TABLE own (n int)")
	f.unbind(writer)
	f.count(r, "SELECT count(*) FROM own")
}

func TestBinding_OneDatabase_EntersNoOther(t *testing.T) {
	f := newFixture(t)
	other := f.config.Databases[1].Name
	f.done(f.binding("all", ``))
	for id, access := range map[string]string{"w": "readwrite", "r": "readonly"} {
		given := f.done(f.binding(id, `{"Database":"`+other+`","Access":"`+access+`"}`))
		if given["database"] != other {
			t.Errorf("database = %s", given["database"])
		}
		f.enter(given, "")
		_, err := f.session(given, f.config.Databases[0].Name)
		isRefused(t, err, "42501")
	}
}

func TestBinding_Steps_AreOneTransactionEach(t *testing.T) {
	f := newFixture(t)
	f.config.Databases = f.config.Databases[:1]
	task := f.binding("a", `{"Access":"readonly"}`)
	_, steps := f.drive(task)
	if want := []string{stepOwner, stepDatabase, stepSchema, StepLogin, stepReadable}; !slices.Equal(steps, want) {
		t.Errorf("steps = %v, want %v", steps, want)
	}
	task.Goal = "absent"
	if _, steps := f.drive(task); !slices.Equal(steps, []string{stepClose, stepDrop}) {
		t.Errorf("steps of the end = %v", steps)
	}
}

func TestBinding_RightsTakenByHand_AreGivenAgain(t *testing.T) {
	f := newFixture(t)
	task := f.binding("a", ``)
	given := f.done(task)
	owner := ownerName(f.life, f.config.Databases[0].Name)
	f.asAdmin("postgres", "REVOKE "+owner+" FROM "+given["username"], "ALTER ROLE "+given["username"]+" IN DATABASE "+quote(given["database"])+" RESET ALL")
	if _, steps := f.drive(task); !slices.Equal(steps, []string{StepLogin}) {
		t.Errorf("steps = %v", steps)
	}
	f.run(f.enter(given, ""), "CREATE TABLE notes (n int)")
}
