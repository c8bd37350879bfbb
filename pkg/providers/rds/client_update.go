package rds

import (
	"cmp"
	"context"
	"strconv"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
)

// modify orders another class, edition or disk (RDS API, ModifyDBInstanceSpec).
func (c client) modify(ctx context.Context, r specRequest, token string) error {
	req, resp := rds.CreateModifyDBInstanceSpecRequest(), rds.CreateModifyDBInstanceSpecResponse()
	req.RegionId, req.ClientToken, req.DBInstanceId, req.PayType = c.region, token, r.InstanceID, cmp.Or(r.PayType, payType)
	req.DBInstanceClass, req.DBInstanceStorageType, req.Category = r.Class, r.StorageType, r.Category
	if r.Storage > 0 {
		req.DBInstanceStorage = requests.NewInteger(r.Storage)
	}
	for name, value := range map[string]string{"ZoneIdSlave1": r.SecondZoneID, "VSwitchId": r.VSwitchIDs} { // the SDK lacks them
		if value != "" {
			req.QueryParams[name] = value
		}
	}
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// modifyServerless sets the bounds of a serverless instance (RDS API,
// ModifyDBInstanceSpec, Direction Serverless).
func (c client) modifyServerless(ctx context.Context, r serverlessRequest, token string) error {
	req, resp := rds.CreateModifyDBInstanceSpecRequest(), rds.CreateModifyDBInstanceSpecResponse()
	req.RegionId, req.ClientToken, req.DBInstanceId, req.PayType = c.region, token, r.InstanceID, serverlessPayType
	req.Direction = "Serverless"
	req.ServerlessConfiguration = rds.ModifyDBInstanceSpecServerlessConfiguration(r.Bounds.config())
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// upgrade orders the next engine version (RDS API, UpgradeDBInstanceEngineVersion).
func (c client) upgrade(ctx context.Context, r versionRequest, token string) error {
	req, resp := rds.CreateUpgradeDBInstanceEngineVersionRequest(), rds.CreateUpgradeDBInstanceEngineVersionResponse()
	req.RegionId, req.ClientToken, req.DBInstanceId = c.region, token, r.InstanceID
	req.EngineVersion, req.EffectiveTime = r.EngineVersion, "Immediate"
	return c.clients.Do(ctx, alicloud.Write, req, resp)
}

// capacityOf reads the bounds of a serverless instance; nil: it is of a fixed size.
func capacityOf(c rds.ServerlessConfig) *capacity {
	lower, lowerErr := strconv.ParseFloat(c.ScaleMin, 64)
	upper, upperErr := strconv.ParseFloat(c.ScaleMax, 64)
	if lowerErr != nil || upperErr != nil || upper == 0 {
		return nil
	}
	return &capacity{Min: lower, Max: upper, AutoPause: c.AutoPause, SwitchForce: c.SwitchForce}
}

// isSame compares bounds. Unknown bounds of the cloud count as the same.
func (c capacity) isSame(found *capacity) bool { return found == nil || c == *found }
