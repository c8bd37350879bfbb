package rds

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A database is a database of an instance.
type database struct {
	name, charset, description string
	until                      time.Time // Creating until then, or deleted then
	leaving                    bool
}

func (d *database) status(now time.Time) string {
	switch {
	case d.leaving:
		return deleting
	case now.Before(d.until):
		return creating
	default:
		return running
	}
}

func (in *instance) database(name string) *database {
	for _, d := range in.databases {
		if d.name == name {
			return d
		}
	}
	return nil
}

const postgreSQL = "PostgreSQL"

var databaseNames = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}[a-z0-9]$`)

// charsets returns the character sets of an engine (RDS API, CreateDatabase).
func charsets(engine string) []string {
	switch engine {
	case "SQLServer":
		return []string{"Chinese_PRC_CI_AS", "Chinese_PRC_CS_AS", "SQL_Latin1_General_CP1_CI_AS", "SQL_Latin1_General_CP1_CS_AS", "Chinese_PRC_BIN"}
	case postgreSQL:
		return []string{
			"KOI8U", "UTF8", "WIN866", "WIN874", "WIN1250", "WIN1251", "WIN1252", "WIN1253", "WIN1254", "WIN1255", "WIN1256", "WIN1257", "WIN1258",
			"EUC_CN", "EUC_KR", "EUC_TW", "EUC_JP", "EUC_JIS_2004", "KOI8R", "MULE_INTERNAL", "LATIN1", "LATIN2", "LATIN3", "LATIN4", "LATIN5",
			"LATIN6", "LATIN7", "LATIN8", "LATIN9", "LATIN10", "ISO_8859_5", "ISO_8859_6", "ISO_8859_7", "ISO_8859_8", "SQL_ASCII",
		}
	default:
		return []string{"utf8", "gbk", "latin1", "utf8mb4"}
	}
}

// encoding splits a character set of PostgreSQL, such as "UTF8,C,en_US.utf8", into
// its parts, with the defaults of the parts that are left out (RDS API,
// CreateDatabase). Other engines have the first part alone.
func (d *database) encoding(engine string) (charset, collate, ctype string) {
	if engine != postgreSQL {
		return d.charset, "", ""
	}
	parts := append(strings.Split(d.charset, ","), "", "")
	return parts[0], cmp.Or(parts[1], "C"), cmp.Or(parts[2], "en_US.utf8")
}

// createDatabase is CreateDatabase of the RDS API.
func (s *Service) createDatabase(r *rpc.Request) (any, *rpc.Error) {
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	d, fail := s.addDatabase(r, in)
	if fail != nil || server == nil {
		return nil, fail
	}
	if err := server.CreateDatabase(r.Context, d.name, d.charset); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		in.databases = slices.DeleteFunc(in.databases, func(e *database) bool { return d == e })
		return nil, databaseError(err)
	}
	return nil, nil
}

func (s *Service) addDatabase(r *rpc.Request, in *instance) (*database, *rpc.Error) {
	d := &database{description: strings.Clone(r.Get("DBDescription")), until: r.Now.Add(s.profile.Database)}
	var fail *rpc.Error
	if d.name, fail = databaseName(r, in); fail != nil {
		return nil, fail
	}
	if d.charset, fail = r.Require("CharacterSetName"); fail != nil {
		return nil, fail
	}
	d.charset = strings.Clone(d.charset)
	charset, rest, _ := strings.Cut(d.charset, ",")
	if !slices.Contains(charsets(in.engine), charset) || rest != "" && in.engine != postgreSQL || strings.Count(rest, ",") > 1 {
		return nil, bad("InvalidCharacterSetName.Format", "The character set is not one of %s.", strings.Join(charsets(in.engine), ", "))
	}
	if d.description != "" && !validDescription(d.description) {
		return nil, bad("InvalidDBDescription.Format", "The description has 2 to 256 characters and begins with a letter.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.database(d.name) != nil {
		return nil, bad("InvalidDBName.Duplicate", "The database exists in this instance.")
	}
	if over(len(in.databases)+1, s.behaviour.Quotas.Databases) {
		return nil, rpc.Errorf(http.StatusForbidden, "DBLimitExceeded", "The instance has as many databases as it may have.")
	}
	in.databases = append(in.databases, d)
	return d, nil
}

// databaseName reads and checks DBName (RDS API, CreateDatabase). PostgreSQL
// would cut off names of more than 63 characters.
func databaseName(r *rpc.Request, in *instance) (string, *rpc.Error) {
	name, fail := r.Require("DBName")
	if fail != nil {
		return "", fail
	}
	limit := 64
	if in.engine == postgreSQL {
		limit = 63
	}
	if len(name) > limit || !databaseNames.MatchString(name) {
		return "", bad("InvalidDBName.Format", "The database name has 2 to %d lower-case letters, digits, _ and -, begins with a letter and ends with a letter or digit.", limit)
	}
	if reserved(in.engine, name) {
		return "", bad("InvalidDBName.Forbid", "The database name is a keyword.")
	}
	return strings.Clone(name), nil
}

// deleteDatabase is DeleteDatabase of the RDS API. The privileges on it go
// with it.
func (s *Service) deleteDatabase(r *rpc.Request) (any, *rpc.Error) {
	name, fail := r.Require("DBName")
	if fail != nil {
		return nil, fail
	}
	in, server, done, fail := s.workOn(r)
	if fail != nil {
		return nil, fail
	}
	defer done()
	d, fail := s.findDatabase(r, in, name)
	if fail != nil {
		return nil, fail
	}
	if server != nil {
		if err := server.DropDatabase(r.Context, d.name); err != nil {
			return nil, databaseError(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.leaving, d.until = true, r.Now.Add(s.profile.Database)
	for _, a := range in.accounts {
		a.revoke(d.name)
	}
	return nil, nil
}

// findDatabase returns a running database. The caller holds the instance's work
// and releases mu.
func (s *Service) findDatabase(r *rpc.Request, in *instance, name string) (*database, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := in.database(name)
	if d == nil {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidDBName.NotFound", "The database does not exist.")
	}
	if d.status(r.Now) != running {
		return nil, rpc.Errorf(http.StatusForbidden, "OperationDenied.DBStatus", "The status of the database does not allow this now.")
	}
	return d, nil
}
