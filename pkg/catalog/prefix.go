package catalog

import (
	"errors"
	"fmt"
)

// WithPrefix returns the catalog with the prefix before ids of offerings and
// plans and before names of offerings, so that several brokers of this kind can
// serve one platform. A platform wants ids and names of offerings to be unique;
// names of plans need to be unique only within their offering. A broker keeps
// its prefix for ever, since platforms keep the ids.
func (c *Catalog) WithPrefix(prefix string) (*Catalog, error) {
	if prefix == "" {
		return c, nil
	}
	v := newValidator()
	if !v.nameForm.MatchString(prefix) {
		return nil, fmt.Errorf("catalog: prefix %s may have letters, digits, '.' and '-' only", quote(prefix))
	}
	prefixed := make([]*Offering, 0, len(c.offerings))
	for _, o := range c.offerings {
		copied := *o
		copied.ID, copied.Name, copied.Plans = prefix+o.ID, prefix+o.Name, nil
		for _, p := range o.Plans {
			plan := *p
			plan.ID = prefix + p.ID
			copied.Plans = append(copied.Plans, &plan)
		}
		prefixed = append(prefixed, &copied)
	}
	v.all(prefixed)
	if err := errors.Join(v.problems...); err != nil {
		return nil, fmt.Errorf("catalog with prefix %s: %w", quote(prefix), err)
	}
	return newCatalog(prefixed, c.shipped), nil
}
