package rds

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// A namedDatabase is a database of an instance (RDS API, CreateDatabase).
type namedDatabase struct {
	Name    string `json:"DBName"`
	Charset string `json:"CharacterSetName,omitempty"` // empty: that of the first, and of the plan
}

// factDatabases lists the further databases that were seen ready, with commas between.
// One that people drop afterwards is not made anew, which would lose data silently.
const factDatabases = "databases"

// databasesOption names the databases. The first is the one of credentials, made by the
// step of instances without the option; an update adds further ones.
func databasesOption() option {
	const name = "Databases"
	return option{
		name: name, step: "databases", text: "The databases are being created.", reads: "DescribeDatabases",
		refused: "RDS refuses these Databases; choose other names, or other values of CharacterSetName.",
		normal: func(c optionContext, value, before json.RawMessage) (json.RawMessage, *providers.Failure) {
			return normalDatabases(c, valueOf[[]namedDatabase](value), valueOf[[]namedDatabase](before))
		},
		remove: func(c optionContext, before json.RawMessage) (json.RawMessage, *providers.Failure) {
			if c.takenBack && len(valueOf[[]namedDatabase](before)) > 1 {
				return nil, providers.Fixedf("%s: the broker drops no database; list them all, or drop them by SQL.", name)
			}
			return before, nil
		},
		look: func(ctx context.Context, l optionLook) (any, providers.Facts, error) {
			if isSQL(l.task) { // its bindings make them
				seen := map[string]string{}
				for _, name := range l.plan.databases() {
					seen[name] = running
				}
				return seen, providers.Facts{}, nil
			}
			return l.lookAtDatabases(ctx, l.task.Facts.Open[factDatabases])
		},
		isReached: func(want json.RawMessage, s instanceState) bool {
			_, isLacking := firstLacking(want, s)
			return !isLacking
		},
		next: func(o option, _ providers.Task, plan instancePlan, s instanceState) providers.Step {
			next, _ := firstLacking(plan.Options[name], s)
			seen, _ := s.options[name].(map[string]string)
			if seen[next.Name] != "" {
				return providers.WaitStep(o.step, providers.Quick, o.text)
			}
			value, err := json.Marshal(next)
			if err != nil {
				return providers.FailStep(providers.Broken, providers.TextUnreadable)
			}
			step := effect.Once(s.asked, o.step, o.text, optionRequest{InstanceID: s.instance.ID, Value: value})
			step.Target = next.Name
			return step
		},
		put: func(ctx context.Context, c client, r optionRequest, _ string) error {
			d := valueOf[namedDatabase](r.Value)
			return c.createDatabase(ctx, databaseRequest{InstanceID: r.InstanceID, Database: d.Name, Charset: d.Charset})
		},
	}
}

// firstLacking returns the first further database that is not ready.
func firstLacking(want json.RawMessage, s instanceState) (d namedDatabase, isLacking bool) {
	seen, _ := s.options["Databases"].(map[string]string)
	for i, d := range valueOf[[]namedDatabase](want) {
		if i > 0 && seen[d.Name] != running {
			return d, true
		}
	}
	return namedDatabase{}, false
}

// normalDatabases gives each database its charset. The ones of before stay.
func normalDatabases(c optionContext, given, before []namedDatabase) (json.RawMessage, *providers.Failure) {
	if len(given) == 0 {
		return nil, invalid("Databases: name at least one database, or leave it out.")
	}
	names := map[string]string{} // charset by name
	for i := range given {
		d := &given[i]
		d.Charset = cmp.Or(d.Charset, given[0].Charset, c.plan.Charset)
		if _, isTwice := names[d.Name]; isTwice {
			return nil, invalid("Databases: %q stands there twice.", d.Name)
		}
		if wrong := wrongCharset(c.plan.Engine, d.Charset); wrong != "" {
			return nil, invalid("Databases: CharacterSetName of %q %s", d.Name, wrong)
		}
		names[d.Name] = d.Charset
	}
	if c.isUpdate {
		if given[0].Name != c.plan.Database {
			return nil, providers.Fixedf("Databases: the first one stays %q, which credentials name. Add others behind it.", c.plan.Database)
		}
		if len(before) == 0 {
			before = []namedDatabase{{Name: c.plan.Database, Charset: c.plan.Charset}}
		}
	}
	for _, d := range before {
		switch charset, isKept := names[d.Name]; {
		case !isKept:
			return nil, providers.Fixedf("Databases: the broker drops no database, so %q must stay in the list; drop it by SQL if you want it gone.", d.Name)
		case charset != d.Charset:
			return nil, providers.Fixedf("Databases: CharacterSetName of %q is fixed when the database is made. Make another database instead.", d.Name)
		}
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return nil, invalid("Databases cannot be stored.")
	}
	return raw, nil
}

// The charsets of databases (RDS API, CreateDatabase; PostgreSQL documentation,
// "Character Set Support": the ones of servers).
const (
	charsetsOfMySQL      = "utf8 gbk latin1 utf8mb4"
	charsetsOfPostgreSQL = "UTF8 SQL_ASCII EUC_CN EUC_JP EUC_JIS_2004 EUC_KR EUC_TW ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 KOI8R KOI8U " +
		"LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 MULE_INTERNAL WIN866 WIN874 " +
		"WIN1250 WIN1251 WIN1252 WIN1253 WIN1254 WIN1255 WIN1256 WIN1257 WIN1258"
)

// wrongCharset says what is wrong with a charset.
func wrongCharset(engine, charset string) string {
	if engine != enginePostgreSQL {
		if !slices.Contains(strings.Fields(charsetsOfMySQL), charset) {
			return "is one of " + strings.Join(strings.Fields(charsetsOfMySQL), ", ") + "."
		}
		return ""
	}
	parts := strings.Split(charset, ",")
	switch {
	case !slices.Contains(strings.Fields(charsetsOfPostgreSQL), parts[0]):
		return "begins with a character set of PostgreSQL's servers, such as UTF8."
	case len(parts) != 3 || parts[1] == "" || parts[2] == "":
		return "is a character set, a collation and a character type, such as UTF8,C,en_US.utf8."
	}
	return ""
}

// nameDatabases gives the plan of a new instance the first database of the option.
func (p *instancePlan) nameDatabases(t providers.Task) {
	if named := valueOf[[]namedDatabase](p.Options["Databases"]); t.Was == nil && len(named) > 0 {
		p.Database, p.Charset = named[0].Name, named[0].Charset
	}
}

// databases returns the names of the databases of an instance, the one of credentials
// first.
func (p *instancePlan) databases() []string {
	names := []string{p.Database}
	for _, d := range valueOf[[]namedDatabase](p.Options["Databases"]) {
		if d.Name != p.Database {
			names = append(names, d.Name)
		}
	}
	return names
}

// lookAtDatabases returns the status of databases by name. The ones that were seen
// ready before count as such; if they are all, there is no call.
func (l optionLook) lookAtDatabases(ctx context.Context, ready string) (seen map[string]string, facts providers.Facts, err error) {
	seen = map[string]string{}
	for name := range strings.SplitSeq(ready, ",") {
		seen[name] = running
	}
	further := l.plan.databases()[1:]
	isReady := func(name string) bool { return seen[name] == running }
	if !slices.ContainsFunc(further, func(name string) bool { return !isReady(name) }) {
		return seen, facts, nil
	}
	there, err := l.databaseStates(ctx, l.instance.ID)
	if err != nil {
		return nil, facts, err
	}
	for name, status := range there {
		if !isReady(name) {
			seen[name] = status
		}
	}
	further = slices.DeleteFunc(slices.Clone(further), func(name string) bool { return !isReady(name) })
	return seen, open(factDatabases, strings.Join(further, ",")), nil
}

// databaseStates returns the status of all databases by name (RDS API,
// DescribeDatabases).
func (c client) databaseStates(ctx context.Context, id string) (map[string]string, error) {
	states := map[string]string{}
	for page := 1; ; page++ {
		req, resp := rds.CreateDescribeDatabasesRequest(), rds.CreateDescribeDatabasesResponse()
		req.RegionId, req.DBInstanceId = c.region, id
		req.PageNumber, req.PageSize = requests.NewInteger(page), requests.NewInteger(pageSize)
		if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
			return nil, err
		}
		before := len(states)
		for _, d := range resp.Databases.Database {
			states[d.DBName] = d.DBStatus
		}
		if len(resp.Databases.Database) < pageSize || len(states) == before {
			return states, nil
		}
	}
}
