package servicesdoc

import (
	"bytes"
	_ "embed" // drivers.yaml
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed drivers.yaml
var driversYAML []byte

// Drivers are the clients of databases, and the instances that they are tried on.
type Drivers struct {
	Engines map[string]Engine `json:"engines"` // by the engine's name in credentials
	Drivers []Driver          `json:"drivers"`
}

// An Engine is the instance that drivers are tried on.
type Engine struct {
	Offering   string          `json:"offering"`
	Plan       string          `json:"plan"`
	Parameters json.RawMessage `json:"parameters"`
}

// A Driver is one client of databases, and how it takes credentials.
type Driver struct {
	Name    string   `json:"name"`
	Client  string   `json:"client"` // of test/sdks/clients.yaml
	Driver  string   `json:"driver"` // its name in that client
	Engines []string `json:"engines"`
	Member  string   `json:"member"`
	Scheme  string   `json:"scheme"`
	Text    string   `json:"text"`
	From    string   `json:"from"`
	Signs   bool     `json:"signs"`
	Verify  string   `json:"verify"`
}

// ReadDrivers returns what drivers.yaml states.
func ReadDrivers() (Drivers, error) {
	var d Drivers
	if err := yaml.UnmarshalStrict(driversYAML, &d); err != nil {
		return d, fmt.Errorf("drivers.yaml: %w", err)
	}
	return d, nil
}

// Address returns what the driver connects to, made of the credentials of a binding.
func (d Driver) Address(credentials map[string]string) (string, error) {
	if d.Text == "" {
		address := credentials[d.Member]
		if _, rest, found := strings.Cut(address, "://"); found && d.Scheme != "" {
			address = d.Scheme + "://" + rest
		}
		if address == "" && d.From == "" {
			return "", fmt.Errorf("%s: the credentials lack %s", d.Name, d.Member)
		}
		return address, nil
	}
	pairs := make([]string, 0, 2*len(credentials))
	for name, value := range credentials {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(d.Text), nil
}

// writeDrivers writes the table of the drivers of an engine.
func writeDrivers(page *bytes.Buffer, engine string) error {
	all, err := ReadDrivers()
	if err != nil {
		return err
	}
	fmt.Fprintf(page, `
### Drivers

What to give each driver. %s connects each of them with what stands here, inserts, selects, and sees it refused after the unbind;
the lock files of [test/sdks](../../test/sdks) have the versions. Drawn passwords have letters and digits alone. A password of your choice may have signs, which
addresses carry as %%XX: a driver without "signs" takes them as they stand, and is refused.

| driver | takes | signs | to verify the server |
|---|---|---|---|
`, "`make sdk-checks`")
	for _, d := range all.Drivers {
		if slices.Contains(d.Engines, engine) {
			signs := "no"
			if d.Signs {
				signs = "yes"
			}
			fmt.Fprintf(page, "| %s | %s | %s | %s |\n", d.Name, d.takes(), signs, d.Verify)
		}
	}
	fmt.Fprint(page, `
Every member is text, `+"`port`"+` too: PyMySQL, mysqlclient and mariadb for Python want a number when it is given apart
(`+"`int(port)`"+`). FILE is a file with the text of `+"`ca`"+`, which a mounted Secret has under that name.
`)
	return nil
}

// takes returns the member or text that the driver takes.
func (d Driver) takes() string {
	text := "`" + d.Member + "`"
	switch {
	case d.Text != "":
		text = "`" + d.Text + "`"
	case d.Scheme != "":
		text += " with `" + d.Scheme + "://`"
	}
	switch d.From {
	case "":
		return text
	case "VCAP_SERVICES":
		return text + ", which it finds in `VCAP_SERVICES`"
	}
	return text + ", which it reads from the files of a Secret (`" + d.From + "`)"
}
