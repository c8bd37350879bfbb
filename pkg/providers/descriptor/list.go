package descriptor

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A List holds the services of a broker.
type List []Descriptor

// Sources returns the parts of the catalog.
func (l List) Sources() []catalog.Source {
	sources := make([]catalog.Source, len(l))
	for i, d := range l {
		sources[i] = d.Catalog
	}
	return sources
}

// Products returns the products that the services call, each once.
func (l List) Products() []alicloud.Product {
	byName := map[string]alicloud.Product{}
	for _, d := range l {
		for _, p := range d.Products {
			byName[p.Name] = p
		}
	}
	var products []alicloud.Product
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		products = append(products, byName[name])
	}
	return products
}

// Endpoints returns the names that --endpoint takes: the products, STS, and
// the metadata service.
func (l List) Endpoints() []string {
	names := []string{MetadataEndpoint}
	for name := range alicloud.EndpointsAt(&url.URL{}, l.Products()...) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// CheckSettings returns the first error of the settings of a plan.
func (l List) CheckSettings(offerings []*catalog.Offering) error {
	checks := map[string]func(json.RawMessage) error{}
	for _, one := range l {
		checks[one.Name] = one.CheckSettings
	}
	for _, offering := range offerings {
		check := checks[offering.Provider]
		if check == nil {
			continue
		}
		for _, plan := range offering.Plans {
			settings, err := plan.ResolvedSettings()
			if err == nil {
				err = check(settings)
			}
			if err != nil {
				return fmt.Errorf("plan %s of %s: %w", plan.Name, offering.Name, err)
			}
		}
	}
	return nil
}

// MetadataEndpoint names the metadata service among the endpoints.
const MetadataEndpoint = "metadata"

// Providers makes the providers by name.
func (l List) Providers(d Deps) (map[string]providers.Provider, error) {
	if err := d.Profiles.check(); err != nil {
		return nil, err
	}
	made := map[string]providers.Provider{}
	for _, one := range l {
		p, err := one.New(d)
		if err != nil {
			return nil, fmt.Errorf("provider %s: %w", one.Name, err)
		}
		made[one.Name] = p
	}
	return made, nil
}

// Owner returns the function that names the owner of a task's resources, by the
// provider of the task.
func (l List) Owner(d Deps) func(ctx context.Context, provider string, t providers.Task) (string, error) {
	owners := map[string]Owner{}
	for _, one := range l {
		owners[one.Name] = one.Owner(d)
	}
	return func(ctx context.Context, provider string, t providers.Task) (string, error) {
		owner, ok := owners[provider]
		if !ok {
			return "", fmt.Errorf("no service %q in this broker", provider)
		}
		return owner(ctx, t)
	}
}

// Resources returns the fact that is a resource's id, by name of the provider.
func (l List) Resources() map[string]string {
	facts := map[string]string{}
	for _, one := range l {
		facts[one.Name] = one.Resource
	}
	return facts
}
