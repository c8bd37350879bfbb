package rds_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
)

func TestDescribeAvailableClasses_EachClass_CanBeCreated(t *testing.T) {
	f := newFixture(t)
	for _, engine := range []string{"MySQL", "PostgreSQL", "MariaDB", "SQLServer"} {
		zones := sdk.CreateDescribeAvailableZonesRequest()
		zones.Engine = engine
		sold := 0
		for _, version := range must(f.DescribeAvailableZones(zones))(f).AvailableZones[0].SupportedEngines[0].SupportedEngineVersions {
			for _, category := range version.SupportedCategorys {
				for _, storage := range category.SupportedStorageTypes {
					classes := sdk.CreateDescribeAvailableClassesRequest()
					classes.Engine, classes.EngineVersion, classes.ZoneId, classes.InstanceChargeType = engine, version.Version, zone, "Postpaid"
					classes.Category, classes.DBInstanceStorageType = category.Category, storage.StorageType
					for _, class := range must(f.DescribeAvailableClasses(classes))(f).DBInstanceClasses[:1] {
						r := createRequest()
						r.Engine, r.EngineVersion, r.Category, r.DBInstanceClass = engine, version.Version, category.Category, class.DBInstanceClass
						r.DBInstanceStorageType = strings.Replace(storage.StorageType, "cloud_auto", "general_essd", 1) // A308
						r.DBInstanceStorage = requests.NewInteger(class.DBInstanceStorageRange.MinValue)
						if r.Category == "Basic" {
							r.ZoneIdSlave1 = ""
						}
						must(f.CreateDBInstance(r))(f)
						sold++
					}
				}
			}
		}
		if sold == 0 {
			t.Errorf("nothing of %s is on sale", engine)
		}
	}
}

// TestSold_DocumentedClasses_WithBounds names the classes that the lists of the
// documentation and Terraform's own tests have.
func TestSold_DocumentedClasses_WithBounds(t *testing.T) {
	f := newFixture(t)
	for _, tc := range []struct {
		class, engine, version, storage string
		min, max                        int
	}{
		{"rds.mysql.t1.small", "MySQL", "5.6", "local_ssd", 5, 4000},
		{"mysql.n1e.small.1", "MySQL", "8.0", "general_essd", 10, 64000},
		{"mysql.n2e.small.1", "MySQL", "8.4", "cloud_essd", 20, 64000},
		{"mysql.x4.medium.2c", "MySQL", "8.0", "cloud_essd2", 500, 64000},
		{"mysql.n2.medium.xc", "MySQL", "8.4", "cloud_essd3", 1500, 64000},
		{"pg.n2e.1c.1m", "PostgreSQL", "18.0", "cloud_essd", 20, 64000},
		{"pg.n2.2c.2m", "PostgreSQL", "13.0", "cloud_ssd", 20, 6000},
		{"pg.n2.2c.xc", "PostgreSQL", "17.0", "general_essd", 10, 64000},
		{"mariadb.n2.small.2c", "MariaDB", "10.6", "cloud_essd", 20, 1000},
		{"mariadb.x2.large.2c", "MariaDB", "10.3", "cloud_essd", 20, 6000},
		{"mssql.x4.medium.s2", "SQLServer", "2022_std_ha", "cloud_essd", 20, 64000},
	} {
		for size, code := range map[int]string{tc.min: "", tc.max: "", tc.min - 5: "InvalidStorage.Format", tc.max + 5: "InvalidStorage.Format"} {
			r := createRequest()
			r.Engine, r.EngineVersion, r.DBInstanceClass, r.DBInstanceStorageType = tc.engine, tc.version, tc.class, tc.storage
			r.DBInstanceStorage, r.DryRun = requests.NewInteger(size), "true"
			if strings.HasSuffix(tc.class, ".1") || strings.HasSuffix(tc.class, ".1m") {
				r.ZoneIdSlave1 = ""
			}
			if _, err := f.CreateDBInstance(r); code != "" {
				f.wantCode(err, 400, code)
			} else if err != nil {
				t.Errorf("%s, %d GB of %s: %v", tc.class, size, tc.storage, err)
			}
		}
	}
	for _, class := range []string{"mysql.n2.small.1", "mariadb.n2.small.1"} { // of saved states alone
		r := createRequest()
		r.DBInstanceClass, r.EngineVersion = class, "8.0"
		_, err := f.CreateDBInstance(r)
		f.wantCode(err, 404, "InvalidDBInstanceClass.NotFound")
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
	r.ZoneId, r.InstanceChargeType = zone, "PostPaid" // as Terraform's provider writes it
	must(f.DescribeAvailableClasses(r))(f)
	r.InstanceChargeType = "Free"
	_, err = f.DescribeAvailableClasses(r)
	f.wantCode(err, 400, "InvalidParameter")
	r.InstanceChargeType, r.CommodityCode = "Postpaid", "rords"
	_, err = f.DescribeAvailableClasses(r)
	f.wantCode(err, 404, "InvalidCondition.NotFound")
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
