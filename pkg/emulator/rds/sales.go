package rds

import (
	"fmt"
	"net/http"
	"slices"

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
	body := struct{ DBInstanceClasses []classBody }{[]classBody{}}
	for _, c := range classes {
		if c.sells(r.Get("Engine"), r.Get("EngineVersion")) && c.category == r.Get("Category") && slices.Contains(c.storageTypes(), r.Get("DBInstanceStorageType")) {
			body.DBInstanceClasses = append(body.DBInstanceClasses, classBody{
				c.name, fmt.Sprintf("[%d,%d,%d]", minStorage, c.maxStorage, storageStep), storageRange{minStorage, c.maxStorage, storageStep},
			})
		}
	}
	return body, nil
}

// describeAvailableZones is DescribeAvailableZones of the RDS API: every zone
// sells all there is.
func (s *Service) describeAvailableZones(r *rpc.Request) (any, *rpc.Error) {
	type storageType struct{ StorageType string }
	type category struct {
		Category              string
		SupportedStorageTypes []storageType
	}
	type version struct {
		Version            string
		SupportedCategorys []category // sic
	}
	type engine struct {
		Engine                  string
		SupportedEngineVersions []version
	}
	type zone struct {
		ZoneId, RegionId, NetworkTypes string
		SupportedEngines               []engine
	}
	name, fail := r.Require("Engine")
	if fail != nil {
		return nil, fail
	}
	versions, ok := engines[name]
	if !ok {
		return nil, bad("InvalidEngine.Malformed", "The engine is not known.")
	}
	region, ok := s.network.Region(r.Region)
	if !ok {
		return nil, rpc.Errorf(http.StatusNotFound, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
	}
	sold := engine{Engine: name, SupportedEngineVersions: []version{}}
	for _, v := range versions {
		if want := r.Get("EngineVersion"); want != "" && want != v {
			continue
		}
		byCategory := map[string][]string{}
		for _, c := range classes {
			if !c.sells(name, v) {
				continue
			}
			for _, t := range c.storageTypes() {
				if !slices.Contains(byCategory[c.category], t) {
					byCategory[c.category] = append(byCategory[c.category], t)
				}
			}
		}
		item := version{Version: v}
		for _, name := range []string{"Basic", "HighAvailability"} {
			if want := r.Get("Category"); want != "" && want != name || len(byCategory[name]) == 0 {
				continue
			}
			cat := category{Category: name}
			for _, t := range byCategory[name] {
				cat.SupportedStorageTypes = append(cat.SupportedStorageTypes, storageType{t})
			}
			item.SupportedCategorys = append(item.SupportedCategorys, cat)
		}
		if len(item.SupportedCategorys) > 0 {
			sold.SupportedEngineVersions = append(sold.SupportedEngineVersions, item)
		}
	}
	body := struct{ AvailableZones []zone }{[]zone{}}
	for _, id := range region.Zones {
		if want := r.Get("ZoneId"); want == "" || want == id {
			body.AvailableZones = append(body.AvailableZones, zone{id, region.ID, "VPC", []engine{sold}})
		}
	}
	return body, nil
}

// describeRegions is DescribeRegions of the RDS API: a line for each zone.
func (s *Service) describeRegions(*rpc.Request) (any, *rpc.Error) {
	type region struct{ RegionId, RegionEndpoint, LocalName, ZoneId, ZoneName string }
	var body struct{ Regions struct{ RDSRegion []region } }
	for _, reg := range s.network.Regions() {
		for _, zone := range reg.Zones {
			body.Regions.RDSRegion = append(body.Regions.RDSRegion, region{reg.ID, "rds." + reg.ID + ".aliyuncs.com", reg.ID, zone, zone})
		}
	}
	return body, nil
}
