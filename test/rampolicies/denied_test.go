package rampolicies_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	sdkoss "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

// A fixture is an account with things of its own in it, and the broker's user
// with all policies there are.
type fixture struct {
	administrator // the account itself

	broker administrator
	key    alicloud.Key
}

const (
	foreign = "invoices" // a bucket, and a RAM user
	own     = "osb-aaaaaaaaaaaaaaaaaaaaaaaaaa"
)

func newFixture(t *testing.T) fixture {
	t.Helper()
	a := asAccount(t, newStack(t, aUser).Cloud()) // the stack has made its user, whose policies are empty
	var documents []string
	for _, p := range all.Services().Policies() {
		documents = append(documents, file(t, p.Name+".json"))
	}
	source := a.user("broker", documents...)
	key, err := source.Credentials(t.Context())
	a.must(err)
	w := fixture{a, as(t, a.cloud, source), key}
	for _, bucket := range []string{foreign, own} {
		_, err := w.oss(true).PutBucket(t.Context(), &sdkoss.PutBucketRequest{Bucket: new(bucket)})
		a.must(err)
	}
	for _, user := range []string{foreign, own} {
		a.createUser(user)
	}
	return w
}

func (w fixture) oss(asAccount bool) *sdkoss.Client {
	if key := w.cloud.AccessKey(); asAccount {
		return ossOf(w.cloud, key.ID, key.Secret)
	}
	return ossOf(w.cloud, w.key.ID, w.key.Secret)
}

func TestPolicies_OtherBuckets_AreProtected(t *testing.T) {
	w := newFixture(t)
	client := w.oss(false)
	for name, call := range map[string]func(bucket string) error{
		"delete": func(bucket string) error {
			_, err := client.DeleteBucket(t.Context(), &sdkoss.DeleteBucketRequest{Bucket: &bucket})
			return err
		},
		"open": func(bucket string) error {
			_, err := client.PutBucketPublicAccessBlock(t.Context(), &sdkoss.PutBucketPublicAccessBlockRequest{
				Bucket: &bucket, PublicAccessBlockConfiguration: &sdkoss.PublicAccessBlockConfiguration{BlockPublicAccess: new(false)},
			})
			if err != nil {
				return err
			}
			_, err = client.PutBucketAcl(t.Context(), &sdkoss.PutBucketAclRequest{Bucket: &bucket, Acl: sdkoss.BucketACLPublicRead})
			return err
		},
		"set the ACL of": func(bucket string) error { // private, which a bucket may be before "open" too: cases come in any order
			_, err := client.PutBucketAcl(t.Context(), &sdkoss.PutBucketAclRequest{Bucket: &bucket, Acl: sdkoss.BucketACLPrivate})
			return err
		},
		"empty": func(bucket string) error {
			_, err := client.DeleteMultipleObjects(t.Context(), &sdkoss.DeleteMultipleObjectsRequest{
				Bucket: &bucket, Delete: &sdkoss.Delete{Objects: []sdkoss.ObjectIdentifier{{Key: new("k"), VersionId: new("null")}}},
			})
			return err
		},
		"make": func(bucket string) error {
			_, err := client.PutBucket(t.Context(), &sdkoss.PutBucketRequest{Bucket: new(bucket + "-more")})
			return err
		},
	} {
		if err := call(foreign); !isDenied(err) {
			t.Errorf("%s a bucket of theirs: %v, want AccessDenied", name, err)
		}
		if name == "delete" {
			continue // the others want it
		}
		if err := call(own); err != nil {
			t.Errorf("%s a bucket of ours: %v", name, err)
		}
	}
	if _, err := client.PutObject(t.Context(), &sdkoss.PutObjectRequest{Bucket: new(own), Key: new("k")}); !isDenied(err) {
		t.Errorf("write an object for a user: %v, want AccessDenied", err)
	}
}

func isDenied(err error) bool {
	var e *sdkoss.ServiceError
	return errors.As(err, &e) && e.Code == "AccessDenied"
}

func TestPolicies_OtherUsers_AreProtected(t *testing.T) {
	w := newFixture(t)
	for name, call := range map[string]func(user string) (requests.AcsRequest, responses.AcsResponse){
		"a key": func(user string) (requests.AcsRequest, responses.AcsResponse) {
			req := ram.CreateCreateAccessKeyRequest()
			req.UserName = user
			return req, ram.CreateCreateAccessKeyResponse()
		},
		"its keys": func(user string) (requests.AcsRequest, responses.AcsResponse) {
			req := ram.CreateListAccessKeysRequest()
			req.UserName = user
			return req, ram.CreateListAccessKeysResponse()
		},
		"its end": func(user string) (requests.AcsRequest, responses.AcsResponse) {
			req := ram.CreateDeleteUserRequest()
			req.UserName = user
			return req, ram.CreateDeleteUserResponse()
		},
	} {
		req, resp := call(foreign)
		if err := w.broker.Do(t.Context(), alicloud.Write, req, resp); !errors.Is(err, providers.ErrDenied) {
			t.Errorf("%s, of a user of theirs: %v, want ErrDenied", name, err)
		}
	}
}

// TestPolicies_AttachedDocument_Decides asks with the names of resources that the
// cloud's pages have, also where the emulator's calls are authorised on others
// or on fewer.
func TestPolicies_AttachedDocument_Decides(t *testing.T) {
	w := newFixture(t)
	caller := cloud.Caller{AccountID: account, Kind: cloud.User, Name: "broker"}
	decide := func(action, resource string, want bool) {
		t.Helper()
		if got := w.cloud.RAM().Allowed(caller, action, resource); got != want {
			t.Errorf("%s on %s: allowed is %t, want %t", action, resource, got, want)
		}
	}
	yes := wanted()
	for _, p := range all.Services().Policies() {
		for _, action := range parse(t, p.Name+".json").actions() {
			if len(yes[action]) == 0 {
				t.Errorf("%s of %s: look up what it is authorised on, and add it to wanted", action, p.Name)
			}
		}
	}
	for action, resources := range yes {
		for _, resource := range resources {
			decide(action, resource, true)
		}
	}
	for action, resources := range unwanted() {
		for _, resource := range resources {
			decide(action, resource, false)
		}
	}
}

// The names of resources.
const (
	acsInstance   = "acs:rds:cn-hangzhou:" + account + ":dbinstance/"
	acsBucket     = "acs:oss:oss-cn-hangzhou:" + account + ":"
	acsUser       = "acs:ram:*:" + account + ":user/"
	acsPolicy     = "acs:ram:*:" + account + ":policy/"
	acsSystem     = "acs:ram:*:system:policy/"
	acsVPC        = "acs:vpc:cn-hangzhou:" + account + ":"
	acsKey        = "acs:kms:cn-hangzhou:" + account + ":key/"
	acsRole       = "acs:ram:*:" + account + ":role/"
	brokersUser   = acsUser + own
	brokersPolicy = acsPolicy + own
)

// wanted are the resources by action, as these pages have them: RDS "RAM
// authorization" and "Use RAM for resource authorization"; VPC, OSS and RAM "RAM
// authorization"; KMS "Use RAM for KMS resource authorization"; RAM API, CreateUser, CreatePolicy, CreateRole, AttachPolicyToUser,
// AttachPolicyToRole. Where
// they differ all are here.
func wanted() map[string][]string {
	instance, bucket, object := []string{acsInstance + "rm-1"}, []string{acsBucket + own}, []string{acsBucket + own + "/k"}
	user, policy := []string{brokersUser}, []string{brokersPolicy}
	return map[string][]string{
		"rds:CreateDBInstance":                   {"*", acsInstance + "*"},
		"rds:DescribeAvailableZones":             {"*"},
		"rds:DescribeAvailableClasses":           {"*"},
		"vpc:DescribeVSwitches":                  {"*", acsVPC + "vswitch/*"},
		"vpc:DescribeVpcAttribute":               {"*", acsVPC + "vpc/vpc-1"},
		"rds:DescribeDBInstances":                {acsInstance + "*", "acs:rds:*:" + account + ":dbinstance/*"},
		"rds:DescribeDBInstanceAttribute":        instance,
		"rds:TagResources":                       instance,
		"rds:ModifyDBInstanceSpec":               instance,
		"rds:UpgradeDBInstanceEngineVersion":     instance,
		"rds:ModifySecurityIps":                  instance,
		"rds:ModifyDBInstanceDeletionProtection": instance,
		"rds:DescribeBackupPolicy":               instance,
		"rds:ModifyBackupPolicy":                 instance,
		"rds:DescribeDBInstanceIPArrayList":      instance,
		"rds:StartDBInstance":                    instance,
		"rds:DeleteDBInstance":                   instance,
		"rds:CreateDatabase":                     instance,
		"rds:DescribeDatabases":                  instance,
		"rds:CreateAccount":                      instance,
		"rds:DescribeAccounts":                   instance,
		"rds:GrantAccountPrivilege":              instance,
		"rds:ResetAccountPassword":               instance,
		"rds:DeleteAccount":                      instance,

		"rds:DescribeParameterTemplates":         {"*"},
		"rds:ModifyDBInstanceMaintainTime":       instance,
		"rds:DescribeSecurityGroupConfiguration": instance,
		"rds:ModifySecurityGroupConfiguration":   instance,
		"rds:DescribeParameters":                 instance,
		"rds:ModifyParameter":                    instance,
		"rds:DescribeDBInstanceSSL":              instance,
		"rds:ModifyDBInstanceSSL":                instance,
		"rds:DescribeDBInstanceNetInfo":          instance,
		"rds:AllocateInstancePublicConnection":   instance,
		"rds:ReleaseInstancePublicConnection":    instance,
		"rds:ModifyResourceGroup":                instance,
		"rds:ListTagResources":                   instance,
		"rds:UntagResources":                     instance,

		"oss:ListBuckets":        {"acs:oss:*:" + account + ":*"},
		"oss:DescribeRegions":    {"acs:oss:*:" + account + ":*"},
		"oss:PutBucket":          bucket,
		"oss:GetBucketInfo":      bucket,
		"oss:GetBucketTagging":   bucket,
		"oss:PutBucketTagging":   bucket,
		"oss:PutBucketAcl":       bucket,
		"oss:GetBucketStat":      bucket,
		"oss:PutBucketLifecycle": bucket,

		"oss:PutBucketPublicAccessBlock": bucket,

		"oss:PutBucketEncryption":                  bucket,
		"oss:DeleteBucketEncryption":               bucket,
		"oss:PutBucketLogging":                     bucket,
		"oss:DeleteBucketLogging":                  bucket,
		"oss:PutBucketVersioning":                  bucket,
		"oss:GetBucketLifecycle":                   bucket,
		"oss:DeleteBucketLifecycle":                bucket,
		"oss:GetBucketCors":                        bucket,
		"oss:PutBucketCors":                        bucket,
		"oss:DeleteBucketCors":                     bucket,
		"oss:GetBucketReferer":                     bucket,
		"oss:PutBucketReferer":                     bucket,
		"oss:PutBucketTransferAcceleration":        bucket,
		"oss:PutBucketResourceGroup":               bucket,
		"oss:CreateBucketDataRedundancyTransition": bucket,
		"oss:ListBucketDataRedundancyTransition":   bucket,

		"kms:DescribeKey": {acsKey + "key-1"},

		"oss:ListObjectVersions":   bucket,
		"oss:ListMultipartUploads": bucket,
		"oss:DeleteBucket":         bucket,
		"oss:DeleteObject":         object,
		"oss:DeleteObjectVersion":  object,
		"oss:AbortMultipartUpload": object,

		"ram:CreateUser":           {acsUser + "*", brokersUser},
		"ram:CreatePolicy":         {acsPolicy + "*", brokersPolicy},
		"ram:GetUser":              user,
		"ram:ListPoliciesForUser":  user,
		"ram:ListAccessKeys":       user,
		"ram:CreateAccessKey":      user,
		"ram:DeleteAccessKey":      user,
		"ram:DeleteUser":           user,
		"ram:GetPolicy":            policy,
		"ram:DeletePolicy":         policy,
		"ram:AttachPolicyToUser":   slices.Concat(user, policy),
		"ram:DetachPolicyFromUser": slices.Concat(user, policy, []string{acsPolicy + foreign}),

		"ram:CreateRole":           {acsRole + "*", acsRole + own},
		"ram:GetRole":              {acsRole + own},
		"ram:ListPoliciesForRole":  {acsRole + own},
		"ram:DeleteRole":           {acsRole + own},
		"ram:AttachPolicyToRole":   {acsRole + own, brokersPolicy},
		"ram:DetachPolicyFromRole": {acsRole + own, brokersPolicy, acsPolicy + foreign},
	}
}

// unwanted are resources outside the broker's reach, by action.
func unwanted() map[string][]string {
	anyInstance := []string{acsInstance + "rm-1"}
	return map[string][]string{
		// Calls that would give the broker, or its users, more rights.
		"ram:AttachPolicyToUser":      {acsUser + foreign, acsUser + self, acsPolicy + foreign, acsSystem + "AdministratorAccess"},
		"ram:CreatePolicyVersion":     {brokersPolicy, acsPolicy + foreign},
		"ram:SetDefaultPolicyVersion": {brokersPolicy, acsPolicy + foreign},
		"ram:CreateLoginProfile":      {brokersUser, acsUser + foreign},
		"ram:CreateAccessKey":         {acsUser + foreign, acsUser + self},
		"ram:AddUserToGroup":          {brokersUser, "acs:ram:*:" + account + ":group/admins"},
		"ram:AttachPolicyToRole":      {acsRole + self, acsRole + foreign, acsPolicy + foreign, acsSystem + "AdministratorAccess"},
		"ram:UpdateRole":              {acsRole + own, acsRole + self},
		"ram:PassRole":                {acsRole + self},
		"sts:AssumeRole":              {acsRole + self, "*"},
		// Resources of others.
		"ram:DetachPolicyFromUser": {acsUser + foreign},
		"ram:DeleteUser":           {acsUser + foreign},
		"ram:GetUser":              {acsUser + foreign},
		"ram:DeletePolicy":         {acsPolicy + foreign},
		"ram:DetachPolicyFromRole": {acsRole + foreign, acsRole + self},
		"ram:DeleteRole":           {acsRole + foreign, acsRole + self},
		"ram:GetRole":              {acsRole + foreign},
		"ram:ListUsers":            {acsUser + "*"},
		"oss:PutBucket":            {acsBucket + foreign},
		"oss:DeleteBucket":         {acsBucket + foreign},
		"oss:DeleteObject":         {acsBucket + foreign + "/k", acsBucket + foreign + "/osb-k"},
		"oss:ListObjectVersions":   {acsBucket + foreign},
		// The data of its own users.
		"oss:GetObject":                        {acsBucket + own + "/k"},
		"oss:PutObject":                        {acsBucket + own + "/k"},
		"oss:PutBucketPolicy":                  {acsBucket + own},
		"kms:Decrypt":                          {acsKey + "key-1"},
		"kms:GenerateDataKey":                  {acsKey + "key-1"},
		"rds:ResetAccount":                     anyInstance,
		"rds:ModifyDBInstanceConnectionString": anyInstance,
		"rds:DeleteDatabase":                   anyInstance,
		"rds:CreateBackup":                     anyInstance,
		"vpc:CreateVpc":                        {"*"},
	}
}
