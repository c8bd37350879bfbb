package rds

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A parameterSet has the parameters of an instance that differ from the template of
// its engine. The emulator's servers are configured otherwise: these are what the API
// says.
type parameterSet struct {
	Running map[string]string           `json:"running,omitempty"`
	Pending map[string]pendingParameter `json:"pending,omitempty"`
}

// A pendingParameter takes effect at a time, or, if that is zero, when the instance
// restarts.
type pendingParameter struct {
	Value string    `json:"value"`
	At    time.Time `json:"at,omitzero"`
}

// apply puts the values that are due into effect.
func (p *parameterSet) apply(now time.Time) {
	for name, next := range p.Pending {
		if next.At.IsZero() || now.Before(next.At) {
			continue
		}
		if p.Running == nil {
			p.Running = map[string]string{}
		}
		p.Running[name] = next.Value
		delete(p.Pending, name)
	}
}

// restartAt makes the values due that wait for a restart.
func (p *parameterSet) restartAt(until time.Time) {
	for name, next := range p.Pending {
		if next.At.IsZero() {
			p.Pending[name] = pendingParameter{next.Value, until}
		}
	}
}

// values returns the values in effect and the pending ones.
func (p *parameterSet) values() (running, pending map[string]string) {
	for name, next := range p.Pending {
		if pending == nil {
			pending = map[string]string{}
		}
		pending[name] = next.Value
	}
	return maps.Clone(p.Running), pending
}

// modifyParameter is ModifyParameter of the RDS API. The instance stays Running; the
// values are synchronised for a moment. A parameter that needs a restart gets its
// value by Forcerestart, which restarts the instance, or by a later restart (A337).
func (s *Service) modifyParameter(r *rpc.Request) (any, *rpc.Error) {
	text := r.Get("Parameters")
	if text == "" && r.Get("ParameterGroupId") == "" {
		return nil, rpc.Missing("Parameters")
	}
	force, fail := r.Bool("Forcerestart", false)
	if fail != nil {
		return nil, fail
	}
	var wanted map[string]string
	if err := json.Unmarshal([]byte(text), &wanted); text != "" && (err != nil || len(wanted) == 0) {
		return nil, bad("InvalidParameters.Format", "Parameters is a JSON object of names and values, which are strings.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findRunning(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	templates := s.templates.of(in.engine, in.version)
	if wanted, fail = s.wantedParameters(r, in, wanted); fail != nil {
		return nil, fail
	}
	restarts := false
	// All are checked before the first is changed. Sorted, so that the error is the
	// same each time.
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		i := slices.IndexFunc(templates, func(t parameterTemplate) bool { return t.Name == name })
		if i < 0 || templates[i].Fixed {
			return nil, bad("InvalidParameters.Format", "The instance has no parameter %q that can be changed.", shortened(name))
		}
		if !templates[i].takes(wanted[name]) {
			return nil, bad("InvalidParameters.Format", "The values of %s are %s.", name, templates[i].Values)
		}
		restarts = restarts || templates[i].Restart
	}
	p := &in.settings.Parameters
	if p.Pending == nil {
		p.Pending = map[string]pendingParameter{}
	}
	for _, t := range templates {
		if value, ok := wanted[t.Name]; ok {
			next := pendingParameter{Value: strings.Clone(value)}
			if !t.Restart {
				next.At = r.Now.Add(s.profile.Account)
			}
			p.Pending[t.Name] = next
		}
	}
	if restarts && force {
		s.beginRestart(in, r.Now)
	}
	return nil, nil
}

// describeParameters is DescribeParameters of the RDS API: all parameters with the
// values in use, and apart from them the values that are being synchronised. The cloud
// leaves out the parameter group of an instance without one, too: Terraform's provider
// takes any id there for a setting that the configuration lacks.
func (s *Service) describeParameters(r *rpc.Request) (any, *rpc.Error) {
	type parameter struct{ ParameterName, ParameterValue, ParameterDescription, ParameterDefaultValue, ParameterValueRange string }
	var body struct {
		Engine, EngineVersion string
		ConfigParameters      struct{ DBInstanceParameter []parameter }
		RunningParameters     struct{ DBInstanceParameter []parameter }
		ParamGroupInfo        any
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	body.Engine, body.EngineVersion, body.ParamGroupInfo = in.engine, in.version, in.parameterGroupInfo()
	for _, t := range s.templates.of(in.engine, in.version) {
		standard := t.valueFor(in.class)
		value, changed := in.settings.Parameters.Running[t.Name]
		if !changed {
			value = standard
		}
		p := parameter{t.Name, value, t.Description, standard, t.Values}
		body.RunningParameters.DBInstanceParameter = append(body.RunningParameters.DBInstanceParameter, p)
		if next, waits := in.settings.Parameters.Pending[t.Name]; waits {
			p.ParameterValue = next.Value
			body.ConfigParameters.DBInstanceParameter = append(body.ConfigParameters.DBInstanceParameter, p)
		}
	}
	return body, nil
}

// shortened cuts a word of a request that an error repeats.
func shortened(text string) string { return text[:min(len(text), 64)] }
