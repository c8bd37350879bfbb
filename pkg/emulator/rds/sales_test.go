package rds_test

import (
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
)

func TestDescribeAvailableClasses_EachClass_CanBeCreated(t *testing.T) {
	f := newFixture(t)
	zones := sdk.CreateDescribeAvailableZonesRequest()
	zones.Engine = "MySQL"
	sold := 0
	for _, zone := range must(f.DescribeAvailableZones(zones))(f).AvailableZones {
		if zone.ZoneId != "cn-hangzhou-h" {
			continue
		}
		for _, version := range zone.SupportedEngines[0].SupportedEngineVersions {
			for _, category := range version.SupportedCategorys {
				for _, storage := range category.SupportedStorageTypes {
					classes := sdk.CreateDescribeAvailableClassesRequest()
					classes.Engine, classes.EngineVersion, classes.ZoneId, classes.InstanceChargeType = "MySQL", version.Version, zone.ZoneId, "Postpaid"
					classes.Category, classes.DBInstanceStorageType = category.Category, storage.StorageType
					list := must(f.DescribeAvailableClasses(classes))(f).DBInstanceClasses
					if len(list) == 0 {
						t.Errorf("no class of %s %s %s", version.Version, category.Category, storage.StorageType)
						continue
					}
					r := createRequest()
					r.EngineVersion, r.Category, r.DBInstanceStorageType, r.DBInstanceClass = version.Version, category.Category, storage.StorageType, list[0].DBInstanceClass
					must(f.CreateDBInstance(r))(f)
					sold++
				}
			}
		}
	}
	if sold == 0 {
		t.Error("nothing is on sale")
	}
}

func TestDescribeAvailableClasses_BadRequest_Refused(t *testing.T) {
	f := newFixture(t)
	r := sdk.CreateDescribeAvailableClassesRequest()
	r.Engine, r.EngineVersion, r.InstanceChargeType, r.Category, r.DBInstanceStorageType = "MySQL", "5.6", "Postpaid", "HighAvailability", "local_ssd"
	_, err := f.DescribeAvailableClasses(r)
	f.wantCode(err, 400, "MissingZoneId")
	r.ZoneId = "cn-shanghai-h"
	_, err = f.DescribeAvailableClasses(r)
	f.wantCode(err, 400, "InvalidZone.NotSupported")
}

func TestDescribeRegions_Zones_Listed(t *testing.T) {
	f := newFixture(t)
	zones, endpoints := map[string]string{}, map[string]string{}
	for _, region := range must(f.DescribeRegions(sdk.CreateDescribeRegionsRequest()))(f).Regions.RDSRegion {
		zones[region.ZoneId], endpoints[region.RegionId] = region.RegionId, region.RegionEndpoint
	}
	if endpoints["cn-hangzhou"] != "rds.aliyuncs.com" || endpoints["eu-central-1"] != "rds.eu-central-1.aliyuncs.com" {
		t.Errorf("endpoints %v", endpoints)
	}
	if zones["cn-hangzhou-h"] != "cn-hangzhou" || zones["cn-hangzhou-i"] != "cn-hangzhou" {
		t.Errorf("zones %v", zones)
	}
}
