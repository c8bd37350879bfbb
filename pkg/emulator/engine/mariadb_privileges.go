package engine

import (
	"fmt"
	"slices"
	"strings"
)

// The privileges of RDS's accounts (ApsaraDB RDS for MySQL, "Account
// permissions"). Standard accounts have PROCESS, REPLICATION SLAVE and
// REPLICATION CLIENT there too; these hold for a whole server, show others'
// statements and serve no application, and are omitted here.
const (
	readWrite = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, " +
		"LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER"
	readOnly = "SELECT, LOCK TABLES, SHOW VIEW"
	ddlOnly  = "CREATE, DROP, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, CREATE VIEW, SHOW VIEW, " +
		"CREATE ROUTINE, ALTER ROUTINE"
	dmlOnly = "SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, SHOW VIEW, EVENT, TRIGGER"

	// privileged are the privileges of a super account, which exclude files,
	// shutdown and server variables. CONNECTION ADMIN is MariaDB's name for
	// ending others' sessions, which RDS's privileged account may.
	privileged = readWrite + ", CREATE USER, PROCESS, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, " +
		"CONNECTION ADMIN"
)

// privileges returns the privileges of a kind, and the remaining ones, which
// the kind excludes; ReadWrite has them all.
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
