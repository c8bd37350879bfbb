// Package all lists the services of this broker. It is a package of its own
// since it imports every provider: only cmd and tests import it.
package all

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// Services returns the descriptors. A new service adds its line here.
func Services() descriptor.List {
	return descriptor.List{
		rds.Descriptor(),
		oss.Descriptor(),
	}
}
