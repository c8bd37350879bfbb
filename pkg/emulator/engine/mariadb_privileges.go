package engine

import (
	"fmt"
	"slices"
	"strings"
)

// What RDS's accounts may do (ApsaraDB RDS for MySQL, "Account permissions").
// Standard accounts have there PROCESS, REPLICATION SLAVE and REPLICATION
// CLIENT too; these hold for a whole server, show others' statements and serve
// no application, and are left out here.
const (
	readWrite = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, " +
		"LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER"
	readOnly = "SELECT, LOCK TABLES, SHOW VIEW"
	ddlOnly  = "CREATE, DROP, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, CREATE VIEW, SHOW VIEW, " +
		"CREATE ROUTINE, ALTER ROUTINE"
	dmlOnly = "SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, SHOW VIEW, EVENT, TRIGGER"

	// privileged is what a super account may do everywhere: no files, no
	// shutdown, no server variables. CONNECTION ADMIN is MariaDB's name for
	// ending others' sessions, which RDS's privileged account may.
	privileged = readWrite + ", CREATE USER, PROCESS, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, " +
		"CONNECTION ADMIN"
)

// privileges lists what a kind of privilege gives and what of the others it
// does not give; ReadWrite gives all there is.
func privileges(kind string) (gain, lose string, err error) {
	gain, ok := map[string]string{
		"ReadWrite": readWrite,
		"ReadOnly":  readOnly,
		"DDLOnly":   ddlOnly,
		"DMLOnly":   dmlOnly,
	}[kind]
	if !ok {
		return "", "", fmt.Errorf("%w: privilege %q", ErrInvalid, kind)
	}
	own := strings.Split(gain, ", ")
	others := slices.DeleteFunc(strings.Split(readWrite, ", "), func(privilege string) bool {
		return slices.Contains(own, privilege)
	})
	return gain, strings.Join(others, ", "), nil
}
