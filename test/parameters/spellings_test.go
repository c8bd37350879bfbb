// Package parameters_test tries every parameter of every plan in every spelling
// over HTTP. It is a package of its own because the values come from the plans of
// all services, and the requests need a whole broker.
package parameters_test

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// A parameter is one parameter of a plan, with a value to make an instance with.
type parameter struct {
	name  string
	value any // in normal form
	other any // another value
	// updatable says that updates may set it.
	updatable bool
	spelling  catalog.Spelling
}

// samples are values of the parameters of all plans, and others to change to. A
// parameter of the catalog that is missing here fails the test.
func samples() map[string][2]any {
	return map[string][2]any{
		"Region":        {"us-west-1", "cn-beijing"},
		"Acl":           {"public-read", "public-read-write"},
		"StorageClass":  {"IA", "Archive"},
		"Engine":        {"MySQL", nil},
		"EngineVersion": {"8.0", "5.7"},
		"Class":         {"rds.mysql.s1.small", "rds.mysql.m1.medium"},
		"Storage":       {100, 120},
		"NetworkType":   {"VPC", nil},
		"VpcID":         {"vpc-cnhangzhou0default", "vpc-other"},
		"VSwitchID":     {"vsw-cnhangzhou0h", "vsw-cnhangzhou0i"},
		"ZoneId":        {"cn-hangzhou-h", "cn-hangzhou-i"},
	}
}

// bucketSamples are the samples of the options of buckets.
func bucketSamples() map[string][2]any {
	type object = map[string]any
	rule := func(days int) []any {
		return []any{object{"Prefix": "logs/", "Expiration": object{"Days": days}}, object{"ID": "own", "AbortMultipartUpload": object{"Days": 3}}}
	}
	origin := func(origin string) []any {
		return []any{object{"AllowedOrigin": []any{origin}, "AllowedMethod": []any{"GET"}, "AllowedHeader": []any{"X-Any"}, "MaxAgeSeconds": 60}}
	}
	return map[string][2]any{
		"BlockPublicAccess":    {true, false},
		"Redundancy":           {"LRS", "ZRS"},
		"Versioning":           {"Enabled", "Suspended"},
		"Encryption":           {object{"SSEAlgorithm": "KMS", "KMSMasterKeyID": "key-1", "KMSDataEncryption": "SM4"}, object{"SSEAlgorithm": "AES256"}},
		"Lifecycle":            {rule(7), rule(8)},
		"Cors":                 {origin("*"), origin("https://*.example.com")},
		"Logging":              {object{"TargetBucket": logBucket, "TargetPrefix": "a/"}, object{"TargetBucket": logBucket}},
		"Referer":              {object{"AllowEmptyReferer": false, "RefererList": []any{"https://example.com"}}, object{"RefererBlacklist": []any{"https://*.example.org"}}},
		"TransferAcceleration": {false, true},
		"Tags":                 {object{"team": "a", "cost": "1"}, object{"team": "b"}},
		"ResourceGroupId":      {"rg-before", "rg-after"},
		"NamePrefix":           {"team-a", "team-b"},
	}
}

// databaseSamples are the samples of the options of databases.
func databaseSamples() map[string][2]any {
	type object = map[string]any
	databases := func(names ...string) (list []any) {
		for _, name := range names {
			list = append(list, object{"DBName": name})
		}
		return list
	}
	return map[string][2]any{
		"Databases":          {databases("app", "stock"), databases("app", "stock", "logs")},
		"Whitelist":          {[]any{"10.9.0.0/16"}, []any{"10.8.0.0/16", "10.7.0.1"}},
		"SecurityGroupIds":   {[]any{"sg-a"}, []any{"sg-a", "sg-b"}},
		"SSL":                {"Enabled", "Disabled"},
		"Backup":             {object{"BackupRetentionPeriod": 14}, object{"BackupRetentionPeriod": 15}},
		"MaintainTime":       {"22:00Z-02:00Z", "21:00Z-02:00Z"},
		"Parameters":         {object{"max_connections": 200}, object{"max_connections": 201}},
		"ForceRestart":       {true, false},
		"PublicEndpoint":     {true, false},
		"TimeZone":           {"+08:00", "+09:00"},
		"EncryptionKey":      {"ServiceKey", "key-1"},
		"DeletionProtection": {false, nil}, // the lives of the tests end in deletions
	}
}

// unfit are the parameters that the servers of a plan lack, by a word of its settings.
func unfit() map[string][]string {
	return map[string][]string{
		`"engine":"MariaDB"`:    {"SSL", "SecurityGroupIds", "TimeZone", "EncryptionKey"},
		`"engine":"PostgreSQL"`: {"TimeZone"}, // another spelling
		`pg.n2.serverless`:      {"SSL", "EncryptionKey"},
	}
}

// privateSamples replace samples under plans whose buckets are private.
func privateSamples() map[string][2]any {
	return map[string][2]any{"Acl": {"private", nil}, "BlockPublicAccess": {true, nil}}
}

// logBucket is a bucket of the account, for the logs of others.
const logBucket = "logs-of-the-account"

// stays are the parameters whose update cannot be taken back.
func stays(name string) bool { return name == "Storage" || name == "Redundancy" || name == "Databases" }

// together are the parameters that are sent along with another: the VSwitch's own
// VPC.
func together(name string) map[string]any {
	if name == "VSwitchID" {
		return map[string]any{"VpcID": "vpc-cnhangzhou0default"}
	}
	return nil
}

// ofPlan returns the parameters of a plan but for the user's key, which comes as a
// pair.
func ofPlan(p *catalog.Plan) (all []parameter, unknown []string) {
	update := properties(p.Schemas.Update)
	for name, property := range properties(p.Schemas.Create) {
		if strings.HasPrefix(name, "AccessKey") {
			continue
		}
		values, ok := samples()[name]
		if !ok {
			values, ok = bucketSamples()[name]
		}
		if !ok {
			values, ok = databaseSamples()[name]
		}
		isUnfit := false
		for word, names := range unfit() {
			isUnfit = isUnfit || strings.Contains(string(p.Settings), word) && slices.Contains(names, name)
		}
		if isUnfit {
			continue
		}
		if !ok {
			unknown = append(unknown, name)
			continue
		}
		if private, isPrivate := privateSamples()[name]; isPrivate && strings.Contains(string(p.Settings), `"public":false`) {
			values = private
		}
		_, updatable := update[name]
		all = append(all, parameter{name, values[0], values[1], updatable, property.spelling()})
	}
	return all, unknown
}

type property struct {
	Normal  *catalog.Spelling `json:"x-normal"`
	Enum    []any             `json:"enum"`
	Default any               `json:"default"`
}

func (p property) spelling() catalog.Spelling {
	if p.Normal == nil {
		return catalog.Spelling{}
	}
	return *p.Normal
}

func properties(schema json.RawMessage) map[string]property {
	var shape struct {
		Properties map[string]property `json:"properties"`
	}
	if len(schema) > 0 && json.Unmarshal(schema, &shape) != nil {
		return nil
	}
	return shape.Properties
}

// spellingsOf returns every way to write a value of the parameter: under each name, and
// as the spelling of its schema allows.
func (p parameter) spellingsOf(value any) []map[string]any {
	written := []any{value}
	s := p.spelling
	switch value := value.(type) {
	case string:
		written = append(written, " "+value, value+"\n")
		if s.AnyCase {
			written = append(written, strings.ToUpper(value), strings.ToLower(value))
		}
		if s.AnySeparator {
			written = append(written, strings.ReplaceAll(value, "-", " "), strings.ReplaceAll(value, "-", "_/"))
		}
		if s.Suffix != "" {
			written = append(written, value+" "+s.Suffix)
		}
		for _, synonym := range s.Synonyms[value] {
			written = append(written, synonym)
		}
		if s.Lower {
			written = append(written, strings.ToUpper(value))
		}
		if s.Prefix != "" {
			written = append(written, s.Prefix+value, strings.ToUpper(s.Prefix)+value)
		}
		if s.Type == "string" {
			written = append(written, json.Number(value), json.Number(strings.TrimSuffix(value, ".0")), value+"0")
		}
	case int:
		text, _ := json.Marshal(value)
		written = append(written, string(text), " "+string(text)+".0", json.Number(string(text)+"e0"))
	}
	var all []map[string]any
	for _, name := range append([]string{p.name}, s.Names...) {
		for _, value := range written {
			all = append(all, map[string]any{name: value})
		}
	}
	return all
}
