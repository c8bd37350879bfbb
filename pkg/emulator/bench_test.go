package emulator_test

import (
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// BenchmarkInstance measures the cost of an instance: its creation through the
// SDK and, in B/op, its record and the garbage on both sides.
func BenchmarkInstance(b *testing.B) {
	c := rdsClient(b, emulatortest.New(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.CreateDBInstance(createRequest()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkList measures a page of 100 by tag among 10,000 instances.
func BenchmarkList(b *testing.B) {
	c := rdsClient(b, emulatortest.New(b))
	r := createRequest()
	r.Tag = &[]rds.CreateDBInstanceTag{{Key: "broker", Value: "b"}}
	for range 10_000 {
		if _, err := c.CreateDBInstance(r); err != nil {
			b.Fatal(err)
		}
	}
	list := rds.CreateDescribeDBInstancesRequest()
	list.PageSize, list.Tags = "100", `{"broker":"b"}`
	for b.Loop() {
		if _, err := c.DescribeDBInstances(list); err != nil {
			b.Fatal(err)
		}
	}
}
