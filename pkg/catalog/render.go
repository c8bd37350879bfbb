package catalog

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// pollingSlack is the time that platforms poll beyond the deadline, so that they
// learn the end of an operation from the broker before their own clock ends it
// (CAT-40).
const pollingSlack = 5 * time.Minute

// Render returns the catalog as platforms read it. Two catalogs loaded from
// the same documents render alike, whatever the documents' order.
func (c *Catalog) Render() osb.Catalog {
	services := make([]osb.Service, 0, len(c.offerings))
	for _, o := range c.offerings {
		services = append(services, o.render())
	}
	return osb.Catalog{Services: services}
}

func (o *Offering) render() osb.Service {
	s := osb.Service{
		ID:                   o.ID,
		Name:                 o.Name,
		Description:          o.Description,
		Tags:                 o.Tags,
		Bindable:             o.Bindable,
		InstancesRetrievable: true,
		BindingsRetrievable:  o.Bindable,
		AllowContextUpdates:  true,
		Metadata:             o.Metadata,
	}
	for _, p := range o.Plans {
		// Platforms of OSB 2.14 and before read the offering's member alone.
		s.PlanUpdateable = s.PlanUpdateable || p.Updateable
		s.Plans = append(s.Plans, osb.Plan{
			ID:                     p.ID,
			Name:                   p.Name,
			Description:            p.ShownDescription(),
			Metadata:               p.Metadata,
			Free:                   p.Free,
			Bindable:               o.Bindable,
			BindingRotatable:       p.Rotatable,
			PlanUpdateable:         p.Updateable,
			Schemas:                p.Schemas.render(),
			MaximumPollingDuration: int((p.longest() + pollingSlack).Seconds()),
			MaintenanceInfo:        p.Maintenance.render(),
		})
	}
	return s
}

// The words of unbind. Records leave lockAccount out, as records of before do.
const (
	lockAccount   = "lock"
	deleteAccount = "delete"
)

// ShownDescription returns the description with the consequence of unbind: delete,
// under which the database drops the account that objects name as their definer.
func (p *Plan) ShownDescription() string {
	if p.Unbind != deleteAccount {
		return p.Description
	}
	return strings.TrimSuffix(p.Description, ".") + ". Unbinding deletes the account: triggers, views, routines and events that it made stop working for all."
}

func (m *Maintenance) render() *osb.MaintenanceInfo {
	if m == nil {
		return nil
	}
	return &osb.MaintenanceInfo{Version: m.Version, Description: m.Description}
}

func (s Schemas) render() *osb.Schemas {
	var rendered osb.Schemas
	if s.Create != nil || s.Update != nil {
		rendered.Instance = &osb.InstanceSchemas{Create: renderInput(s.Create), Update: renderInput(s.Update)}
	}
	if s.Bind != nil {
		rendered.Binding = &osb.BindingSchemas{Create: renderInput(s.Bind)}
	}
	if rendered == (osb.Schemas{}) {
		return nil
	}
	return &rendered
}

// renderInput returns a schema without spellings. Further names of a parameter
// become properties of their own, so that platforms that check parameters accept
// them; these lack the default, so that a form fills in one name only.
func renderInput(schema json.RawMessage) *osb.InputSchema {
	if schema == nil {
		return nil
	}
	properties := propertiesOf(schema)
	form, err := formOf(properties)
	if err != nil || len(form) == 0 {
		return &osb.InputSchema{Parameters: schema}
	}
	for name, spelling := range form {
		properties[name] = withoutMember(properties[name], spellingKeyword)
		for _, other := range spelling.Names {
			properties[other] = withoutMember(properties[name], "default")
		}
	}
	return &osb.InputSchema{Parameters: withProperties(schema, properties)}
}
