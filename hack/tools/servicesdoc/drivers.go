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
	// SSL are the parameters of one more instance, with SSL. None: it is not tried.
	SSL json.RawMessage `json:"ssl"`
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
	// One of them says how the client verifies a server with SSL.
	Query   string `json:"query"`
	Options string `json:"options"`
	By      string `json:"by"`
	Itself  bool   `json:"itself"`
	// Plain: the address alone has no TLS, also where the server has it.
	Plain bool `json:"plain"`
	// AnyName: the name in the server's certificate is not compared.
	AnyName bool `json:"anyName"`
	// Strict: the server is verified always, so that addresses with SSL are refused
	// without the certificates.
	Strict bool `json:"strict"`
}

// ReadDrivers returns the content of drivers.yaml.
func ReadDrivers() (Drivers, error) {
	var d Drivers
	if err := yaml.UnmarshalStrict(driversYAML, &d); err != nil {
		return d, fmt.Errorf("drivers.yaml: %w", err)
	}
	return d, nil
}

// Address returns the address for the driver, made of the credentials of a binding.
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

// Verified returns an address with the parameters by which the driver verifies the
// server with the certificates of a file.
func (d Driver) Verified(address, file string) string {
	base, query, _ := strings.Cut(address, "?")
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(part, "="); part != "" && !strings.EqualFold(name, "sslmode") {
			kept = append(kept, part)
		}
	}
	return base + "?" + strings.Join(append(kept, strings.ReplaceAll(d.Query, "FILE", file)), "&")
}

// verifies returns what the table says of the server's certificate.
func (d Driver) verifies() string {
	way := d.way()
	switch {
	case d.Strict:
		way += "; with SSL on it connects only so, whatever `sslmode` says"
	case d.Plain:
		way += "; without it nothing is encrypted"
	}
	return way
}

func (d Driver) way() string {
	switch {
	case d.Query != "":
		return "`" + d.Query + "` in the address"
	case d.Options != "":
		return d.Options
	case d.Itself:
		return "done: where there is `ca`, it writes the URL itself, from `sslmode` and `sslrootcert`"
	}
	return "as " + d.By
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
			fmt.Fprintf(page, "| %s | %s | %s | %s |\n", d.Name, d.takes(), signs, d.verifies())
		}
	}
	fmt.Fprint(page, `
Every member is text, `+"`port`"+` too: PyMySQL, mysqlclient and mariadb for Python want a number when it is given apart
(`+"`int(port)`"+`). FILE is a file with the text of `+"`ca`"+`, which a mounted Secret has under that name; parameters in the address take the place of `+"`sslmode` or `sslMode`"+`.
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
