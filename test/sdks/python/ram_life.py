"""Users, keys, policies, groups, roles and networks, for both generations of
clients; see rds_life.py."""

import json

from checks import OURS, REGION, equal

TRUST = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["ecs.aliyuncs.com"]}}]})


class Life:
    def __init__(self, call, refused, variant=""):
        self.call, self.refused = call, refused
        self.name = OURS + variant

    def ram(self, action, **parameters):
        return self.call("ram", action, parameters)

    def identity(self):
        me = self.call("sts", "GetCallerIdentity", {})
        equal(me["IdentityType"], "Account")
        assert me["Arn"].startswith("acs:ram::" + me["AccountId"])

    def user(self):
        user, comments = self.name + ".user", "by a check + a*b~c/d é=&%20"
        made = self.ram("CreateUser", UserName=user, DisplayName="A Check", Comments=comments)["User"]
        equal((made["UserName"], made["Comments"]), (user, comments))
        self.refused(lambda: self.ram("CreateUser", UserName=user), "EntityAlreadyExists.User", 409)
        key = self.ram("CreateAccessKey", UserName=user)["AccessKey"]
        equal(key["Status"], "Active")
        self.ram("UpdateAccessKey", UserName=user, UserAccessKeyId=key["AccessKeyId"], Status="Inactive")
        equal([k["Status"] for k in self.ram("ListAccessKeys", UserName=user)["AccessKeys"]["AccessKey"]], ["Inactive"])
        self.refused(lambda: self.ram("DeleteUser", UserName=user), "DeleteConflict.User.AccessKey", 409)
        self.ram("DeleteAccessKey", UserName=user, UserAccessKeyId=key["AccessKeyId"])
        equal(self.ram("ListAccessKeys", UserName=user)["AccessKeys"]["AccessKey"], [])
        self.ram("UpdateUser", UserName=user, NewUserName=user + "2", NewDisplayName="Another")
        equal(self.ram("GetUser", UserName=user + "2")["User"]["DisplayName"], "Another")
        self.ram("DeleteUser", UserName=user + "2")
        self.refused(lambda: self.ram("GetUser", UserName=user + "2"), "EntityNotExist.User", 404)

    def policy(self):
        user, policy = self.name + ".holder", self.name + "-policy"
        document = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "oss:Get*", "Resource": "*"}]})
        self.ram("CreateUser", UserName=user)
        self.ram("CreatePolicy", PolicyName=policy, PolicyDocument=document, Description="of a check")
        equal(json.loads(self.ram("GetPolicy", PolicyName=policy, PolicyType="Custom")["DefaultPolicyVersion"]["PolicyDocument"]), json.loads(document))
        self.ram("AttachPolicyToUser", PolicyName=policy, PolicyType="Custom", UserName=user)
        equal([p["PolicyName"] for p in self.ram("ListPoliciesForUser", UserName=user)["Policies"]["Policy"]], [policy])
        self.refused(lambda: self.ram("DeletePolicy", PolicyName=policy), "DeleteConflict.Policy.User", 409)
        self.ram("CreatePolicyVersion", PolicyName=policy, PolicyDocument=document.replace("Get", "List"), SetAsDefault=True)
        equal([v["VersionId"] for v in self.ram("ListPolicyVersions", PolicyName=policy, PolicyType="Custom")["PolicyVersions"]["PolicyVersion"]], ["v1", "v2"])
        self.ram("DeletePolicyVersion", PolicyName=policy, VersionId="v1")
        self.ram("DetachPolicyFromUser", PolicyName=policy, PolicyType="Custom", UserName=user)
        self.ram("DeletePolicy", PolicyName=policy)
        self.ram("DeleteUser", UserName=user)

    def group(self):
        group, user = self.name + "-group", self.name + ".member"
        self.ram("CreateGroup", GroupName=group, Comments="é")
        self.ram("CreateUser", UserName=user)
        self.ram("AddUserToGroup", GroupName=group, UserName=user)
        equal([u["UserName"] for u in self.ram("ListUsersForGroup", GroupName=group)["Users"]["User"]], [user])
        self.refused(lambda: self.ram("DeleteGroup", GroupName=group), "DeleteConflict.Group.User", 409)
        self.ram("RemoveUserFromGroup", GroupName=group, UserName=user)
        self.ram("DeleteGroup", GroupName=group)
        self.ram("DeleteUser", UserName=user)

    def pages(self):
        users = [self.name + ".page%d" % i for i in range(3)]
        for user in users:
            self.ram("CreateUser", UserName=user)
        seen, marker = [], {}
        while True:
            page = self.ram("ListUsers", MaxItems=2, **marker)
            assert len(page["Users"]["User"]) <= 2
            seen += [u["UserName"] for u in page["Users"]["User"]]
            if str(page["IsTruncated"]).lower() == "false":
                break
            marker = {"Marker": page["Marker"]}
        equal([u for u in seen if u in users], users)
        for user in users:
            self.ram("DeleteUser", UserName=user)

    def role(self):
        role = self.name + "-role"
        made = self.ram("CreateRole", RoleName=role, AssumeRolePolicyDocument=TRUST, Description="of a check")["Role"]
        assert made["Arn"].lower().endswith(":role/" + role.lower())
        self.ram("AttachPolicyToRole", PolicyName="AliyunOSSReadOnlyAccess", PolicyType="System", RoleName=role)
        equal([p["PolicyName"] for p in self.ram("ListPoliciesForRole", RoleName=role)["Policies"]["Policy"]], ["AliyunOSSReadOnlyAccess"])
        self.refused(lambda: self.ram("DeleteRole", RoleName=role), "DeleteConflict.Role.Policy", 409)
        self.ram("DetachPolicyFromRole", PolicyName="AliyunOSSReadOnlyAccess", PolicyType="System", RoleName=role)
        self.ram("DeleteRole", RoleName=role)
        self.refused(lambda: self.ram("GetRole", RoleName=role), "EntityNotExist.Role", 404)

    def network(self):
        def vpc(action, **parameters):
            return self.call("vpc", action, dict(parameters, RegionId=REGION))

        made = vpc("CreateVpc", CidrBlock="10.2.0.0/16", VpcName=self.name)["VpcId"]
        one = vpc("DescribeVpcs", VpcId=made)["Vpcs"]["Vpc"][0]
        equal((one["CidrBlock"], one["VpcName"], one["Status"]), ("10.2.0.0/16", self.name, "Available"))
        switch = vpc("CreateVSwitch", VpcId=made, ZoneId="cn-hangzhou-h", CidrBlock="10.2.1.0/24", VSwitchName=self.name)["VSwitchId"]
        found = vpc("DescribeVSwitches", VpcId=made)["VSwitches"]["VSwitch"]
        equal([(s["VSwitchId"], s["ZoneId"], s["CidrBlock"]) for s in found], [(switch, "cn-hangzhou-h", "10.2.1.0/24")])
        self.refused(lambda: vpc("DeleteVpc", VpcId=made), None, 400)
        vpc("DeleteVSwitch", VSwitchId=switch)
        vpc("DeleteVpc", VpcId=made)
        equal(vpc("DescribeVpcs", VpcId=made)["Vpcs"]["Vpc"], [])

    def scenarios(self):
        return [(step.__name__, step) for step in (self.identity, self.user, self.policy, self.group, self.pages, self.role, self.network)]
