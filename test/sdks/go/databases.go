package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"regexp"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	_ "github.com/lib/pq"
)

// An attempt is a login with a driver: the address is made as docs/services says.
type attempt struct {
	Name    string `json:"name"` // of the scenario
	Driver  string `json:"driver"`
	Address string `json:"address"`
	Table   string `json:"table"` // of this attempt alone
	Works   bool   `json:"works"`
}

// denied matches what servers say of a login that they refuse.
var denied = regexp.MustCompile(`Access denied|28P01|28000|password authentication failed|not permitted to log in`)

// databases makes the attempts of SDK_CHECK_DATABASES.
func databases(c *checks) {
	var attempts []attempt
	must(json.Unmarshal(got(os.ReadFile(os.Getenv("SDK_CHECK_DATABASES"))), &attempts))
	for _, a := range attempts {
		c.run(a.Name, func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			err := a.use(ctx)
			switch {
			case a.Works:
				must(err)
			case err == nil:
				fail("the login works")
			case !denied.MatchString(err.Error()):
				must(err)
			}
		})
	}
}

// use makes a table, inserts and selects.
func (a attempt) use(ctx context.Context) error {
	if a.Driver == "pgx" {
		return a.usePgx(ctx)
	}
	db, err := sql.Open(map[string]string{"go-sql-driver": "mysql", "pq": "postgres"}[a.Driver], a.Address)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range a.statements() {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	var word string
	if err := db.QueryRowContext(ctx, "SELECT word FROM "+a.Table).Scan(&word); err != nil {
		return err
	}
	equal("the word", word, "Grüße")
	_, err = db.ExecContext(ctx, "DROP TABLE "+a.Table)
	return err
}

func (a attempt) usePgx(ctx context.Context) error {
	connection, err := pgx.Connect(ctx, a.Address)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	for _, statement := range a.statements() {
		if _, err := connection.Exec(ctx, statement); err != nil {
			return err
		}
	}
	var word string
	if err := connection.QueryRow(ctx, "SELECT word FROM "+a.Table).Scan(&word); err != nil {
		return err
	}
	equal("the word", word, "Grüße")
	_, err = connection.Exec(ctx, "DROP TABLE "+a.Table)
	return err
}

// statements make a table with a word.
func (a attempt) statements() []string {
	return []string{"CREATE TABLE " + a.Table + " (word VARCHAR(20))", "INSERT INTO " + a.Table + " VALUES ('Grüße')"}
}
