package catalog

import "slices"

// DefaultProfile is the word in plans for the profile that the broker's flags make;
// records have an empty name for it.
const DefaultProfile = "default"

// ProfileName returns the profile of new instances as records name it.
func (p *Plan) ProfileName() string {
	if p.Profile == DefaultProfile {
		return ""
	}
	return p.Profile
}

// A HiddenPlan is a plan whose profile is missing.
type HiddenPlan struct{ Offering, Plan, Profile string } // names

// WithProfiles returns the catalog without the plans whose profile is missing, and
// these plans. An offering without plans goes too. Their ids stay taken, and instances
// are served from their records.
func (c *Catalog) WithProfiles(exists func(name string) bool) (*Catalog, []HiddenPlan) {
	var hidden []HiddenPlan
	var kept []*Offering
	for _, o := range c.offerings {
		on := *o
		on.Plans = slices.DeleteFunc(slices.Clone(o.Plans), func(p *Plan) bool {
			missing := !exists(p.ProfileName())
			if missing {
				hidden = append(hidden, HiddenPlan{o.Name, p.Name, p.Profile})
			}
			return missing
		})
		if len(on.Plans) > 0 || len(o.Plans) == 0 {
			kept = append(kept, &on)
		}
	}
	if len(hidden) == 0 {
		return c, nil
	}
	return newCatalog(kept, c.shipped), hidden
}
