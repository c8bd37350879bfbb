package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// Limits of the catalog. Kubernetes service catalogs refuse longer ids and
// names; CAT-05 recommends 255 for descriptions; Cloud Controller takes 2048
// characters of tags in all; platforms stop polling after 7 days.
const (
	maxName        = 63
	maxDescription = 255
	maxTags        = 2048
	maxDeadline    = 7 * 24 * time.Hour
)

// A validator collects the problems of all documents.
type validator struct {
	problems []error
	ids      map[string]string // id of an offering or plan → its place
	names    map[string]bool   // of offerings
	nameForm *regexp.Regexp
	version  *regexp.Regexp

	profileForm *regexp.Regexp
}

func newValidator() *validator {
	return &validator{
		ids:         map[string]string{},
		names:       map[string]bool{},
		nameForm:    regexp.MustCompile(`^[A-Za-z0-9.-]+$`), // CAT-10, as OSB 2.14 has it
		profileForm: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
		version:     regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`),
	}
}

func (v *validator) failf(place, format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf("%s: %w", place, fmt.Errorf(format, args...)))
}

// identity checks the members that offerings and plans share (CAT-10 to CAT-12,
// CAT-30 to CAT-32).
func (v *validator) identity(place, id, name, description string, metadata json.RawMessage) {
	switch {
	case id == "":
		v.failf(place, "id is empty")
	case utf8.RuneCountInString(id) > maxName:
		v.failf(place, "id is longer than %d characters", maxName)
	case v.ids[id] != "":
		v.failf(place, "id %q is also the id of %s", id, v.ids[id])
	default:
		v.ids[id] = place
	}
	switch {
	case name == "":
		v.failf(place, "name is empty")
	case len(name) > maxName:
		v.failf(place, "name is longer than %d characters", maxName)
	case !v.nameForm.MatchString(name):
		v.failf(place, "name may have letters, digits, '.' and '-' only")
	}
	switch {
	case description == "":
		v.failf(place, "description is empty")
	case utf8.RuneCountInString(description) > maxDescription:
		v.failf(place, "description is longer than %d characters", maxDescription)
	}
	v.metadata(place, metadata)
}

// metadata checks the members that platforms agree on (CAT-19, CAT-33): one
// platform crashes on a documentationUrl of another type than string.
func (v *validator) metadata(place string, metadata json.RawMessage) {
	if len(metadata) == 0 {
		return
	}
	if metadata[0] != '{' {
		v.failf(place, "metadata must be an object")
		return
	}
	var members struct {
		DisplayName         *string   `json:"displayName"`
		ImageURL            *string   `json:"imageUrl"`
		LongDescription     *string   `json:"longDescription"`
		ProviderDisplayName *string   `json:"providerDisplayName"`
		DocumentationURL    *string   `json:"documentationUrl"`
		SupportURL          *string   `json:"supportUrl"`
		Shareable           *bool     `json:"shareable"`
		Bullets             *[]string `json:"bullets"`
		Costs               *[]struct {
			Amount map[string]json.Number `json:"amount"`
			Unit   string                 `json:"unit"`
		} `json:"costs"`
	}
	if err := json.Unmarshal(metadata, &members); err != nil {
		v.failf(place, "metadata is not as platforms read it: %w", err)
	}
}

// all validates decoded offerings.
func (v *validator) all(offerings []*Offering) {
	for _, o := range offerings {
		place := fmt.Sprintf("offering %q", o.Name)
		v.checkOffering(place, o)
		for _, p := range o.Plans {
			v.checkPlan(fmt.Sprintf("%s: plan %q", place, p.Name), p)
		}
		v.checkPlanNames(place, o.Plans)
	}
}

func (v *validator) checkPlanNames(place string, plans []*Plan) {
	names := map[string]bool{}
	for _, p := range plans {
		if names[p.Name] {
			v.failf(place, "two plans have the name %q", p.Name)
		}
		names[p.Name] = true
	}
}

func (v *validator) checkOffering(place string, o *Offering) {
	v.identity(place, o.ID, o.Name, o.Description, o.Metadata)
	if o.Name != "" && v.names[o.Name] {
		v.failf(place, "another offering has this name")
	}
	v.names[o.Name] = true
	if o.Provider == "" {
		v.failf(place, "provider is empty")
	}
	total := 0
	for _, tag := range o.Tags {
		total += utf8.RuneCountInString(tag)
	}
	if total > maxTags {
		v.failf(place, "tags have more than %d characters in all", maxTags)
	}
}

func (v *validator) checkDeadlines(place string, p *Plan) {
	check := func(name string, d Duration) {
		if d <= 0 || time.Duration(d) >= maxDeadline {
			v.failf(place, "%s is %v: it must be positive and below %v", name, d, Duration(maxDeadline))
		}
	}
	check("deadline", p.Deadline)
	operations := []string{"provision", "update", "bind"} // deletes go on
	for _, name := range slices.Sorted(maps.Keys(p.Deadlines)) {
		if !slices.Contains(operations, name) {
			v.failf(place, "deadlines has %q, which is none of %v", name, operations)
		}
		check("deadline of "+name, p.Deadlines[name])
	}
}

// checkDefaults refuses a value that stands twice: as a setting, and as the
// default of the parameter of this setting.
func (v *validator) checkDefaults(place string, p *Plan) {
	var settings map[string]json.RawMessage
	if json.Unmarshal(orNull(p.Settings), &settings) != nil {
		return
	}
	for _, setting := range slices.Sorted(maps.Keys(p.defaults())) {
		if _, ok := settings[setting]; ok {
			v.failf(place, "settings has %q, whose value is the default of a parameter in schemas.create: state it there alone", setting)
		}
	}
}

func (v *validator) checkPlan(place string, p *Plan) {
	v.identity(place, p.ID, p.Name, p.Description, p.Metadata)
	if !slices.Contains([]string{"delete", "refuse", "empty", "retain"}, p.Deletion) {
		v.failf(place, "deletion is %q: write delete, refuse, empty or retain", p.Deletion)
	}
	if !slices.Contains([]string{"", lockAccount, deleteAccount}, p.Unbind) {
		v.failf(place, "unbind is %q: write lock or delete", p.Unbind)
	}
	if n := utf8.RuneCountInString(p.ShownDescription()); p.ShownDescription() != p.Description && n > maxDescription {
		v.failf(place, "description is too long by %d characters for the sentence about unbind: delete that follows it", n-maxDescription)
	}
	if p.Profile != "" && !v.profileForm.MatchString(p.Profile) {
		v.failf(place, "profile is %q: write the name of a profile in the file of --profile-file, which has lower-case letters, digits and \"-\", or %s", p.Profile, DefaultProfile)
	}
	operations := []string{"provision", "update", "deprovision", "bind", "unbind"}
	for _, slow := range p.Slow {
		if !slices.Contains(operations, slow) {
			v.failf(place, "slow has %q, which is none of %v", slow, operations)
		}
	}
	v.checkDeadlines(place, p)
	if len(p.Settings) > 0 && p.Settings[0] != '{' {
		v.failf(place, "settings must be an object")
	}
	known, err := p.Schemas.validate()
	if err != nil {
		v.failf(place, "%w", err)
		return
	}
	v.checkDefaults(place, p)
	for list, names := range map[string][]string{"secret": p.Secret, "fresh": p.Fresh} {
		for _, name := range names {
			if !slices.Contains(known, name) {
				v.failf(place, "%s names %q, which no schema of the plan has", list, name)
			}
		}
	}
	if p.BindingLifetime.After < 0 {
		v.failf(place, "bindingLifetime is %v: it must be positive", p.BindingLifetime.After)
	}
	if p.BindingLifetime.End && p.BindingLifetime.After == 0 {
		v.failf(place, "bindingLifetime has end: true without a time: write {after: 720h, end: true}")
	}
	if p.Maintenance != nil && !v.version.MatchString(p.Maintenance.Version) {
		v.failf(place, "maintenance version %q is no semantic version such as 1.0.0", p.Maintenance.Version)
	}
}
