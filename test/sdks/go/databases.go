package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"net"
	"os"
	"regexp"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	_ "github.com/lib/pq"
)

// An attempt is a login with a driver: the address is made as docs/services says.
type attempt struct {
	Name    string `json:"name"` // of the scenario
	Driver  string `json:"driver"`
	Address string `json:"address"`
	Table   string `json:"table"`   // of this attempt alone
	CA      string `json:"ca"`      // file to verify the server with; empty where the address says enough
	Refused string `json:"refused"` // matches the error; empty where the login works
}

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
			case a.Refused == "":
				must(err)
			case err == nil:
				fail("the login works")
			case !regexp.MustCompile(a.Refused).MatchString(err.Error()):
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
	db, err := a.open()
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

func (a attempt) open() (*sql.DB, error) {
	if a.Driver == "pq" {
		return sql.Open("postgres", a.Address)
	}
	config, err := mysql.ParseDSN(a.Address)
	if err == nil && a.CA != "" {
		host, _, _ := net.SplitHostPort(config.Addr)
		config.TLS = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: host, MinVersion: tls.VersionTLS12}
		config.TLS.RootCAs.AppendCertsFromPEM(got(os.ReadFile(a.CA)))
	}
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
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
