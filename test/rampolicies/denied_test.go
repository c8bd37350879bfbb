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
)

// A world is an account with things of its own in it, and the broker's user
// with all policies there are.
type world struct {
	administrator // the account itself

	broker administrator
	key    alicloud.Key
}

const (
	theirs   = "invoices" // a bucket, and a RAM user
	brokered = "osb-aaaaaaaaaaaaaaaaaaaaaaaaaa"
)

func newWorld(t *testing.T) world {
	t.Helper()
	a := asAccount(t, newStack(t, aUser).Cloud()) // the stack has made its user, without policies
	source := a.user("broker", file(t, "rds.json"), file(t, "oss.json"), file(t, "oss-empty.json"))
	key, err := source.Credentials(t.Context())
	a.must(err)
	w := world{a, as(t, a.cloud, source), key}
	for _, bucket := range []string{theirs, brokered} {
		_, err := w.oss(true).PutBucket(t.Context(), &sdkoss.PutBucketRequest{Bucket: new(bucket)})
		a.must(err)
	}
	for _, user := range []string{theirs, brokered} {
		a.createUser(user)
	}
	return w
}

func (w world) oss(asAccount bool) *sdkoss.Client {
	if key := w.cloud.AccessKey(); asAccount {
		return ossOf(w.cloud, key.ID, key.Secret)
	}
	return ossOf(w.cloud, w.key.ID, w.key.Secret)
}

func TestPolicies_OtherBuckets_AreProtected(t *testing.T) {
	w := newWorld(t)
	client := w.oss(false)
	for name, call := range map[string]func(bucket string) error{
		"delete": func(bucket string) error {
			_, err := client.DeleteBucket(t.Context(), &sdkoss.DeleteBucketRequest{Bucket: &bucket})
			return err
		},
		"open": func(bucket string) error {
			_, err := client.PutBucketAcl(t.Context(), &sdkoss.PutBucketAclRequest{Bucket: &bucket, Acl: sdkoss.BucketACLPublicRead})
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
		if err := call(theirs); !isDenied(err) {
			t.Errorf("%s a bucket of theirs: %v, want AccessDenied", name, err)
		}
		if name == "delete" {
			continue // the others want it
		}
		if err := call(brokered); err != nil {
			t.Errorf("%s a bucket of ours: %v", name, err)
		}
	}
	if _, err := client.PutObject(t.Context(), &sdkoss.PutObjectRequest{Bucket: new(brokered), Key: new("k")}); !isDenied(err) {
		t.Errorf("write an object for a user: %v, want AccessDenied", err)
	}
}

func isDenied(err error) bool {
	var e *sdkoss.ServiceError
	return errors.As(err, &e) && e.Code == "AccessDenied"
}

func TestPolicies_OtherUsers_AreProtected(t *testing.T) {
	w := newWorld(t)
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
		req, resp := call(theirs)
		if err := w.broker.Do(t.Context(), alicloud.Write, req, resp); !errors.Is(err, providers.ErrDenied) {
			t.Errorf("%s, of a user of theirs: %v, want ErrDenied", name, err)
		}
	}
}

// TestPolicies_AttachedDocument_Decides asks with the names of resources that the
// cloud's pages have, also where the emulator's calls are authorised on others
// or on fewer.
func TestPolicies_AttachedDocument_Decides(t *testing.T) {
	w := newWorld(t)
	caller := cloud.Caller{AccountID: account, Kind: cloud.User, Name: "broker"}
	decide := func(action, resource string, want bool) {
		t.Helper()
		if got := w.cloud.RAM().Allowed(caller, action, resource); got != want {
			t.Errorf("%s on %s: allowed is %t, want %t", action, resource, got, want)
		}
	}
	yes := wanted()
	for _, name := range []string{"rds.json", "oss.json", "oss-empty.json"} {
		for _, action := range parse(t, name).actions() {
			if len(yes[action]) == 0 {
				t.Errorf("%s of %s: nobody has looked up what it is authorised on", action, name)
			}
			for _, resource := range yes[action] {
				decide(action, resource, true)
			}
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
	acsRole       = "acs:ram:*:" + account + ":role/"
	brokersUser   = acsUser + brokered
	brokersPolicy = acsPolicy + brokered
)

// wanted are the resources by action, as these pages have them: RDS "RAM
// authorization" and "Use RAM for resource authorization"; VPC, OSS and RAM "RAM
// authorization"; RAM API, CreateUser, CreatePolicy, AttachPolicyToUser. Where
// they differ all are here.
func wanted() map[string][]string {
	instance, bucket, object := []string{acsInstance + "rm-1"}, []string{acsBucket + brokered}, []string{acsBucket + brokered + "/k"}
	user, policy := []string{brokersUser}, []string{brokersPolicy}
	return map[string][]string{
		"rds:CreateDBInstance":                   {"*", acsInstance + "*"},
		"vpc:DescribeVSwitches":                  {"*", acsVPC + "vswitch/*"},
		"vpc:DescribeVpcAttribute":               {"*", acsVPC + "vpc/vpc-1"},
		"rds:DescribeDBInstances":                {acsInstance + "*", "acs:rds:*:" + account + ":dbinstance/*"},
		"rds:DescribeDBInstanceAttribute":        instance,
		"rds:TagResources":                       instance,
		"rds:ModifyDBInstanceSpec":               instance,
		"rds:ModifySecurityIps":                  instance,
		"rds:ModifyDBInstanceDeletionProtection": instance,
		"rds:DeleteDBInstance":                   instance,
		"rds:CreateDatabase":                     instance,
		"rds:DescribeDatabases":                  instance,
		"rds:CreateAccount":                      instance,
		"rds:DescribeAccounts":                   instance,
		"rds:GrantAccountPrivilege":              instance,
		"rds:DeleteAccount":                      instance,

		"oss:ListBuckets":          {"acs:oss:*:" + account + ":*"},
		"oss:PutBucket":            bucket,
		"oss:GetBucketInfo":        bucket,
		"oss:GetBucketTagging":     bucket,
		"oss:PutBucketTagging":     bucket,
		"oss:PutBucketAcl":         bucket,
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
		"ram:DetachPolicyFromUser": slices.Concat(user, policy, []string{acsPolicy + theirs}),
	}
}

// unwanted are resources that the broker must not reach by these actions.
func unwanted() map[string][]string {
	anyInstance := []string{acsInstance + "rm-1"}
	return map[string][]string{
		// What would make its users, or itself, more than they are.
		"ram:AttachPolicyToUser":      {acsUser + theirs, acsUser + self, acsPolicy + theirs, acsSystem + "AdministratorAccess"},
		"ram:CreatePolicyVersion":     {brokersPolicy, acsPolicy + theirs},
		"ram:SetDefaultPolicyVersion": {brokersPolicy, acsPolicy + theirs},
		"ram:CreateLoginProfile":      {brokersUser, acsUser + theirs},
		"ram:CreateAccessKey":         {acsUser + theirs, acsUser + self},
		"ram:AddUserToGroup":          {brokersUser, "acs:ram:*:" + account + ":group/admins"},
		"ram:AttachPolicyToRole":      {acsRole + self, brokersPolicy},
		"ram:CreateRole":              {acsRole + "*"},
		"ram:PassRole":                {acsRole + self},
		"sts:AssumeRole":              {acsRole + self, "*"},
		// What others have.
		"ram:DetachPolicyFromUser": {acsUser + theirs},
		"ram:DeleteUser":           {acsUser + theirs},
		"ram:GetUser":              {acsUser + theirs},
		"ram:DeletePolicy":         {acsPolicy + theirs},
		"ram:ListUsers":            {acsUser + "*"},
		"oss:PutBucket":            {acsBucket + theirs},
		"oss:DeleteBucket":         {acsBucket + theirs},
		"oss:DeleteObject":         {acsBucket + theirs + "/k", acsBucket + theirs + "/osb-k"},
		"oss:ListObjectVersions":   {acsBucket + theirs},
		// The data of its own users.
		"oss:GetObject":                        {acsBucket + brokered + "/k"},
		"oss:PutObject":                        {acsBucket + brokered + "/k"},
		"oss:PutBucketPolicy":                  {acsBucket + brokered},
		"rds:ResetAccountPassword":             anyInstance,
		"rds:AllocateInstancePublicConnection": anyInstance,
		"rds:DeleteDatabase":                   anyInstance,
		"rds:CreateBackup":                     anyInstance,
		"vpc:CreateVpc":                        {"*"},
	}
}
