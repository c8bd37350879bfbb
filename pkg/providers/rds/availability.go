package rds

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// keepSold is how long answers about what is sold are remembered, so that instances
// that are ordered together ask once. A refused order forgets the answers about its zone.
const keepSold = 3 * time.Minute

// A soldKey names an answer: what a profile can buy in a region, in a zone or (empty) in
// all of them.
type soldKey struct{ scope, zone, engine, version, category, storageType string }

func (k soldKey) String() string {
	return strings.Join([]string{k.scope, k.zone, k.engine, k.version, k.category, k.storageType}, " ")
}

// A soldMemory remembers answers about what is sold. It is safe for concurrent use.
type soldMemory struct {
	zones   *alicloud.Memo[[]string]
	classes *alicloud.Memo[map[string]bounds]
}

func newSoldMemory() *soldMemory {
	return &soldMemory{alicloud.NewMemo[[]string](keepSold, nil), alicloud.NewMemo[map[string]bounds](keepSold, nil)}
}

// forget drops the answers of a key.
func (m *soldMemory) forget(k soldKey) {
	m.classes.Forget(k.String())
	k.zone = ""
	m.zones.Forget(k.String())
}

// chargeOf returns how instances of a category are paid, and the commodity codes to ask
// with, of the China site and of the international one (RDS API, DescribeAvailableZones:
// without a code the answer is about pay-as-you-go).
func chargeOf(category string) (charge string, codes []string) {
	if isServerless(category) {
		return serverlessPayType, []string{"rds_serverless_public_cn", "rds_serverless_public_intl"}
	}
	return payType, []string{""}
}

// soldZones lists the zones that sell an engine's version in a category with a storage
// type. Places of several zones in one id are left out.
func (c client) soldZones(ctx context.Context, k soldKey) ([]string, error) {
	charge, codes := chargeOf(k.category)
	var zones []string
	for _, code := range codes {
		req, resp := rds.CreateDescribeAvailableZonesRequest(), rds.CreateDescribeAvailableZonesResponse()
		req.RegionId, req.Engine, req.EngineVersion, req.Category = c.region, k.engine, k.version, k.category
		req.InstanceChargeType, req.CommodityCode = charge, code
		if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
			return nil, providers.UnlessMissing(err)
		}
		for _, zone := range resp.AvailableZones {
			if !strings.Contains(zone.ZoneId, "MAZ") && sells(zone, k) {
				zones = append(zones, zone.ZoneId)
			}
		}
		if len(zones) > 0 {
			break
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones), nil
}

// sells reports whether a zone has an engine's version in a category with a storage type.
func sells(zone rds.AvailableZone, k soldKey) bool {
	for _, engine := range zone.SupportedEngines {
		for _, version := range engine.SupportedEngineVersions {
			for _, category := range version.SupportedCategorys {
				for _, storage := range category.SupportedStorageTypes {
					// The answer calls general_essd cloud_auto.
					kind := strings.ReplaceAll(storage.StorageType, "cloud_auto", "general_essd")
					if engine.Engine == k.engine && version.Version == k.version && category.Category == k.category && kind == k.storageType {
						return true
					}
				}
			}
		}
	}
	return false
}

// soldClasses lists the classes that a zone sells, with the bounds of their storage.
func (c client) soldClasses(ctx context.Context, k soldKey) (map[string]bounds, error) {
	charge, codes := chargeOf(k.category)
	sold := map[string]bounds{}
	for _, code := range codes {
		req, resp := rds.CreateDescribeAvailableClassesRequest(), rds.CreateDescribeAvailableClassesResponse()
		req.RegionId, req.ZoneId, req.Engine, req.EngineVersion = c.region, k.zone, k.engine, k.version
		req.Category, req.DBInstanceStorageType = k.category, k.storageType
		req.InstanceChargeType, req.CommodityCode, req.OrderType = charge, code, "BUY"
		if err := c.clients.Do(ctx, alicloud.Read, req, resp); err != nil {
			if err = providers.UnlessMissing(err); err != nil {
				return nil, err
			}
			continue
		}
		for _, class := range resp.DBInstanceClasses {
			r := class.DBInstanceStorageRange
			sold[class.DBInstanceClass] = bounds{Min: float64(r.MinValue), Max: float64(r.MaxValue), Step: cmp.Or(r.Step, 1)}
		}
		if len(sold) > 0 {
			break
		}
	}
	return sold, nil
}

// A market answers what is sold for one kind of instance, from memory where it can.
type market struct {
	client

	memory *soldMemory
	key    soldKey // without a zone
}

// zones lists the zones that sell the kind. known is false where the cloud does not tell:
// the order then goes ahead without a look.
func (m market) zones(ctx context.Context) (zones []string, known bool, err error) {
	zones, err = m.memory.zones.Get(ctx, m.key.String(), func(ctx context.Context) ([]string, error) { return m.soldZones(ctx, m.key) })
	if err != nil && providers.ClassOf(err) != providers.Transient {
		return nil, false, nil
	}
	// Serverless instances are a commodity of their own, of which the broker may have
	// asked under another name than the account's site has.
	return zones, len(zones) > 0 || !isServerless(m.key.category), err
}

// classes lists the classes that a zone sells, with the bounds of their storage.
func (m market) classes(ctx context.Context, zone string) (sold map[string]bounds, known bool, err error) {
	k := m.key
	k.zone = zone
	sold, err = m.memory.classes.Get(ctx, k.String(), func(ctx context.Context) (map[string]bounds, error) { return m.soldClasses(ctx, k) })
	if err != nil && providers.ClassOf(err) != providers.Transient {
		return nil, false, nil
	}
	return sold, len(sold) > 0 || !isServerless(m.key.category), err
}

// forget drops the answers about a zone, whose order was refused.
func (m market) forget(zone string) {
	k := m.key
	k.zone = zone
	m.memory.forget(k)
}
