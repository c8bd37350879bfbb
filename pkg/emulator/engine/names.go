package engine

import (
	"fmt"
	"slices"
	"strings"
)

// The names in SQL: letters, digits, "_", "-" and "$" (RDS allows fewer),
// always quoted.
const (
	maxAccount  = 80 // bytes; MariaDB's limit on user names
	maxDatabase = 64 // bytes; MariaDB's limit on database names
)

func checkAccount(name string) error {
	if !plain(name, maxAccount) {
		return fmt.Errorf("%w: account name %q", ErrInvalid, name)
	}
	return nil
}

// checkDatabase refuses MariaDB's own databases too.
func checkDatabase(name string) error {
	system := []string{"mysql", "information_schema", "performance_schema", "sys"}
	if !plain(name, maxDatabase) || slices.Contains(system, strings.ToLower(name)) {
		return fmt.Errorf("%w: database name %q", ErrInvalid, name)
	}
	return nil
}

func checkPassword(password string) error {
	if password == "" {
		return fmt.Errorf("%w: empty password", ErrInvalid)
	}
	return nil
}

// checkCharset accepts the character sets of RDS for MySQL (RDS API,
// CreateDatabase).
func checkCharset(charset string) error {
	if !slices.Contains([]string{"utf8", "utf8mb4", "gbk", "latin1"}, charset) {
		return fmt.Errorf("%w: character set %q", ErrInvalid, charset)
	}
	return nil
}

func plain(name string, most int) bool {
	if name == "" || len(name) > most {
		return false
	}
	for _, c := range []byte(name) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && c != '_' && c != '-' && c != '$' {
			return false
		}
	}
	return true
}

// identifier quotes a name for SQL.
func identifier(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// account is a client's account in SQL: it may come from anywhere, the proxy
// decides from where.
func account(name string) string { return identifier(name) + "@`%`" }

// pattern is a database in GRANT and REVOKE, where "_" and "%" are wildcards
// unless escaped.
func pattern(database string) string {
	return identifier(strings.NewReplacer("_", `\_`, "%", `\%`).Replace(database))
}
