package oss

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// keepRegions is the time for which the list of regions is remembered.
const keepRegions = time.Minute

// factRegion says that the broker could not check the region of a bucket, among the
// facts of its instance, for operators.
const (
	factRegion         = "region_check"
	regionIsNotChecked = "not checked: the broker's policy lacks oss:DescribeRegions"
)

// missingRegion returns a sentence for the user if the region that the user chose
// for the bucket does not exist: its host resolves nowhere, so that every call
// would be retried until the deadline. The broker's own region, and the region of
// a bucket that was seen, exist. Where a policy of the operator lacks
// oss:DescribeRegions, the region counts as existing, and the facts say so.
func (i instances) missingRegion(ctx context.Context, t providers.Task, plan instancePlan) (missing string, facts providers.Facts, err error) {
	if plan.Region == t.Region || t.Facts.Open[factBucket] != "" {
		return "", facts, nil
	}
	home := i.service.clientIn(i.service.cloud, t.Region)
	regions, err := i.service.regions.Get(ctx, t.Profile+" "+t.Region, func(ctx context.Context) ([]string, error) { return home.regions(ctx, i.service.hosts) })
	switch {
	case errors.Is(err, providers.ErrDenied):
		return "", providers.Facts{Open: map[string]string{factRegion: regionIsNotChecked}}, nil
	case err != nil:
		return "", facts, sentences().Of(fmt.Errorf("oss: list the regions: %w", err))
	case len(regions) == 0 || slices.Contains(regions, plan.Region):
		return "", facts, nil
	}
	return "OSS has no region " + plan.Region + ". Choose one of " + strings.Join(regions, ", ") + ", or leave Region out.", facts, nil
}

// regions lists the regions of OSS, sorted (OSS API, DescribeRegions). OSS names regions
// of its own, which are other than the region's id where hosts are irregular: the public
// host tells the id.
func (c client) regions(ctx context.Context, hosts hostTable) (regions []string, err error) {
	err = c.call(ctx, "DescribeRegions", alicloud.Read, func(client *oss.Client) error {
		r, err := client.DescribeRegions(ctx, &oss.DescribeRegionsRequest{})
		if err != nil || r.RegionInfoList == nil {
			return err
		}
		for _, info := range r.RegionInfoList.RegionInfos {
			id := hosts.regionAt(oss.ToString(info.InternetEndpoint))
			regions = append(regions, cmp.Or(id, strings.TrimPrefix(oss.ToString(info.Region), "oss-")))
		}
		return nil
	})
	slices.Sort(regions)
	return regions, err
}
