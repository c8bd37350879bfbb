package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// CheckCreate checks the parameters of a provision (PROV-06) in normal form. The
// error's text is fit for the user of a 400: it names parameters and the values
// they may have, and keeps the values that were sent to itself.
func (p *Plan) CheckCreate(parameters json.RawMessage) error {
	return p.check(p.Schemas.Create, parameters)
}

// CheckUpdate checks the parameters of an update (UPD-04) as CheckCreate does.
func (p *Plan) CheckUpdate(parameters json.RawMessage) error {
	return p.check(p.Schemas.Update, parameters)
}

// CheckBind checks the parameters of a bind (BIND-06) as CheckCreate does.
func (p *Plan) CheckBind(parameters json.RawMessage) error {
	return p.check(p.Schemas.Bind, parameters)
}

func (p *Plan) check(raw, parameters json.RawMessage) error {
	problems, err := p.problems(raw, parameters)
	if err != nil {
		return err
	}
	return problemsError(problems)
}

// problems returns sentences on all that is wrong with the parameters, or an error
// if they or the schema cannot be read.
func (p *Plan) problems(raw, parameters json.RawMessage) ([]string, error) {
	members, err := membersOf(parameters)
	if err != nil || len(members) == 0 && len(raw) == 0 {
		return nil, err
	}
	schema, err := compileInput(raw)
	if err != nil {
		return nil, fmt.Errorf("schema of plan %s%w", p.ID, err)
	}
	return schema.problems(members), nil
}

// problems returns sentences on all that is wrong with the parameters.
func (s *inputSchema) problems(parameters map[string]json.RawMessage) []string {
	members, problems := s.form.apply(parameters)
	values := make(map[string]any, len(members))
	for name, raw := range members {
		if !s.open && !slices.Contains(s.names, name) {
			problems = append(problems, unknownParameter(name, s.names))
			continue
		}
		if s.form[name].refused(name, raw) == nil { // apply has said why
			values[name] = parse(raw)
		}
	}
	if s.schema != nil {
		for _, f := range s.findings(values) {
			problems = append(problems, f.sentence()+s.inWords(f))
		}
	}
	return problems
}

// problemsError joins sentences about parameters into one error in a stable
// order; nil for none.
func problemsError(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	slices.Sort(problems)
	return errors.New(strings.Join(fewOf(slices.Compact(problems)), "; "))
}

// maxListed bounds the names and problems in one sentence: a request can have
// thousands of them.
const maxListed = 10

// fewOf returns the texts, or the first ones and how many more there are.
func fewOf(texts []string) []string {
	if len(texts) <= maxListed {
		return texts
	}
	return append(slices.Clone(texts[:maxListed]), fmt.Sprintf("and %d more", len(texts)-maxListed))
}

// findings returns the schema's complaints about the values.
func (s *inputSchema) findings(values map[string]any) []finding {
	err := s.schema.Validate(values)
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return []finding{{want: "are not as the plan's schema in the catalog says"}}
	}
	return findingsOf(invalid)
}

// A finding is one complaint about the value at a place.
type finding struct {
	place []string // from the parameters down
	want  string   // "must be a string"
}

func (f finding) sentence() string {
	if len(f.place) == 0 {
		return "parameters " + f.want
	}
	return "parameter " + quote(strings.Join(f.place, ".")) + " " + f.want
}

// mustMatch begins the demand of a pattern.
const mustMatch = "must match the pattern "

// inWords returns the first sentence of a parameter's description where a finding is
// about its pattern, which few people read.
func (s *inputSchema) inWords(f finding) string {
	if len(f.place) != 1 || !strings.HasPrefix(f.want, mustMatch) {
		return ""
	}
	property := s.schema.Properties[f.place[0]]
	if property == nil || property.Description == "" {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimSpace(property.Description), ". ")
	return " (" + strings.TrimSuffix(first, ".") + ")"
}

// findingsOf returns the leaves of the validator's tree in our own words, since
// the validator's words hold values.
func findingsOf(e *jsonschema.ValidationError) []finding {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return alternatives(e)
	}
	if len(e.Causes) == 0 {
		return []finding{{e.InstanceLocation, wanted(e.ErrorKind)}}
	}
	var found []finding
	for _, cause := range e.Causes {
		found = append(found, findingsOf(cause)...)
	}
	return found
}

// alternatives joins the demands of the branches of an anyOf or oneOf on the
// value itself.
func alternatives(e *jsonschema.ValidationError) []finding {
	var wants []string
	for _, cause := range e.Causes {
		for _, f := range findingsOf(cause) {
			if len(f.place) != len(e.InstanceLocation) {
				return []finding{{e.InstanceLocation, "has none of the forms that the plan's schema allows"}}
			}
			wants = append(wants, f.want)
		}
	}
	if len(wants) == 0 {
		return []finding{{e.InstanceLocation, "has more than one of the forms that the plan's schema allows"}}
	}
	slices.Sort(wants)
	return []finding{{e.InstanceLocation, strings.Join(fewOf(slices.Compact(wants)), ", or ")}}
}

func wanted(why jsonschema.ErrorKind) string {
	switch why := why.(type) {
	case *kind.Type:
		return fmt.Sprintf("must be of type %s, not %s", strings.Join(withoutNull(why.Want, "null"), " or "), why.Got)
	case *kind.Enum:
		return "must be one of " + listValues(why.Want)
	case *kind.Required:
		return "must have " + list(why.Missing)
	case *kind.AdditionalProperties:
		return "must not have " + list(why.Properties)
	case *kind.Dependency:
		return fmt.Sprintf("must have %s where it has %s", list(why.Missing), quote(why.Prop))
	case *kind.Pattern:
		return mustMatch + why.Want
	case *kind.Format:
		return fmt.Sprintf("must have the format %s", why.Want)
	case *kind.MinLength:
		return fmt.Sprintf("must have at least %d characters", why.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must have at most %d characters", why.Want)
	case *kind.MinItems:
		return fmt.Sprintf("must have at least %d items", why.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must have at most %d items", why.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("must have at most %d members", why.Want)
	case *kind.UniqueItems:
		return "must not have the same item twice"
	case *kind.Minimum:
		return "must be at least " + number(why.Want)
	case *kind.Maximum:
		return "must be at most " + number(why.Want)
	case *kind.ExclusiveMinimum:
		return "must be more than " + number(why.Want)
	case *kind.ExclusiveMaximum:
		return "must be less than " + number(why.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + number(why.Want)
	default:
		return "is not as the plan's schema in the catalog says"
	}
}

func number(r *big.Rat) string {
	if r.IsInt() {
		return r.RatString()
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// withoutNull drops the type or the value that stands for an absent parameter.
func withoutNull[T comparable](values []T, null T) []T {
	return slices.DeleteFunc(slices.Clone(values), func(value T) bool { return value == null })
}

func list(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	slices.Sort(quoted)
	return strings.Join(fewOf(quoted), ", ")
}

// listValues lists the values of an enum, in the schema's order.
func listValues(values []any) string {
	texts := make([]string, 0, len(values))
	for _, value := range withoutNull(values, nil) {
		text, err := json.Marshal(value)
		if err != nil {
			continue
		}
		texts = append(texts, string(text))
	}
	return strings.Join(texts, ", ")
}
