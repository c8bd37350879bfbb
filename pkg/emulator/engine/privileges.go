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
var databasePrivileges = map[string][]string{
	"ReadWrite": {
		"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER",
		"CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "CREATE VIEW", "SHOW VIEW",
		"CREATE ROUTINE", "ALTER ROUTINE", "EVENT", "TRIGGER",
	},
	"ReadOnly": {"SELECT", "LOCK TABLES", "SHOW VIEW"},
	"DDLOnly": {
		"CREATE", "DROP", "INDEX", "ALTER", "CREATE TEMPORARY TABLES", "LOCK TABLES",
		"CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
	},
	"DMLOnly": {
		"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE",
		"SHOW VIEW", "EVENT", "TRIGGER",
	},
}

// privilegedAccount is what a super account may do everywhere: no files, no
// shutdown, no server variables. CONNECTION ADMIN is MariaDB's name for ending
// others' sessions, which RDS's privileged account may.
const privilegedAccount = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, " +
	"CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, " +
	"EVENT, TRIGGER, CREATE USER, PROCESS, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT, " +
	"CONNECTION ADMIN"

// privileges lists what a kind of privilege gives and what of the others it
// does not give; ReadWrite gives all there is.
func privileges(kind string) (gain, lose string, err error) {
	own, ok := databasePrivileges[kind]
	if !ok {
		return "", "", fmt.Errorf("%w: privilege %q", ErrInvalid, kind)
	}
	var others []string
	for _, privilege := range databasePrivileges["ReadWrite"] {
		if !slices.Contains(own, privilege) {
			others = append(others, privilege)
		}
	}
	return strings.Join(own, ", "), strings.Join(others, ", "), nil
}
