package broker

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// dashboardOf returns the address of the page that shows an instance's resource, nil
// for none (PROV-14, FI-03, UPD-18). It is made from the record at each answer, so that
// records of before have one too, and the operator's choice counts at once. An answer
// is whole without it: a record that no key opens has none.
func (b *BusinessLogic) dashboardOf(r *store.Record) *string {
	dashboards, ok := providers.As[providers.Dashboarder](b.config.Providers[r.Provider], providers.Instance)
	if !ok {
		return nil
	}
	t, err := lifecycle.TaskOf(b.config.BrokerID, r, nil)
	if err != nil {
		return nil
	}
	if address := dashboards.DashboardURL(t); address != "" {
		return &address
	}
	return nil
}
