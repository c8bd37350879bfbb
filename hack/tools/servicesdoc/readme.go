package servicesdoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// The table of the README stands between these lines.
const (
	begin = "<!-- services: written by the test of docs/services -->\n"
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
