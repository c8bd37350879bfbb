// Package servicesdoc renders docs/services.md and the table of services in the
// README: the offerings, plans and parameters of the catalog, as the plans.yaml
// of the services state them.
package servicesdoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

const heading = `# Services, plans and parameters

Written by ` + "`go test ./cmd/alibabacloud-servicebroker -run Services -update`" + ` from the plans.yaml of the
services, the one place of these facts. Parameters are optional; null and an empty text count as
absent. An operator may change all of this with an [overlay](catalog.md).

- A parameter with several names, or several ways to write a value, is one parameter with one value: it is stored in
  normal form and shown once, under its own name.
- A repeated provision or bind, and an update, may write a parameter in any of these ways, and may write out or leave out
  a default: the same meaning is no change. The defaults are those of the plan when the instance was made.
- In an update, an absent parameter stays as it is. null sets one that the table lists under "update" back to its
  default, and counts as absent for the others. Another value of one that is listed under "create" alone is 422 with
  ` + "`update_repeatable: false`" + ` and the value in force; a name that the plan does not know is 400.
- Moving to another plan drops the parameters that the new plan does not take; one that is sent with the move is 400.
  Moving back takes that plan's defaults.
`

// Page returns the page.
func Page(sources ...catalog.Source) ([]byte, error) {
	c, err := catalog.Load(sources...)
	if err != nil {
		return nil, err
	}
	page := bytes.NewBufferString(heading)
	for _, o := range c.Offerings() {
		fmt.Fprintf(page, "\n## %s\n\n%s.\n\n", o.Name, o.Description)
		plansOf(page, o)
		rows, err := rowsOf(o)
		if err != nil {
			return nil, fmt.Errorf("offering %s: %w", o.Name, err)
		}
		fmt.Fprint(page, "\n| parameter | of | | values | default | also accepted |\n|---|---|---|---|---|---|\n")
		for _, r := range rows {
			fmt.Fprintf(page, "| `%s` | %s | %s | %s | %s | %s |\n",
				r.name, r.where(len(o.Plans)), r.Description, r.values(), r.defaultValue(), r.spellings())
		}
	}
	return page.Bytes(), nil
}

// accounts explains the word of plans for the accounts of bindings.
const accounts = `
` + "`unbind`" + ` decides on the account of a binding that ends, also after a rotation:

- ` + "`lock`" + `: its login is refused, since its password becomes a random one that is then forgotten. Its rights stay, so triggers,
  views, routines and events that it made go on working for the other bindings. A later binding of the instance that names it
  as its ` + "`Username`" + ` gets it again, with a new password. Where the server has as many accounts as it may have, a new binding
  deletes the account that was locked first: objects that it made then stop working, and the operator is told (log, metric
  ` + "`alibabacloud_broker_locked_accounts_removed_total`" + `, ` + "`instances show`" + `).
- ` + "`delete`" + `: the account goes. Objects that it made stop working for all bindings: statements that fire its triggers fail with
  error 1449, its views with 1449 or 1045.

Either way the login is refused once the unbind has ended. Sessions that are open at that time go on under ` + "`lock`" + ` until they
end by themselves (assumption A053 of [emulator.md](emulator.md)), and end under ` + "`delete`" + ` (A056; both are guesses, since the cloud
documents neither). Let applications close their connections before the unbind.
`

// plansOf writes the table of the plans of an offering.
func plansOf(page *bytes.Buffer, o *catalog.Offering) {
	hasAccounts := slices.ContainsFunc(o.Plans, func(p *catalog.Plan) bool { return p.Unbind != "" })
	if !hasAccounts {
		fmt.Fprint(page, "| plan | | data at deletion |\n|---|---|---|\n")
		for _, p := range o.Plans {
			fmt.Fprintf(page, "| `%s` | %s | `%s` |\n", p.Name, p.ShownDescription(), p.Deletion)
		}
		return
	}
	fmt.Fprint(page, "| plan | | data at deletion | account at unbind |\n|---|---|---|---|\n")
	for _, p := range o.Plans {
		fmt.Fprintf(page, "| `%s` | %s | `%s` | `%s` |\n", p.Name, p.ShownDescription(), p.Deletion, p.Unbind)
	}
	fmt.Fprint(page, accounts)
}

// The table of the README stands between these lines.
const (
	begin = "<!-- services: written by the test of docs/services.md -->\n"
	end   = "<!-- end of services -->\n"
)

// Readme returns the README with the table of the offerings.
func Readme(readme []byte, sources ...catalog.Source) ([]byte, error) {
	c, err := catalog.Load(sources...)
	if err != nil {
		return nil, err
	}
	before, rest, found := bytes.Cut(readme, []byte(begin))
	_, after, foundToo := bytes.Cut(rest, []byte(end))
	if !found || !foundToo {
		return nil, errors.New("the README lacks the lines around its table of services")
	}
	table := bytes.NewBufferString("| offering | plans | an instance, and a binding |\n|---|---|---|\n")
	for _, o := range c.Offerings() {
		var plans []string
		for _, p := range o.Plans {
			plans = append(plans, "`"+p.Name+"`")
		}
		var metadata struct {
			LongDescription string `json:"longDescription"`
		}
		if err := json.Unmarshal(o.Metadata, &metadata); err != nil {
			return nil, fmt.Errorf("offering %s: metadata: %w", o.Name, err)
		}
		fmt.Fprintf(table, "| `%s` | %s | %s |\n", o.Name, strings.Join(plans, ", "), metadata.LongDescription)
	}
	return slices.Concat(before, []byte(begin), table.Bytes(), []byte(end), after), nil
}

// A row is one parameter of an operation, the same under several plans.
type row struct {
	property

	name      string
	operation string
	plans     []string
}

// A property is the schema of a parameter.
type property struct {
	Description string           `json:"description"`
	Enum        []any            `json:"enum"`
	Default     any              `json:"default"`
	Pattern     string           `json:"pattern"`
	Minimum     *json.Number     `json:"minimum"`
	Maximum     *json.Number     `json:"maximum"`
	MultipleOf  *json.Number     `json:"multipleOf"`
	MaxLength   *int             `json:"maxLength"`
	Spelling    catalog.Spelling `json:"x-normal"`
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
				key := name + " " + string(raw)
				if byKey[key] == nil {
					byKey[key] = &row{name: name, operation: operation}
					if err := json.Unmarshal(raw, &byKey[key].property); err != nil {
						return nil, err
					}
				}
				byKey[key].plans = append(byKey[key].plans, p.Name)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(byKey)) {
			rows = append(rows, byKey[key])
		}
	}
	return rows, nil
}

// where returns the operation of the parameter, and its plans unless they are
// all of the offering.
func (r *row) where(plans int) string {
	if len(r.plans) == plans {
		return r.operation
	}
	return r.operation + " of `" + strings.Join(r.plans, "`, `") + "`"
}

// values returns the enumeration or bounds of the parameter.
func (r *row) values() string {
	var parts []string
	for _, value := range r.Enum {
		if value != nil {
			parts = append(parts, fmt.Sprintf("`%v`", value))
		}
	}
	if r.Minimum != nil && r.Maximum != nil {
		parts = append(parts, r.Minimum.String()+" to "+r.Maximum.String())
	}
	if r.MultipleOf != nil {
		parts = append(parts, "in steps of "+r.MultipleOf.String())
	}
	if r.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("at most %d characters", *r.MaxLength))
	}
	if r.Pattern != "" {
		parts = append(parts, "`"+r.Pattern+"`")
	}
	return strings.Join(parts, ", ")
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
