package oss_test

import (
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The host of a region that does not exist resolves nowhere: the create ends at
// once, with the regions that there are, and so does its clean-up.
func TestInstance_RegionDoesNotExist_FailsAtOnce(t *testing.T) {
	w := newFixture(t)
	task := w.instance(`{"Region":"mars-1"}`)
	step := w.mustEnd(task, providers.Fail)
	if step.Kind != providers.Invalid || !strings.Contains(step.Text, "mars-1") || !strings.Contains(step.Text, "us-west-1") {
		t.Errorf("the create ends with %s %q", step.Kind, step.Text)
	}
	w.remove(task)
	if calls := w.cloud.Calls("oss:GetBucketInfo"); len(calls) > 0 || !w.cloud.Empty() {
		t.Errorf("the region was called %d times", len(calls))
	}
}

// The list costs a call for a bucket in another region, until it is there.
func TestInstance_RegionOfBroker_IsNotLookedFor(t *testing.T) {
	w := newFixture(t)
	w.make(w.instance(`{"Region":"cn-hangzhou"}`))
	if calls := w.cloud.Calls("oss:DescribeRegions"); len(calls) > 0 {
		t.Errorf("the regions were listed %d times", len(calls))
	}
	task := w.instance(`{"Region":"us-west-1"}`)
	w.make(task)
	before := len(w.cloud.Calls("oss:DescribeRegions"))
	w.remove(task)
	if after := len(w.cloud.Calls("oss:DescribeRegions")); before == 0 || after != before {
		t.Errorf("the regions were listed %d times, and %d after the removal", before, after)
	}
}

// A policy of the operator from before lacks oss:DescribeRegions: the bucket is made,
// and operators see that its region was not checked.
func TestInstance_RegionsDenied_BucketIsMade(t *testing.T) {
	w := newFixture(t)
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:DescribeRegions", Status: 403, Code: "AccessDenied"})
	task := w.instance(`{"Region":"us-west-1"}`)
	w.make(task)
	if fact := task.Facts.Open["region_check"]; !strings.Contains(fact, "oss:DescribeRegions") {
		t.Errorf("the fact for operators is %q", fact)
	}
}
