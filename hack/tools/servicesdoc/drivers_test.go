package servicesdoc_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/servicesdoc"
)

func TestDriver_Address_IsMadeOfTheCredentials(t *testing.T) {
	credentials := map[string]string{"uri": "mysql://u:p@h:1/d", "username": "u", "password": "{host}", "host": "h", "port": "1", "database": "d"}
	for want, d := range map[string]servicesdoc.Driver{
		"mysql://u:p@h:1/d":         {Member: "uri"},
		"mysql+pymysql://u:p@h:1/d": {Member: "uri", Scheme: "mysql+pymysql"},
		"u:{host}@tcp(h:1)/d":       {Text: "{username}:{password}@tcp({host}:{port})/{database}"},
	} {
		if got, err := d.Address(credentials); err != nil || got != want {
			t.Errorf("%+v: %q, %v; want %q", d, got, err, want)
		}
	}
	if got, err := (servicesdoc.Driver{Name: "d", Member: "jdbcUrl"}).Address(credentials); err == nil {
		t.Errorf("without its member: %q", got)
	}
}

// Each driver has one way to be given credentials, and each engine has drivers.
func TestDrivers_OfTheRepository_AreWhole(t *testing.T) {
	all, err := servicesdoc.ReadDrivers()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, d := range all.Drivers {
		if d.Name == "" || d.Client == "" || d.Driver == "" || len(d.Engines) == 0 || len(ways(d)) != 1 || (d.Text == "") == (d.Member == "") {
			t.Errorf("%+v lacks a member, or has one too many", d)
		}
		for _, engine := range d.Engines {
			if key := engine + d.Name; names[key] {
				t.Errorf("%s is there twice for %s", d.Name, engine)
			} else {
				names[key] = true
			}
		}
	}
	for engine := range all.Engines {
		if !slices.ContainsFunc(all.Drivers, func(d servicesdoc.Driver) bool { return slices.Contains(d.Engines, engine) }) {
			t.Errorf("%s has no driver", engine)
		}
	}
	for _, language := range []string{"go", "node", "python", "java"} {
		if !slices.ContainsFunc(all.Drivers, func(d servicesdoc.Driver) bool { return strings.HasPrefix(d.Client, language) }) {
			t.Errorf("%s has no driver", language)
		}
	}
}

// ways returns how a driver verifies a server.
func ways(d servicesdoc.Driver) (ways []string) {
	for _, way := range []string{d.Query, d.Options, d.By} {
		if way != "" {
			ways = append(ways, way)
		}
	}
	if d.Itself {
		ways = append(ways, "itself")
	}
	return ways
}

func TestDriver_Verified_ReplacesTheModeOfTheAddress(t *testing.T) {
	d := servicesdoc.Driver{Query: "sslmode=verify-full&sslrootcert=FILE"}
	for address, want := range map[string]string{
		"postgresql://h/d?sslmode=require":        "postgresql://h/d?sslmode=verify-full&sslrootcert=/ca",
		"mysql://h/d":                             "mysql://h/d?sslmode=verify-full&sslrootcert=/ca",
		"jdbc:mysql://h/d?a=b&sslMode=REQUIRED&p": "jdbc:mysql://h/d?a=b&p&sslmode=verify-full&sslrootcert=/ca",
	} {
		if got := d.Verified(address, "/ca"); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
