package rds

import (
	"regexp"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

var (
	accountNames      = regexp.MustCompile(`^[a-z][a-z0-9_]*[a-z0-9]$`)
	mysqlAccountNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*[A-Za-z0-9]$`)
)

// checkAccountName checks a name by engine and version (RDS API,
// CreateAccount, AccountName).
func checkAccountName(name, engine, version, storageType string) *rpc.Error {
	limit, pattern := 16, accountNames
	switch {
	case engine == "MySQL":
		pattern = mysqlAccountNames
		if version != "5.5" && version != "5.6" {
			limit = 32
		}
	case engine == "SQLServer":
		limit = 64
	case engine == "PostgreSQL" && storageType != localSSD:
		limit = 63
	}
	if len(name) > limit || !pattern.MatchString(name) {
		return bad("InvalidAccountName.Format", "The account name has 2 to %d letters, digits and underscores, begins with a letter and ends with a letter or digit.", limit)
	}
	if reserved(engine, name) {
		return bad("InvalidAccountName.Forbid", "The account name is a keyword.")
	}
	return nil
}

// validPassword checks a password (RDS API, CreateAccount, AccountPassword).
func validPassword(p string) bool {
	var kinds [4]int
	for i := range len(p) {
		switch c := p[i]; {
		case 'A' <= c && c <= 'Z':
			kinds[0] = 1
		case 'a' <= c && c <= 'z':
			kinds[1] = 1
		case '0' <= c && c <= '9':
			kinds[2] = 1
		case strings.IndexByte("!@#$%^&*()_+-=", c) >= 0:
			kinds[3] = 1
		default:
			return false
		}
	}
	return len(p) >= 8 && len(p) <= 32 && kinds[0]+kinds[1]+kinds[2]+kinds[3] >= 3
}

// conflict reports whether two accounts exclude each other: on MySQL names of
// accounts of different types differ in more than case.
func (in *instance) conflict(a, b *account) bool {
	return a.name == b.name || in.engine == "MySQL" && a.kind != b.kind && strings.EqualFold(a.name, b.name)
}

func takenAccount() *rpc.Error {
	return bad("InvalidAccountName.Duplicate", "The account exists in this instance.")
}

func badPassword() *rpc.Error {
	return bad("InvalidAccountPassword.Format", "The password has 8 to 32 characters of at least three kinds: upper case, lower case, digits, !@#$%%^&*()_+-=.")
}

func badAccountDescription() *rpc.Error {
	return bad("InvalidAccountDescription.Format", "The description has 2 to 256 characters and begins with a letter.")
}
