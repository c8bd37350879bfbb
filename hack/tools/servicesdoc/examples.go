package servicesdoc

import (
	"bytes"
	_ "embed" // examples.yaml
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

//go:embed examples.yaml
var examplesYAML []byte

// A Service is the part of an offering's page that its plans do not state.
type Service struct {
	Notes       string       `json:"notes"`
	Credentials []Credential `json:"credentials"`
	// Engine adds the table of the drivers of a database.
	Engine   string    `json:"engine"`
	Examples []Example `json:"examples"`
}

// A Credential is a member of a binding's credentials.
type Credential struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Sometimes says that some bindings lack it.
	Sometimes bool `json:"sometimes"`
}

// An Example is an instance, with an update and a binding where it has them.
type Example struct {
	Title  string          `json:"title"`
	Plan   string          `json:"plan"`
	Create json.RawMessage `json:"create"`
	Update json.RawMessage `json:"update"`
	Bind   json.RawMessage `json:"bind"`
}

// Examples returns what examples.yaml states, by the name of the offering.
func Examples() (map[string]Service, error) {
	var services map[string]Service
	if err := yaml.UnmarshalStrict(examplesYAML, &services); err != nil {
		return nil, fmt.Errorf("examples.yaml: %w", err)
	}
	return services, nil
}

// write writes notes, credentials and examples.
func (s Service) write(page *bytes.Buffer, o *catalog.Offering) error {
	if s.Notes != "" {
		fmt.Fprint(page, "\n", s.Notes)
	}
	if len(s.Credentials) > 0 {
		fmt.Fprint(page, "\n### Credentials\n\n| name | |\n|---|---|\n")
		for _, c := range s.Credentials {
			fmt.Fprintf(page, "| `%s` | %s |\n", c.Name, c.Description)
		}
	}
	if s.Engine != "" {
		if err := writeDrivers(page, s.Engine); err != nil {
			return err
		}
	}
	if len(s.Examples) > 0 {
		fmt.Fprint(page, "\n### Examples\n")
	}
	for _, e := range s.Examples {
		fmt.Fprintf(page, "\n#### %s\n\nPlan `%s`.", e.Title, e.Plan)
		for _, sent := range []struct {
			what       string
			parameters json.RawMessage
		}{{"Parameters of the instance", e.Create}, {"An update", e.Update}, {"Parameters of a binding", e.Bind}} {
			if len(sent.parameters) == 0 {
				continue
			}
			var text bytes.Buffer
			if err := json.Indent(&text, sent.parameters, "", "  "); err != nil {
				return fmt.Errorf("example %q of %s: %w", e.Title, o.Name, err)
			}
			fmt.Fprintf(page, "\n\n%s:\n\n```json\n%s\n```", sent.what, text.String())
		}
		fmt.Fprintln(page)
	}
	return nil
}
