// Package servicesdoc renders the pages of docs/services and the table of services in
// the README: the offerings, plans and parameters of the catalog, as the plans.yaml of
// the services state them, and the credentials and examples of examples.yaml, which a
// test takes through their lives.
package servicesdoc

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

const heading = `# Services, plans and parameters

Written by ` + "`go test ./cmd/alibabacloud-servicebroker -run Services -update`" + ` from the plans.yaml of the
services, the one place of these facts. Parameters are optional; null and an empty text count as
absent. An operator may change all of this with an [overlay](../catalog.md).

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

// Pages returns the pages by the name of the file in docs/services.
func Pages(sources ...catalog.Source) (map[string][]byte, error) {
	c, err := catalog.Load(sources...)
	if err != nil {
		return nil, err
	}
	examples, err := Examples()
	if err != nil {
		return nil, err
	}
	index := bytes.NewBufferString(heading + "\n| page | offering | |\n|---|---|---|\n")
	pages := map[string]*bytes.Buffer{}
	for _, o := range c.Offerings() {
		name := o.Provider + ".md"
		fmt.Fprintf(index, "| [%s](%s) | `%s` | %s |\n", name, name, o.Name, o.Description)
		if pages[name] == nil {
			pages[name] = bytes.NewBufferString("# Service " + o.Provider + "\n\nHow parameters are sent, compared and updated: [README.md](README.md). This page is generated from\n" +
				"the plans and from tested examples.\n")
		}
		if err := offering(pages[name], o, examples[o.Name]); err != nil {
			return nil, fmt.Errorf("offering %s: %w", o.Name, err)
		}
	}
	texts := map[string][]byte{"README.md": index.Bytes()}
	for name, page := range pages {
		texts[name] = page.Bytes()
	}
	return texts, nil
}

// offering writes plans, parameters, credentials and examples.
func offering(page *bytes.Buffer, o *catalog.Offering, s Service) error {
	fmt.Fprintf(page, "\n## %s\n\n%s.\n\n", o.Name, o.Description)
	plansOf(page, o)
	rows, err := rowsOf(o)
	if err != nil {
		return err
	}
	fmt.Fprint(page, "\n### Parameters\n\n| parameter | of | | values | default | also accepted |\n|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(page, "| `%s` | %s | %s | %s | %s | %s |\n",
			r.name, r.where(len(o.Plans)), r.Description, r.values(), r.defaultValue(), r.spellings())
	}
	fmt.Fprint(page, "\nNames and values within an object or a list are taken as the table writes them.\n")
	return s.write(page, o)
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
end by themselves (assumption A053 of [emulator.md](../emulator.md)), and end under ` + "`delete`" + ` (A056; both are guesses, since the cloud
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
