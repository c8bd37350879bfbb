package rds

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// describeAvailableClasses is DescribeAvailableClasses of the RDS API.
func (s *Service) describeAvailableClasses(r *rpc.Request) (any, *rpc.Error) {
	type storageRange struct{ MinValue, MaxValue, Step int }
	type classBody struct {
		DBInstanceClass, StorageRange string
		DBInstanceStorageRange        storageRange
	}
	for _, name := range []string{"Engine", "EngineVersion", "ZoneId", "InstanceChargeType", "DBInstanceStorageType", "Category"} {
		if _, fail := r.Require(name); fail != nil {
			return nil, fail
		}
	}
	region, ok := s.network.Region(r.Region)
	if !ok {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
	}
	if !slices.Contains(region.Zones, r.Get("ZoneId")) {
		return nil, bad("InvalidZone.NotSupported", "The zone does not exist in the region.")
	}
	kind := r.Get("DBInstanceStorageType")
	if kind == autoESSD {
		kind = generalESSD
	}
	offered, fail := offers(r)
	if fail != nil {
		return nil, fail
	}
	body := struct{ DBInstanceClasses []classBody }{[]classBody{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.catalog.classes {
		if offered(c.Category) && c.sells(r.Get("Engine"), r.Get("EngineVersion")) && c.Category == r.Get("Category") && slices.Contains(c.storageTypes(), kind) &&
			s.shows(r.Get("ZoneId"), r.Get("EngineVersion"), kind, c) {
			b := c.storage(kind)
			body.DBInstanceClasses = append(body.DBInstanceClasses, classBody{
				c.name, fmt.Sprintf("[%d,%d,%d]", b.Min, b.Max, storageStep), storageRange{b.Min, b.Max, storageStep},
			})
		}
	}
	if len(body.DBInstanceClasses) == 0 { // A303
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidCondition.NotFound", "No class is sold on these conditions.")
	}
	return body, nil
}

// offers returns whether instances of a category are sold by the CommodityCode and the
// InstanceChargeType of a request: serverless ones have codes of their own. The emulator has
// no read-only instances.
func offers(r *rpc.Request) (func(category string) bool, *rpc.Error) {
	code, charge := r.Get("CommodityCode"), r.Get("InstanceChargeType")
	switch code {
	case "", "bards", "rds", "bards_intl", "rds_intl", "rds_serverless_public_cn", "rds_serverless_public_intl":
	case "rords", "rords_intl", "rds_rordspre_public_cn", "rds_rordspre_public_intl":
		return func(string) bool { return false }, nil
	default:
		return nil, bad("InvalidParameter", "CommodityCode is that of another product.")
	}
	switch {
	case charge == "", strings.EqualFold(charge, postpaid), strings.EqualFold(charge, prepaid), strings.EqualFold(charge, serverlessPay):
	default:
		return nil, bad("InvalidParameter", "InstanceChargeType is Postpaid, Prepaid or Serverless.")
	}
	wanted := serverlessCode(code)
	fits := charge == "" || wanted == strings.EqualFold(charge, serverlessPay)
	return func(category string) bool { return fits && isServerless(category) == wanted }, nil
}

// The spelling of DescribeAvailableZones.
type (
	soldStorage  struct{ StorageType string }
	soldCategory struct {
		Category              string
		SupportedStorageTypes []soldStorage
	}
	soldVersion struct {
		Version            string
		SupportedCategorys []soldCategory // sic
	}
	soldEngine struct {
		Engine                  string
		SupportedEngineVersions []soldVersion
	}
)

// describeAvailableZones is DescribeAvailableZones of the RDS API: the zones that sell
// something, and what.
func (s *Service) describeAvailableZones(r *rpc.Request) (any, *rpc.Error) {
	type zone struct {
		ZoneId, RegionId, NetworkTypes string
		SupportedEngines               []soldEngine
	}
	name, fail := r.Require("Engine")
	if fail != nil {
		return nil, fail
	}
	if s.catalog.Versions[name] == nil && name != "PPAS" { // PPAS is not sold any more (A304)
		return nil, bad("InvalidEngine.Malformed", "The engine is not known.")
	}
	region, ok := s.network.Region(r.Region)
	if !ok {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
	}
	offered, fail := offers(r)
	if fail != nil {
		return nil, fail
	}
	body := struct{ AvailableZones []zone }{[]zone{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range region.Zones {
		if want := r.Get("ZoneId"); name == "PPAS" || want != "" && want != id {
			continue
		}
		sold := soldEngine{Engine: name, SupportedEngineVersions: []soldVersion{}}
		for _, v := range s.catalog.Versions[name] {
			if want := r.Get("EngineVersion"); want != "" && want != v {
				continue
			}
			if categories := s.categoriesOf(id, name, v, r.Get("Category"), offered); len(categories) > 0 {
				sold.SupportedEngineVersions = append(sold.SupportedEngineVersions, soldVersion{v, categories})
			}
		}
		if len(sold.SupportedEngineVersions) > 0 {
			body.AvailableZones = append(body.AvailableZones, zone{id, region.ID, "VPC", []soldEngine{sold}})
		}
	}
	return body, nil
}

// categoriesOf lists the categories on sale for a version in a zone, with their storage
// types; want narrows it to one. The caller holds mu.
func (s *Service) categoriesOf(zone, engine, version, want string, offered func(category string) bool) []soldCategory {
	var list []soldCategory
	for _, name := range []string{basic, ha, cluster, serverlessBasic, serverlessStandard} {
		category := soldCategory{Category: name}
		for _, c := range s.catalog.classes {
			if c.Category != name || !offered(name) || !c.sells(engine, version) {
				continue
			}
			for _, kind := range c.storageTypes() {
				if !s.shows(zone, version, kind, c) {
					continue
				}
				category.add(kind)
			}
		}
		if (want == "" || want == name) && len(category.SupportedStorageTypes) > 0 {
			list = append(list, category)
		}
	}
	return list
}

// add adds a storage type under the name that the action has for it.
func (c *soldCategory) add(kind string) {
	if kind == generalESSD {
		kind = autoESSD
	}
	if !slices.Contains(c.SupportedStorageTypes, soldStorage{kind}) {
		c.SupportedStorageTypes = append(c.SupportedStorageTypes, soldStorage{kind})
	}
}

// endpoint returns the host of a region.
func (c *catalog) endpoint(region string) string {
	switch {
	case slices.Contains(c.Central, region):
		return "rds.aliyuncs.com"
	case region == "cn-hangzhou-finance":
		return "rds-vpc." + region + ".aliyuncs.com"
	default:
		return "rds." + region + ".aliyuncs.com"
	}
}

// describeRegions is DescribeRegions of the RDS API: a line for each zone.
func (s *Service) describeRegions(*rpc.Request) (any, *rpc.Error) {
	type region struct{ RegionId, RegionEndpoint, LocalName, ZoneId, ZoneName string }
	var body struct{ Regions struct{ RDSRegion []region } }
	for _, reg := range s.network.Regions() {
		for _, zone := range reg.Zones {
			body.Regions.RDSRegion = append(body.Regions.RDSRegion, region{reg.ID, s.catalog.endpoint(reg.ID), reg.ID, zone, zone})
		}
	}
	return body, nil
}
