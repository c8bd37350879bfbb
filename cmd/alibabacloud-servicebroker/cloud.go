package main

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"

// metadata returns the reader of the metadata service of this machine.
func (c *config) metadata() *alicloud.Metadata {
	m := alicloud.NewMetadata(c.endpoints["metadata"])
	if c.withoutIMDSv1 {
		return m.RequireToken()
	}
	return m
}
