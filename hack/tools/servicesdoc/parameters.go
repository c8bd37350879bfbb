package servicesdoc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// A row is one parameter of an operation, the same under several plans.
type row struct {
	property

	name      string
	operation string
	plans     []string
	schema    string
}

// A property is the schema of a parameter, or of a part of one.
type property struct {
	Type        any              `json:"type"`
	Description string           `json:"description"`
	Enum        []any            `json:"enum"`
	Default     any              `json:"default"`
	Pattern     string           `json:"pattern"`
	Minimum     *json.Number     `json:"minimum"`
	Maximum     *json.Number     `json:"maximum"`
	MultipleOf  *json.Number     `json:"multipleOf"`
	MaxLength   *int             `json:"maxLength"`
	Spelling    catalog.Spelling `json:"x-normal"`

	// Of objects and lists.
	Properties           map[string]property `json:"properties"`
	Required             []string            `json:"required"`
	AdditionalProperties json.RawMessage     `json:"additionalProperties"`
	MaxProperties        *int                `json:"maxProperties"`
	Items                *property           `json:"items"`
	MaxItems             *int                `json:"maxItems"`
}

// rowsOf returns the parameters of an offering by operation and name. Plans with
// the same schema of a parameter share a row.
func rowsOf(o *catalog.Offering) ([]*row, error) {
	var rows []*row
	for _, operation := range []string{"create", "update", "bind"} {
		byKey := map[string]*row{}
		for _, p := range o.Plans {
			schema := map[string]json.RawMessage{"create": p.Schemas.Create, "update": p.Schemas.Update, "bind": p.Schemas.Bind}[operation]
			var shape struct {
				Properties map[string]json.RawMessage `json:"properties"`
			}
			if len(schema) == 0 {
				continue
			}
			if err := json.Unmarshal(schema, &shape); err != nil {
				return nil, err
			}
			for name, raw := range shape.Properties {
				if err := addRow(byKey, operation, p.Name, name, raw); err != nil {
					return nil, err
				}
			}
		}
		rows = withRows(rows, byKey)
	}
	return rows, nil
}

// addRow adds the parameter of a plan to the row of its name and schema.
func addRow(byKey map[string]*row, operation, plan, name string, schema json.RawMessage) error {
	key := name + " " + string(schema)
	if byKey[key] == nil {
		byKey[key] = &row{name: name, operation: operation, schema: string(schema)}
		if err := json.Unmarshal(schema, &byKey[key].property); err != nil {
			return err
		}
	}
	byKey[key].plans = append(byKey[key].plans, plan)
	return nil
}

// withRows adds the rows of an operation. A parameter that an earlier operation has with
// the same schema shares its row.
func withRows(rows []*row, byKey map[string]*row) []*row {
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		r := byKey[key]
		same := slices.IndexFunc(rows, func(o *row) bool {
			return o.name == r.name && o.schema == r.schema && slices.Equal(o.plans, r.plans)
		})
		if same >= 0 {
			rows[same].operation += ", " + r.operation
			continue
		}
		rows = append(rows, r)
	}
	return rows
}

// where returns the operation of the parameter, and its plans unless they are
// all of the offering.
func (r *row) where(plans int) string {
	if len(r.plans) == plans {
		return r.operation
	}
	return r.operation + " of `" + strings.Join(r.plans, "`, `") + "`"
}

// values returns the enumeration or bounds of a value, or the members of an object or
// list.
func (p *property) values() string {
	switch p.kind() {
	case "array":
		return p.list()
	case "object":
		return p.object()
	case "boolean":
		return "`true`, `false`"
	}
	var parts []string
	for _, value := range p.Enum {
		if value != nil {
			parts = append(parts, fmt.Sprintf("`%v`", value))
		}
	}
	if p.Minimum != nil && p.Maximum != nil {
		parts = append(parts, p.Minimum.String()+" to "+p.Maximum.String())
	}
	if p.MultipleOf != nil {
		parts = append(parts, "in steps of "+p.MultipleOf.String())
	}
	if p.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("at most %d characters", *p.MaxLength))
	}
	if p.Pattern != "" {
		parts = append(parts, "`"+strings.ReplaceAll(p.Pattern, "|", `\|`)+"`")
	}
	return strings.Join(parts, ", ")
}

// kind returns the type but for null.
func (p *property) kind() string {
	list, _ := p.Type.([]any)
	for _, word := range append(list, p.Type) {
		if kind, ok := word.(string); ok && kind != "null" {
			return kind
		}
	}
	return ""
}

func (p *property) list() string {
	text := "a list"
	if p.MaxItems != nil {
		text += fmt.Sprintf(" of at most %d", *p.MaxItems)
	}
	if p.Items == nil || p.Items.values() == "" {
		return text + " texts"
	}
	return text + ": " + p.Items.values()
}

// object lists the members with their values, required ones in bold.
func (p *property) object() string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
		member := p.Properties[name]
		text := "`" + name + "`"
		if slices.Contains(p.Required, name) {
			text = "**" + text + "**"
		}
		if values := member.values(); values != "" {
			text += " (" + values + ")"
		}
		members = append(members, text)
	}
	var others property
	if len(p.AdditionalProperties) > 0 && json.Unmarshal(p.AdditionalProperties, &others) == nil {
		text := "texts by name"
		if p.MaxProperties != nil {
			text = fmt.Sprintf("at most %d texts by name", *p.MaxProperties)
		}
		if values := others.values(); values != "" {
			text += ", each " + values
		}
		members = append(members, text)
	}
	return "an object: " + strings.Join(members, ", ")
}

// defaultValue returns the default as the page shows it.
func (r *row) defaultValue() string {
	if r.Default == nil {
		return ""
	}
	return fmt.Sprintf("`%v`", r.Default)
}

// spellings returns the other ways to write the parameter and its values.
func (r *row) spellings() string {
	s := r.Spelling
	var parts []string
	for _, name := range s.Names {
		parts = append(parts, "the name `"+name+"`")
	}
	switch s.Type {
	case "string":
		parts = append(parts, "numbers")
	case "number":
		parts = append(parts, "texts of numbers")
	}
	if s.AnyCase || s.Lower {
		parts = append(parts, "any case")
	}
	if s.AnySeparator {
		parts = append(parts, "blanks, hyphens, underscores and slashes anywhere")
	}
	if s.Suffix != "" {
		parts = append(parts, "`"+s.Suffix+"` at the end")
	}
	if s.Prefix != "" {
		parts = append(parts, "`"+s.Prefix+"` at the start")
	}
	for _, value := range slices.Sorted(maps.Keys(s.Synonyms)) {
		for _, word := range s.Synonyms[value] {
			parts = append(parts, fmt.Sprintf("`%s` for `%s`", word, value))
		}
	}
	return strings.Join(parts, "; ")
}
