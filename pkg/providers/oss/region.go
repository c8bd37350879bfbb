package oss

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// missingRegion returns a sentence for the user if the region that the user chose
// for the bucket does not exist: its host resolves nowhere, so that every call
// would be retried until the deadline. The broker's own region, and the region of
// a bucket that was seen, exist. Where a policy of the operator lacks
// oss:DescribeRegions, or the list is empty, the region counts as existing, and
// the log says that it was not checked.
func (i instances) missingRegion(ctx context.Context, t providers.Task, plan instancePlan) (string, error) {
	if plan.Region == t.Region || t.Facts.Open[factBucket] != "" {
		return "", nil
	}
	home := client{cloud: i.service.cloud, region: t.Region, endpoint: i.service.endpoints(t.Region).public}
	regions, err := home.regions(ctx)
	switch {
	case err == nil && len(regions) == 0, errors.Is(err, providers.ErrDenied):
		glog.Warningf("region is not checked: allow oss:DescribeRegions instance=%q region=%q err=%q", t.InstanceID, plan.Region, fmt.Sprint(err))
		return "", nil
	case err != nil:
		return "", sentences().Of(fmt.Errorf("oss: list the regions: %w", err))
	case slices.Contains(regions, plan.Region):
		return "", nil
	}
	return "OSS has no region " + plan.Region + ". Choose one of " + strings.Join(regions, ", ") + ", or leave Region out.", nil
}

// regions lists the regions of OSS, sorted (OSS API, DescribeRegions).
func (c client) regions(ctx context.Context) (regions []string, err error) {
	err = c.call(ctx, "DescribeRegions", alicloud.Read, func(client *oss.Client) error {
		r, err := client.DescribeRegions(ctx, &oss.DescribeRegionsRequest{})
		if err != nil || r.RegionInfoList == nil {
			return err
		}
		for _, info := range r.RegionInfoList.RegionInfos {
			regions = append(regions, strings.TrimPrefix(oss.ToString(info.Region), "oss-"))
		}
		return nil
	})
	slices.Sort(regions)
	return regions, err
}
