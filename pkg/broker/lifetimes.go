package broker

import (
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// checkLifetimes refuses plans whose bindings are to end by themselves, but whose
// provider can only delete them. Its error is for the operator.
func checkLifetimes(offerings []*catalog.Offering, byName map[string]providers.Provider) error {
	for _, offering := range offerings {
		for _, plan := range offering.Plans {
			if !plan.BindingLifetime.End {
				continue
			}
			settings, err := plan.ResolvedSettings()
			if err != nil {
				return fmt.Errorf("plan %s of %s: %w", plan.Name, offering.Name, err)
			}
			expirer, ok := providers.As[providers.Expirer](byName[offering.Provider], providers.Binding)
			if !ok || !expirer.CanExpire(settings) {
				return fmt.Errorf("plan %s of %s: bindingLifetime has end: true, but the broker cannot end a login of its bindings without dropping it: write the time alone, as in bindingLifetime: %s", plan.Name, offering.Name, plan.BindingLifetime.After)
			}
		}
	}
	return nil
}
