package rds

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// A seenParameters are the parameters of a server. The templates are read where a
// parameter differs.
type seenParameters struct {
	running, pending map[string]string
	templates        map[string]parameterTemplate
}

// A parameterTemplate says what a parameter takes (RDS API,
// DescribeParameterTemplates).
type parameterTemplate struct {
	values           string // "[1-100]", "[ON|OFF]", or another form
	isFixed, restart bool
}

// parametersOption sets parameters of the server. One that an update leaves out keeps
// its value.
func parametersOption() option {
	const name = "Parameters"
	return option{
		name: name, step: "parameters", text: "The parameters of the database server are being set.", reads: "DescribeParameters",
		refused: "RDS refuses these Parameters; correct names and values.",
		normal: func(_ optionContext, value, _ json.RawMessage) (json.RawMessage, *providers.Failure) {
			texts := map[string]string{}
			for key, raw := range valueOf[map[string]json.RawMessage](value) {
				text, ok := textOfParameter(raw)
				if !ok {
					return nil, invalid("%s: the value of %q is a text, a number or a truth value.", name, key)
				}
				texts[key] = text
			}
			raw, err := json.Marshal(texts)
			if err != nil {
				return nil, invalid("%s cannot be stored.", name)
			}
			return raw, nil
		},
		remove: left,
		look: func(ctx context.Context, l optionLook) (any, providers.Facts, error) {
			seen, err := l.parameters(ctx, l.instance.ID)
			if err == nil && len(seen.differing(l.want)) > 0 {
				seen.templates, err = l.templates(ctx, l.plan.Engine, l.plan.EngineVersion, l.instance.ID)
			}
			return seen, providers.Facts{}, err
		},
		isReached: func(want json.RawMessage, s instanceState) bool {
			seen, _ := s.options[name].(seenParameters)
			return len(seen.differing(want)) == 0
		},
		next: nextForParameters,
		put: func(ctx context.Context, c client, r optionRequest, token string) error {
			return c.setParameters(ctx, r.InstanceID, valueOf[parameterChange](r.Value), token)
		},
	}
}

// forceRestartOption allows a restart of the server for parameters that need one. A new
// server is restarted without it.
func forceRestartOption() option {
	return option{name: "ForceRestart", normal: asGiven, remove: left}
}

// A parameterChange is the request of the step of parameters.
type parameterChange struct {
	Values  map[string]string
	Restart bool
}

// textOfParameter returns a value as RDS takes it, which is a text.
func textOfParameter(raw json.RawMessage) (text string, ok bool) {
	switch value := valueOf[any](raw).(type) {
	case string:
		return value, true
	case float64:
		return strings.TrimSpace(string(raw)), true
	case bool:
		return strconv.FormatBool(value), true
	}
	return "", false
}

// differing returns the names of wanted parameters with another value, in order.
func (s seenParameters) differing(want json.RawMessage) []string {
	wanted := valueOf[map[string]string](want)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(wanted)), func(name string) bool {
		have, isThere := s.running[name]
		return isThere && sameValue(have, wanted[name])
	})
}

// sameValue compares values of parameters: words without case, numbers as such.
func sameValue(one, other string) bool {
	a, errA := strconv.ParseFloat(one, 64)
	b, errB := strconv.ParseFloat(other, 64)
	if errA == nil && errB == nil {
		return a == b
	}
	return strings.EqualFold(one, other)
}

// nextForParameters checks the parameters that differ by their templates, and sets them
// together.
func nextForParameters(o option, t providers.Task, plan instancePlan, s instanceState) providers.Step {
	seen, _ := s.options[o.name].(seenParameters)
	wanted := valueOf[map[string]string](plan.Options[o.name])
	change := parameterChange{Values: map[string]string{}}
	var restarts []string
	isPending := true
	for _, name := range seen.differing(plan.Options[o.name]) {
		template, isKnown := seen.templates[name]
		switch {
		case !isKnown:
			return providers.FailStep(providers.Invalid, "Parameters: "+plan.Engine+" "+plan.EngineVersion+" of RDS has no parameter "+name+" that can be set; leave it out.")
		case template.isFixed:
			return providers.FailStep(providers.Invalid, "Parameters: RDS does not let users set "+name+"; leave it out.")
		case !template.takes(wanted[name]):
			return providers.FailStep(providers.Invalid, "Parameters: "+name+" takes "+template.values+"; choose another value.")
		case template.restart:
			restarts = append(restarts, name)
		}
		change.Values[name] = template.spelled(wanted[name])
		isPending = isPending && sameValue(seen.pending[name], wanted[name])
	}
	change.Restart = len(restarts) > 0
	switch {
	case change.Restart && !isNew(t) && !valueOf[bool](plan.Options["ForceRestart"]):
		return providers.FailStep(providers.Invalid, "Parameters: "+strings.Join(restarts, ", ")+" need a restart of the server, which cuts connections; send ForceRestart: true with them, or leave them out.")
	case isPending && (!change.Restart || t.HasBegun(o.step)): // the cloud is at work
		return providers.WaitStep(o.step, providers.Quick, o.text)
	}
	value, err := json.Marshal(change)
	if err != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	return effect.Once(s.asked, o.step, o.text, optionRequest{InstanceID: s.instance.ID, Value: value})
}

var (
	spanOfValues = regexp.MustCompile(`^\[(-?[0-9]+)-([0-9]+)\]$`)
	listOfValues = regexp.MustCompile(`^\[([^|\[\]]+(\|[^|\[\]]+)+)\]$`)
)

// takes reports whether a template takes a value. Forms that are not known take any: RDS
// tells.
func (p parameterTemplate) takes(value string) bool {
	if bounds := spanOfValues.FindStringSubmatch(p.values); bounds != nil {
		least, errLeast := strconv.ParseFloat(bounds[1], 64)
		most, errMost := strconv.ParseFloat(bounds[2], 64)
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && errLeast == nil && errMost == nil && least <= n && n <= most
	}
	if words := listOfValues.FindStringSubmatch(p.values); words != nil {
		return slices.ContainsFunc(strings.Split(words[1], "|"), func(word string) bool { return strings.EqualFold(word, value) })
	}
	return true
}

// spelled returns a value with the letter case of the template.
func (p parameterTemplate) spelled(value string) string {
	if words := listOfValues.FindStringSubmatch(p.values); words != nil {
		for word := range strings.SplitSeq(words[1], "|") {
			if strings.EqualFold(word, value) {
				return word
			}
		}
	}
	return value
}

// parameters returns the parameters in use, and the ones that wait (RDS API,
// DescribeParameters).
func (c client) parameters(ctx context.Context, id string) (seenParameters, error) {
	req, resp := rds.CreateDescribeParametersRequest(), rds.CreateDescribeParametersResponse()
	req.RegionId, req.DBInstanceId = c.region, id
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return seenParameters{}, err
	}
	byName := func(list []rds.DBInstanceParameter) map[string]string {
		values := map[string]string{}
		for _, p := range list {
			values[p.ParameterName] = p.ParameterValue
		}
		return values
	}
	return seenParameters{running: byName(resp.RunningParameters.DBInstanceParameter), pending: byName(resp.ConfigParameters.DBInstanceParameter)}, nil
}

// templates returns what the parameters of an engine take (RDS API,
// DescribeParameterTemplates).
func (c client) templates(ctx context.Context, engine, version, id string) (map[string]parameterTemplate, error) {
	req, resp := rds.CreateDescribeParameterTemplatesRequest(), rds.CreateDescribeParameterTemplatesResponse()
	req.RegionId, req.Engine, req.EngineVersion, req.DBInstanceId = c.region, engine, version, id
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, err
	}
	templates := map[string]parameterTemplate{}
	for _, r := range resp.Parameters.TemplateRecord {
		templates[r.ParameterName] = parameterTemplate{values: r.CheckingCode, isFixed: r.ForceModify == "false", restart: r.ForceRestart == "true"}
	}
	return templates, nil
}

// setParameters sets parameters (RDS API, ModifyParameter).
func (c client) setParameters(ctx context.Context, id string, change parameterChange, token string) error {
	values, err := json.Marshal(change.Values)
	if err != nil {
		return err
	}
	req, resp := rds.CreateModifyParameterRequest(), rds.CreateModifyParameterResponse()
	req.RegionId, req.ClientToken, req.DBInstanceId, req.Parameters = c.region, token, id, string(values)
	req.Forcerestart = requests.NewBoolean(change.Restart)
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}
