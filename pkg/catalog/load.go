package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Load reads the documents of all sources. Reading is strict: unknown and
// repeated members are refused, and every offering and plan is validated. The
// error lists every problem with its place.
func Load(sources ...Source) (*Catalog, error) {
	var all []*Offering
	v := newValidator()
	for _, source := range sources {
		documents, err := source.Documents()
		if err != nil {
			v.problems = append(v.problems, err)
			continue
		}
		for _, document := range documents {
			all = append(all, v.document(document)...)
		}
	}
	if err := errors.Join(v.problems...); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return newCatalog(all, shippedBy(all)), nil
}

// document decodes and validates the offerings of one document.
func (v *validator) document(d Document) []*Offering {
	raws, err := decodeDocument(d.Content)
	if err != nil {
		v.failf(d.Name, "%w", err)
		return nil
	}
	var offerings []*Offering
	for i, raw := range raws {
		if o := v.offering(fmt.Sprintf("%s: offerings[%d]", d.Name, i), raw); o != nil {
			offerings = append(offerings, o)
		}
	}
	return offerings
}

// newCatalog sorts and indexes validated offerings.
func newCatalog(offerings []*Offering, shipped map[string]shippedSchemas) *Catalog {
	c := &Catalog{offerings: offerings, byID: map[string]*Offering{}, shipped: shipped}
	slices.SortFunc(c.offerings, func(a, b *Offering) int { return strings.Compare(a.Name, b.Name) })
	for _, o := range c.offerings {
		c.byID[o.ID] = o
	}
	return c
}

// decodeDocument reads the offerings of a YAML document. The member "definitions" is a
// place for anchors alone.
func decodeDocument(document []byte) ([]json.RawMessage, error) {
	asJSON, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, err
	}
	var content struct {
		Definitions json.RawMessage   `json:"definitions"`
		Offerings   []json.RawMessage `json:"offerings"`
	}
	if err := decodeStrict(asJSON, &content); err != nil {
		return nil, err
	}
	if len(content.Offerings) == 0 {
		return nil, errors.New("there are no offerings")
	}
	return content.Offerings, nil
}

// offering decodes and validates one offering with its plans. It returns nil for
// an offering that cannot be decoded, after noting the problem.
func (v *validator) offering(place string, raw json.RawMessage) *Offering {
	o := &Offering{}
	shape := struct {
		*Offering
		Bindable *bool             `json:"bindable"`
		Plans    []json.RawMessage `json:"plans"`
	}{Offering: o}
	if err := decodeStrict(raw, &shape); err != nil {
		v.failf(place, "%w", err)
		return nil
	}
	if o.Name != "" {
		place = fmt.Sprintf("offering %q", o.Name)
	}
	if shape.Bindable == nil {
		v.failf(place, "bindable is missing: write true or false")
	} else {
		o.Bindable = *shape.Bindable
	}
	v.checkOffering(place, o)
	if len(shape.Plans) == 0 {
		v.failf(place, "there are no plans")
	}
	for i, raw := range shape.Plans {
		if p := v.plan(fmt.Sprintf("%s: plans[%d]", place, i), place, raw); p != nil {
			o.Plans = append(o.Plans, p)
		}
	}
	v.checkPlanNames(place, o.Plans)
	return o
}

func (v *validator) plan(place, offeringPlace string, raw json.RawMessage) *Plan {
	p := &Plan{}
	shape := struct {
		*Plan
		Free *bool `json:"free"`
	}{Plan: p}
	if err := decodeStrict(raw, &shape); err != nil {
		v.failf(place, "%w", err)
		return nil
	}
	if p.Name != "" {
		place = fmt.Sprintf("%s: plan %q", offeringPlace, p.Name)
	}
	if shape.Free == nil {
		v.failf(place, "free is missing: platforms differ in what that means, so write true or false")
	} else {
		p.Free = *shape.Free
	}
	v.checkPlan(place, p)
	for _, schema := range []json.RawMessage{p.Schemas.Create, p.Schemas.Bind} {
		form := formOfSchema(schema)
		p.Secret, p.Fresh = form.withOtherNames(p.Secret), form.withOtherNames(p.Fresh)
	}
	return p
}
