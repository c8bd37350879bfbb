package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
)

// answersOfVPC makes a network with everything that the emulator has, and takes
// it down.
func answersOfVPC(t *testing.T, a *answers) {
	t.Helper()
	made := a.do(t, "CreateVpc", "CidrBlock", "10.0.0.0/16", "EnableIpv6", "true", "UserCidr", "100.1.0.0/16", "EnableDnsHostname", "true", "Tag.1.Key", "a", "Tag.1.Value", "1")
	id, table := text(t, made, "VpcId"), text(t, made, "RouteTableId")
	subnet := text(t, a.do(t, "CreateVSwitch", "VpcId", id, "ZoneId", "cn-hangzhou-h", "CidrBlock", "10.0.1.0/24", "Ipv6CidrBlock", "1", "Tag.1.Key", "a", "Tag.1.Value", "1"), "VSwitchId")
	a.do(t, "AssociateVpcCidrBlock", "VpcId", id, "SecondaryCidrBlock", "10.1.0.0/16")
	a.do(t, "TagResources", "ResourceType", "ROUTETABLE", "ResourceId.1", table, "Tag.1.Key", "a", "Tag.1.Value", "1")
	a.do(t, "EnableVpcClassicLink", "VpcId", id)
	a.do(t, "DisableVpcClassicLink", "VpcId", id)
	a.do(t, "DescribeVpcs", "VpcId", id)
	a.do(t, "DescribeVpcAttribute", "VpcId", id)
	a.do(t, "DescribeVSwitches", "VpcId", id)
	a.do(t, "DescribeVSwitchAttributes", "VSwitchId", subnet)
	a.do(t, "DescribeRouteTableList", "VpcId", id)
	a.do(t, "ListTagResources", "ResourceType", "VPC", "ResourceId.1", id)
	a.do(t, "DescribeTags", "ResourceType", "VPC", "ResourceId.1", id)
	a.do(t, "DescribeRegions")
	a.do(t, "DescribeZones")
	a.do(t, "ModifyVpcAttribute", "VpcId", id, "Description", "d")
	a.do(t, "ModifyVSwitchAttribute", "VSwitchId", subnet, "Description", "d")
	a.do(t, "ModifyRouteTableAttributes", "RouteTableId", table, "RouteTableName", "t")
	a.do(t, "MoveResourceGroup", "ResourceId", id, "ResourceType", "VPC", "NewResourceGroupId", "rg-1")
	a.do(t, "UnTagResources", "ResourceType", "VPC", "ResourceId.1", id, "TagKey.1", "a")
	a.do(t, "UnassociateVpcCidrBlock", "VpcId", id, "SecondaryCidrBlock", "10.1.0.0/16")
	a.do(t, "DeleteVSwitch", "VSwitchId", subnet)
	a.do(t, "DeleteVpc", "VpcId", id)

	// The default networks of the start make place for new ones.
	v := a.srv.Network().Regions()[0].VPCs[0]
	for _, w := range v.VSwitches {
		a.do(t, "DeleteVSwitch", "VSwitchId", w.ID)
	}
	a.do(t, "DeleteVpc", "VpcId", v.ID)
	a.do(t, "CreateDefaultVpc")
	a.do(t, "CreateDefaultVSwitch", "ZoneId", "cn-hangzhou-h")
}

const (
	anyTrust  = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"]}}]}`
	anyPolicy = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// answersOfRAM makes a user, a group, a policy and a role that are tied to each
// other, and takes them down.
func answersOfRAM(t *testing.T, a *answers) {
	t.Helper()
	const tags = `[{"Key":"a","Value":"1"}]`
	policy := []string{"PolicyName", "p", "PolicyType", "Custom"}
	with := func(more ...string) []string { return append(more, policy...) }
	a.do(t, "CreateUser", "UserName", "u")
	a.do(t, "CreateUser", "UserName", "v")
	a.do(t, "CreateGroup", "GroupName", "g")
	a.do(t, "CreateGroup", "GroupName", "h")
	a.do(t, "CreateRole", "RoleName", "r", "AssumeRolePolicyDocument", anyTrust, "Tag", tags)
	a.do(t, "CreatePolicy", "PolicyName", "p", "PolicyDocument", anyPolicy, "Tag", tags)
	a.do(t, "CreatePolicyVersion", "PolicyName", "p", "PolicyDocument", anyPolicy)
	a.do(t, "SetDefaultPolicyVersion", "PolicyName", "p", "VersionId", "v2")
	a.do(t, "CreateLoginProfile", "UserName", "u", "Password", "Aa1!Aa1!Aa1!")
	key := text(t, a.do(t, "CreateAccessKey", "UserName", "u"), "AccessKey", "AccessKeyId")
	a.do(t, "AddUserToGroup", "UserName", "u", "GroupName", "g")
	a.do(t, "AddUserToGroup", "UserName", "v", "GroupName", "g")
	a.do(t, "AttachPolicyToUser", with("UserName", "u")...)
	a.do(t, "AttachPolicyToGroup", with("GroupName", "g")...)
	a.do(t, "AttachPolicyToRole", with("RoleName", "r")...)
	a.do(t, "TagResources", "ResourceType", "role", "ResourceNames", `["r"]`, "Tag", `[{"Key":"b","Value":"2"}]`)
	a.do(t, "SetAccountAlias", "AccountAlias", "a-bank")

	a.do(t, "GetUser", "UserName", "u")
	a.do(t, "ListUsers", "MaxItems", "1")
	a.do(t, "GetLoginProfile", "UserName", "u")
	a.do(t, "ListAccessKeys", "UserName", "u")
	a.do(t, "GetGroup", "GroupName", "g")
	a.do(t, "ListGroups", "MaxItems", "1")
	a.do(t, "ListGroupsForUser", "UserName", "u")
	a.do(t, "ListUsersForGroup", "GroupName", "g", "MaxItems", "1")
	a.do(t, "GetPolicy", policy...)
	a.do(t, "ListPolicies", "MaxItems", "1", "PolicyType", "System")
	a.do(t, "ListPolicies", "PolicyType", "Custom")
	a.do(t, "ListPolicyVersions", policy...)
	a.do(t, "GetPolicyVersion", with("VersionId", "v1")...)
	a.do(t, "ListPoliciesForUser", "UserName", "u")
	a.do(t, "ListPoliciesForGroup", "GroupName", "g")
	a.do(t, "ListPoliciesForRole", "RoleName", "r")
	a.do(t, "ListEntitiesForPolicy", policy...)
	a.do(t, "GetRole", "RoleName", "r")
	a.do(t, "ListRoles", "MaxItems", "1")
	a.do(t, "ListRoles", "Tag", tags)
	a.do(t, "ListTagResources", "ResourceType", "role", "ResourceNames", `["r"]`, "PageSize", "1")
	a.do(t, "GetAccountAlias")

	a.do(t, "UpdateUser", "UserName", "u", "NewComments", "c")
	a.do(t, "UpdateLoginProfile", "UserName", "u", "PasswordResetRequired", "true")
	a.do(t, "UpdateAccessKey", "UserName", "u", "UserAccessKeyId", key, "Status", "Inactive")
	a.do(t, "UpdateGroup", "GroupName", "g", "NewComments", "c")
	a.do(t, "UpdateRole", "RoleName", "r", "NewDescription", "d")
	a.do(t, "UpdatePolicyDescription", "PolicyName", "p", "NewDescription", "d")

	a.do(t, "UntagResources", "ResourceType", "role", "ResourceNames", `["r"]`, "TagKeys", `["b"]`)
	a.do(t, "ClearAccountAlias")
	a.do(t, "DetachPolicyFromUser", with("UserName", "u")...)
	a.do(t, "DetachPolicyFromGroup", with("GroupName", "g")...)
	a.do(t, "DetachPolicyFromRole", with("RoleName", "r")...)
	a.do(t, "RemoveUserFromGroup", "UserName", "u", "GroupName", "g")
	a.do(t, "DeleteLoginProfile", "UserName", "u")
	a.do(t, "DeleteAccessKey", "UserName", "u", "UserAccessKeyId", key)
	a.do(t, "DeletePolicyVersion", "PolicyName", "p", "VersionId", "v1")
	a.do(t, "DeletePolicy", "PolicyName", "p")
	a.do(t, "DeleteRole", "RoleName", "r")
	a.do(t, "DeleteGroup", "GroupName", "h")
	a.do(t, "DeleteUser", "UserName", "u")
	if _, code := a.call(t, a.api, "UnbindMFADevice", map[string]string{"UserName": "v"}); code != "EntityNotExist.User.MFADevice" {
		t.Errorf("UnbindMFADevice: code %q", code)
	}
	a.seen["UnbindMFADevice"] = map[string]bool{"RequestId": true} // no user has a device: it is always refused
}

// answersOfSTS asks as the account, as a user and as a role.
func answersOfSTS(t *testing.T, a *answers) {
	t.Helper()
	a.do(t, "GetCallerIdentity")
	id, secret, err := a.srv.RAM().AddUser("u", "AdministratorAccess")
	if err != nil {
		t.Fatal(err)
	}
	account := "acs:ram::" + a.srv.AccountID() + ":"
	role := []string{"RoleArn", account + "role/EmulatedInstanceRole", "RoleSessionName", "session"}
	user := *a
	user.restored = nil
	if user.client, err = sdk.NewClientWithOptions(a.srv.Region(), sdk.NewConfig().WithScheme("HTTP"), credentials.NewAccessKeyCredential(id, secret)); err != nil {
		t.Fatal(err)
	}
	user.do(t, "GetCallerIdentity")
	session := user.do(t, "AssumeRole", append(role, "SourceIdentity", "someone")...)
	if user.client, err = sdk.NewClientWithOptions(a.srv.Region(), sdk.NewConfig().WithScheme("HTTP"), credentials.NewStsTokenCredential(
		text(t, session, "Credentials", "AccessKeyId"), text(t, session, "Credentials", "AccessKeySecret"), text(t, session, "Credentials", "SecurityToken"),
	)); err != nil {
		t.Fatal(err)
	}
	user.do(t, "GetCallerIdentity")

	const issuer = "https://issuer.example"
	a.srv.STS().AddProvider(sts.Provider{Name: "cluster", Issuer: issuer, ClientIDs: []string{"sts.aliyuncs.com"}, TrustAny: true})
	if err := a.srv.RAM().AddTrustedRole("pods", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":["`+account+`oidc-provider/cluster"]}}]}`, anyPolicy); err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]any{"iss": issuer, "sub": "pod", "aud": []string{"sts.aliyuncs.com"}, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	token := part([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + part(claims) + "." + part([]byte("any"))
	a.do(t, "AssumeRoleWithOIDC", "RoleArn", account+"role/pods", "RoleSessionName", "session", "OIDCProviderArn", account+"oidc-provider/cluster", "OIDCToken", token)
}

// answersOfKMS describes a key of an instance, and one that is going.
func answersOfKMS(t *testing.T, a *answers) {
	t.Helper()
	a.srv.KMS().Behave(func(b *kms.Behaviour) {
		b.Keys = kms.Keys{{ID: "a", Instance: "kst-1"}, {ID: "b", State: kms.PendingDeletion}}
	})
	a.do(t, "DescribeKey", "KeyId", "a")
	a.do(t, "DescribeKey", "KeyId", "b")
}
