package emulator

import (
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/metadata"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// InstanceRole is the RAM role of the ECS instance that the metadata service
// describes. Its sessions may do everything.
const InstanceRole = "EmulatedInstanceRole"

const allowAll = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// Products returns the products of the emulated cloud, one a line. A product
// stands after the products that it refers to; a saved state is restored in
// this order. New adds the location service, which lists them all.
func Products(e Environment) ([]Product, error) {
	c := e.Config
	buckets := c.Account.buckets()
	buckets.BlockPublicAccess = buckets.BlockPublicAccess && !c.PublicBuckets
	network := vpc.New(c.AccountID, c.Regions)
	access := ram.New(c.Clock, c.AccountID)
	access.Behave(func(b *ram.Behaviour) { *b = c.Access })
	access.AddAccountKey(c.AccessKey.ID, c.AccessKey.Secret)
	if err := access.AddRole(InstanceRole, allowAll); err != nil {
		return nil, fmt.Errorf("role %s: %w", InstanceRole, err)
	}
	tokens := sts.New(sts.Options{Clock: c.Clock, AccountID: c.AccountID, Roles: access, Providers: c.OIDC})
	keys := cloud.Keyring{access, tokens}
	encryption := kms.New(c.AccountID, c.Clock.Now())
	return []Product{
		network.Product(),
		access.Product(),
		tokens.Product(),
		encryption.Product(),
		oss.New(oss.Config{
			Clock: c.Clock, Keys: keys, Authorizer: access, Faults: e.Faults, Journal: e.Journal,
			Region: c.Region, Regions: regionIDs(c.Regions), Wall: e.Switches.Now, Unknown: c.Unknown, UnknownNotFound: e.Switches.UnknownNotFound, Behaviour: buckets, KMS: encryption,
		}).Product(),
		rds.New(rds.Options{Clock: c.Clock, Network: network, AccountID: c.AccountID, Keys: encryption, Profile: c.Profile, Engine: c.Engine, Report: c.Report}).Product(),
		metadata.New(metadata.Options{Clock: c.Clock, Sessions: tokens, Network: network, AccountID: c.AccountID, InstanceID: "i-emulated", RegionID: c.Region, Role: InstanceRole, AllowV1: c.MetadataV1}).Product(),
	}, nil
}

// regionIDs returns the ids of the regions.
func regionIDs(regions []vpc.Region) []string {
	var ids []string
	for _, region := range regions {
		ids = append(ids, region.ID)
	}
	return ids
}
