package rds

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

//go:embed parameter_templates.yaml
var templatesText []byte

// parameterTemplates are the parameters of each engine: a part of the cloud's, by
// MySQL's, MariaDB's, PostgreSQL's and SQL Server's own manuals.
type parameterTemplates map[string][]parameterTemplate

// A parameterTemplate is a parameter of an engine.
type parameterTemplate struct {
	Name        string   `json:"name"`
	Default     string   `json:"default"`
	Values      string   `json:"values"`  // "[1-100]", "[ON|OFF]"; anything else takes any text
	Restart     bool     `json:"restart"` // a new value needs a restart
	Fixed       bool     `json:"fixed"`   // clients cannot change it
	Versions    []string `json:"versions"`
	Description string   `json:"description"`
}

// readTemplates reads the file that is compiled in.
func readTemplates() parameterTemplates {
	var all parameterTemplates
	if err := yaml.UnmarshalStrict(templatesText, &all); err != nil {
		panic(fmt.Sprint("rds: parameter_templates.yaml: ", err))
	}
	return all
}

// of returns the parameters of a version of an engine, by name.
func (all parameterTemplates) of(engine, version string) []parameterTemplate {
	var list []parameterTemplate
	for _, t := range all[engine] {
		if len(t.Versions) == 0 || slices.Contains(t.Versions, version) {
			list = append(list, t)
		}
	}
	return list
}

// classDefault marks a value of a template that depends on the class.
const classDefault = "{MaxConnections}"

// valueFor is the value that instances of a class begin with.
func (t parameterTemplate) valueFor(c *class) string {
	if t.Default == classDefault {
		return strconv.Itoa(c.connections)
	}
	return t.Default
}

// takes reports whether a value is among the ones of the parameter: an integer of the
// span, which may begin below zero, or one of the words.
func (t parameterTemplate) takes(value string) bool {
	inner, ok := strings.CutPrefix(t.Values, "[")
	if !ok || len(value) > 1024 {
		return !ok && len(value) <= 1024
	}
	inner = strings.TrimSuffix(inner, "]")
	if strings.Contains(inner, "|") {
		return slices.Contains(strings.Split(inner, "|"), value)
	}
	cut := strings.LastIndex(inner, "-")
	from, err1 := strconv.ParseInt(inner[:cut], 10, 64)
	to, err2 := strconv.ParseInt(inner[cut+1:], 10, 64)
	n, err := strconv.ParseInt(value, 10, 64)
	return err1 == nil && err2 == nil && err == nil && n >= from && n <= to
}

// describeParameterTemplates is DescribeParameterTemplates of the RDS API. Engines
// have other names there, and clients send either.
func (s *Service) describeParameterTemplates(r *rpc.Request) (any, *rpc.Error) {
	type record struct{ ParameterName, ParameterValue, ForceModify, ForceRestart, CheckingCode, ParameterDescription string }
	var body struct {
		Engine, EngineVersion, ParameterCount string
		Parameters                            struct{ TemplateRecord []record }
	}
	name, fail := r.Require("Engine")
	if fail != nil {
		return nil, fail
	}
	version, fail := r.Require("EngineVersion")
	if fail != nil {
		return nil, fail
	}
	if category := r.Get("Category"); category != "" && !slices.Contains([]string{"Basic", "HighAvailability", "cluster", "AlwaysOn", "Finance"}, category) {
		return nil, bad("InvalidParameter", "Category is Basic, HighAvailability, cluster, AlwaysOn or Finance.")
	}
	if r.Get("DBInstanceId") != "" {
		s.mu.Lock()
		_, fail := s.find(r, unknownID())
		s.mu.Unlock()
		if fail != nil {
			return nil, fail
		}
	}
	if strings.EqualFold(name, "mssql") {
		name = "SQLServer"
	}
	for engine := range s.templates {
		if !strings.EqualFold(engine, name) {
			continue
		}
		if !slices.Contains(s.catalog.Versions[engine], version) {
			return nil, bad("InvalidEngineVersion.Malformed", "The engine version is not valid for %s.", engine)
		}
		list := s.templates.of(engine, version)
		body.Engine, body.EngineVersion, body.ParameterCount = engine, strings.Clone(version), strconv.Itoa(len(list))
		for _, t := range list {
			body.Parameters.TemplateRecord = append(body.Parameters.TemplateRecord,
				record{t.Name, t.Default, strconv.FormatBool(!t.Fixed), strconv.FormatBool(t.Restart), t.Values, t.Description})
		}
		return body, nil
	}
	return nil, bad("InvalidEngine.Malformed", "The engine is one of mysql, mssql, PostgreSQL and MariaDB.")
}
