"""A session of AssumeRole, made by alibabacloud_ram20150501 and generic calls to STS."""

import json

from checks import OURS, equal, refused as refused_as
from tea_checks import Caller, refused

ROLE, USER = OURS + "-assumed", OURS + ".assumer"
IN_ROLE = {"PolicyType": "System", "PolicyName": "AliyunOSSFullAccess", "RoleName": ROLE}
OF_USER = {"PolicyType": "System", "PolicyName": "AliyunSTSAssumeRoleAccess", "UserName": USER}


class Session:
    """A role, a user that may assume it, and the key of the session."""

    def assume(self):
        call = Caller()
        account = call("sts", "GetCallerIdentity", {})["AccountId"]
        trust = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": ["acs:ram::%s:root" % account]}}]})
        role = call("ram", "CreateRole", {"RoleName": ROLE, "AssumeRolePolicyDocument": trust})["Role"]
        call("ram", "AttachPolicyToRole", IN_ROLE)
        call("ram", "CreateUser", {"UserName": USER})
        call("ram", "AttachPolicyToUser", OF_USER)
        self.own = call("ram", "CreateAccessKey", {"UserName": USER})["AccessKey"]
        assume = Caller(key_id=self.own["AccessKeyId"], secret=self.own["AccessKeySecret"])
        got = assume("sts", "AssumeRole", {"RoleArn": role["Arn"], "RoleSessionName": "check", "DurationSeconds": 900})["Credentials"]
        self.key = {"key_id": got["AccessKeyId"], "secret": got["AccessKeySecret"], "token": got["SecurityToken"]}
        equal(Caller(**self.key)("sts", "GetCallerIdentity", {})["IdentityType"], "AssumedRoleUser")
        refused(lambda: Caller(**self.key)("ram", "ListUsers", {}), "NoPermission", 403)
        error = refused_as(Exception, lambda: Caller(**dict(self.key, token=got["SecurityToken"] + "x"))("sts", "GetCallerIdentity", {}))
        assert error.code.startswith("InvalidSecurityToken"), error

    def end(self):
        call = Caller()
        call("ram", "DeleteAccessKey", {"UserName": USER, "UserAccessKeyId": self.own["AccessKeyId"]})
        call("ram", "DetachPolicyFromUser", OF_USER)
        call("ram", "DeleteUser", {"UserName": USER})
        call("ram", "DetachPolicyFromRole", IN_ROLE)
        call("ram", "DeleteRole", {"RoleName": ROLE})
