package rds

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

//go:embed parameter_groups.yaml
var groupsText []byte

// A parameterGroup is a named set of values of parameters. The emulator has system groups
// alone.
type parameterGroup struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Engine      string            `json:"engine"`
	Versions    []string          `json:"versions"`
	Parameters  map[string]string `json:"parameters"`
	Description string            `json:"description"`

	version string
}

// readGroups reads the file that is compiled in: a group for each version.
func readGroups() (groups []parameterGroup) {
	var all []parameterGroup
	if err := yaml.UnmarshalStrict(groupsText, &all); err != nil {
		panic(fmt.Sprint("rds: parameter_groups.yaml: ", err))
	}
	for _, g := range all {
		for _, version := range g.Versions {
			next := g
			next.version, next.ID = version, g.ID+strings.ReplaceAll(version, ".", "")
			groups = append(groups, next)
		}
	}
	return groups
}

// restarts reports whether a group has parameters that need a restart.
func (g parameterGroup) restarts(templates parameterTemplates) bool {
	return slices.ContainsFunc(templates.of(g.Engine, g.version), func(t parameterTemplate) bool {
		_, has := g.Parameters[t.Name]
		return has && t.Restart
	})
}

// group finds a parameter group for an instance. That one of another engine or version is
// refused as one that does not exist is a guess (A543).
func (s *Service) group(id string, in *instance) (parameterGroup, *rpc.Error) {
	for _, g := range groupTable() {
		if g.ID == id && g.Engine == in.engine && g.version == in.version {
			return g, nil
		}
	}
	return parameterGroup{}, bad("ParamGroupsNotExistError", "There is no parameter group of this id for the instance.")
}

// checkGroup reads DBParamGroupId of CreateDBInstance.
func (s *Service) checkGroup(r *rpc.Request, in *instance) *rpc.Error {
	id := r.Get("DBParamGroupId")
	if id == "" {
		return nil
	}
	g, fail := s.group(id, in)
	if fail != nil {
		return fail
	}
	if in.settings.Parameters.Running == nil {
		in.settings.Parameters.Running = map[string]string{}
	}
	for name, value := range g.Parameters {
		if _, chosen := in.settings.Parameters.Running[name]; !chosen {
			in.settings.Parameters.Running[name] = value
		}
	}
	in.settings.ParameterGroup = g.ID
	return nil
}

// parameterGroupInfo is the member ParamGroupInfo of DescribeParameters, an empty object for an
// instance without a group.
func (in *instance) parameterGroupInfo() any {
	for _, g := range groupTable() {
		if g.ID == in.settings.ParameterGroup {
			return struct{ ParamGroupId, ParameterGroupName, ParameterGroupDesc, ParameterGroupType string }{g.ID, g.Name, g.Description, "0"}
		}
	}
	return struct{}{}
}

// describeParameterGroups is DescribeParameterGroups of the RDS API.
func (s *Service) describeParameterGroups(*rpc.Request) (any, *rpc.Error) {
	type detail struct{ ParamName, ParamValue string }
	type group struct {
		ParameterGroupId, ParameterGroupName, ParameterGroupDesc, Engine, EngineVersion, CreateTime, UpdateTime string
		ParameterGroupType, ForceRestart, ParamCounts                                                           int
		ParamDetail                                                                                             struct{ ParameterDetail []detail }
	}
	var body struct {
		ParameterGroups         struct{ ParameterGroup []group }
		SignalForOptimizeParams bool
	}
	made := timestamp(time.Date(2019, 11, 21, 1, 48, 39, 0, time.UTC)) // the example of the page
	for _, g := range groupTable() {
		force := 0
		if g.restarts(s.templates) {
			force = 1
		}
		var details struct{ ParameterDetail []detail }
		for _, name := range slices.Sorted(maps.Keys(g.Parameters)) {
			details.ParameterDetail = append(details.ParameterDetail, detail{name, g.Parameters[name]})
		}
		body.ParameterGroups.ParameterGroup = append(body.ParameterGroups.ParameterGroup, group{
			g.ID, g.Name, g.Description, strings.ToLower(g.Engine), g.version, made, made, 0, force, len(g.Parameters), details,
		})
	}
	return body, nil
}

// wantedParameters are the values of a ModifyParameter: those of a group or of Parameters.
func (s *Service) wantedParameters(r *rpc.Request, in *instance, listed map[string]string) (map[string]string, *rpc.Error) {
	id := r.Get("ParameterGroupId")
	if id == "" {
		return listed, nil
	}
	g, fail := s.group(id, in)
	if fail != nil {
		return nil, fail
	}
	wanted := maps.Clone(g.Parameters)
	maps.Copy(wanted, listed)
	in.settings.ParameterGroup = g.ID
	return wanted, nil
}
