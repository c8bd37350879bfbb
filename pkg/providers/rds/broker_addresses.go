package rds

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/network"
)

// brokerAddresses returns the addresses from which the broker reaches a server, with
// commas: the operator's, else the one of the broker's machine and the one that its
// process connects from (a pod may have its own), else the CIDRs of the VPC.
func (r reach) brokerAddresses(ctx context.Context, at dbaccount.Address, vpcID string) (string, error) {
	addresses := r.profile.Network.BrokerAddresses
	if len(addresses) == 0 && r.machine != nil {
		address, err := r.machine.PrivateAddress(ctx)
		if err != nil && !errors.Is(err, providers.ErrNotFound) {
			return "", err
		}
		if err == nil {
			addresses = []string{address}
			if own := ownAddress(ctx, at); own != "" && own != address {
				addresses = append(addresses, own)
			}
		}
	}
	return network.Whitelist(ctx, r.vpc(), addresses, "", vpcID)
}

// ownAddress returns the address that this process connects from; empty: unknown. It
// sends nothing.
func ownAddress(ctx context.Context, at dbaccount.Address) string {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp4", net.JoinHostPort(at.Host, at.Port))
	if err != nil {
		return ""
	}
	defer conn.Close()
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok || local.IP.IsUnspecified() {
		return ""
	}
	return local.IP.String()
}

// sameEntries reports whether two lists with commas have the same entries.
func sameEntries(a, b string) bool {
	sorted := func(list string) []string { return slices.Sorted(strings.SplitSeq(list, ",")) }
	return slices.Equal(sorted(a), sorted(b))
}

// whitelistGroups returns the entries of the groups of the whitelist by name (RDS API,
// DescribeDBInstanceIPArrayList).
func (c client) whitelistGroups(ctx context.Context, id string) (map[string]string, error) {
	req, resp := rds.CreateDescribeDBInstanceIPArrayListRequest(), rds.CreateDescribeDBInstanceIPArrayListResponse()
	req.RegionId, req.DBInstanceId = c.region, id
	if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
		return nil, err
	}
	groups := map[string]string{}
	for _, g := range resp.Items.DBInstanceIPArray {
		groups[g.DBInstanceIPArrayName] = g.SecurityIPList
	}
	return groups, nil
}
