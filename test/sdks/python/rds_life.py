"""The life of a database instance, for both generations of clients. A client is a
function: call(product, action, parameters) returns the answer, with the members
as the API names them."""

from checks import OURS, REGION, equal

TAG = OURS + "-tag"


class Life:
    def __init__(self, call, refused, variant=""):
        self.call, self.refused = call, refused
        self.token = OURS + variant
        self.tag = TAG + variant
        self.id = None

    def rds(self, action, **parameters):
        return self.call("rds", action, parameters)

    def inside(self, action, **parameters):
        return self.call("rds", action, dict(parameters, DBInstanceId=self.id))

    def regions(self):
        found = self.rds("DescribeRegions")["Regions"]["RDSRegion"]
        assert any(r["RegionId"] == REGION for r in found)
        found = self.rds("DescribeAvailableZones", RegionId=REGION, Engine="MySQL", EngineVersion="8.0")["AvailableZones"]
        assert found

    def create(self):
        vpc = self.call("vpc", "DescribeVpcs", {"RegionId": REGION, "IsDefault": True})["Vpcs"]["Vpc"][0]
        wanted = dict(
            RegionId=REGION, Engine="MySQL", EngineVersion="5.7", DBInstanceClass="rds.mysql.t1.small", DBInstanceStorage=20,
            DBInstanceNetType="Intranet", SecurityIPList="127.0.0.1", PayType="Postpaid", InstanceNetworkType="VPC",
            VPCId=vpc["VpcId"], VSwitchId=vpc["VSwitchIds"]["VSwitchId"][0], ZoneIdSlave1="Auto", ClientToken=self.token,
            DBInstanceDescription="a-check")
        made = self.rds("CreateDBInstance", **wanted)
        self.id = made["DBInstanceId"]
        equal((made["ConnectionString"], str(made["Port"])), ("%s.mysql.rds.aliyuncs.com" % self.id, "3306"))
        equal(self.rds("CreateDBInstance", **wanted)["DBInstanceId"], self.id, "the instance of the same token")
        self.refused(lambda: self.rds("CreateDBInstance", **dict(wanted, DBInstanceStorage=25)), "IdempotentParameterMismatch", 400)
        self.refused(lambda: self.rds("CreateDBInstance", **dict(wanted, ClientToken=self.token + "-2", Engine="Oracle")), None, 400)

    def attribute(self):
        one = self.inside("DescribeDBInstanceAttribute")["Items"]["DBInstanceAttribute"][0]
        equal((one["DBInstanceStatus"], int(one["DBInstanceStorage"]), one["DBInstanceDescription"], one["Engine"]), ("Running", 20, "a-check", "MySQL"))
        assert one["ResourceGroupId"] and one["MaintainTime"] and one["CreationTime"]
        self.inside("ModifyDBInstanceDescription", DBInstanceDescription="another check".replace(" ", "-"))
        one = self.inside("DescribeDBInstanceAttribute")["Items"]["DBInstanceAttribute"][0]
        equal(one["DBInstanceDescription"], "another-check")

    def tags(self):
        self.rds("TagResources", RegionId=REGION, ResourceType="INSTANCE", ResourceIds=[self.id], Tags=[{"Key": self.tag, "Value": "rds é"}, {"Key": "second", "Value": "2"}])
        found = self.rds("ListTagResources", RegionId=REGION, ResourceType="INSTANCE", ResourceIds=[self.id])["TagResources"]["TagResource"]
        equal(sorted((t["TagKey"], t["TagValue"], t["ResourceType"]) for t in found),
              sorted([(self.tag, "rds é", "ALIYUN::RDS::INSTANCE"), ("second", "2", "ALIYUN::RDS::INSTANCE")]))
        self.rds("UntagResources", RegionId=REGION, ResourceType="INSTANCE", ResourceIds=[self.id], TagKeys=["second"])

    def list(self):
        found = self.rds("DescribeDBInstances", RegionId=REGION, Tags='{"%s":"rds é"}' % self.tag)
        equal(([i["DBInstanceId"] for i in found["Items"]["DBInstance"]], int(found["TotalRecordCount"])), ([self.id], 1))
        none = self.rds("DescribeDBInstances", RegionId=REGION, Tags='{"%s":"other"}' % self.tag)
        equal((none["Items"]["DBInstance"], int(none["TotalRecordCount"])), ([], 0))

    def connections(self):
        internal = self.inside("DescribeDBInstanceNetInfo")["DBInstanceNetInfos"]["DBInstanceNetInfo"]
        equal([n["Port"] for n in internal], ["3306"])
        self.inside("AllocateInstancePublicConnection", ConnectionStringPrefix="pub" + self.id[-10:], Port="3306")
        both = self.inside("DescribeDBInstanceNetInfo")["DBInstanceNetInfos"]["DBInstanceNetInfo"]
        public = [n for n in both if n["ConnectionStringType"] != "Normal" or n["IPType"] == "Public"]
        equal([n["IPType"] for n in public], ["Public"])
        self.inside("ReleaseInstancePublicConnection", CurrentConnectionString=public[0]["ConnectionString"])
        equal(len(self.inside("DescribeDBInstanceNetInfo")["DBInstanceNetInfos"]["DBInstanceNetInfo"]), 1)

    def accounts(self):
        password = "Sesame+open_1&2"
        self.inside("CreateAccount", AccountName="checker", AccountPassword=password, AccountType="Normal")
        self.refused(lambda: self.inside("CreateAccount", AccountName="checker", AccountPassword=password), "InvalidAccountName.Duplicate", 400)
        self.inside("CreateDatabase", DBName="orders", CharacterSetName="utf8mb4", DBDescription="orders")
        self.inside("GrantAccountPrivilege", AccountName="checker", DBName="orders", AccountPrivilege="ReadOnly")
        account = self.inside("DescribeAccounts", AccountName="checker")["Accounts"]["DBInstanceAccount"][0]
        equal((account["AccountStatus"], account["AccountType"]), ("Available", "Normal"))
        equal([(p["DBName"], p["AccountPrivilege"]) for p in account["DatabasePrivileges"]["DatabasePrivilege"]], [("orders", "ReadOnly")])
        database = self.inside("DescribeDatabases", DBName="orders")["Databases"]["Database"][0]
        equal((database["CharacterSetName"], database["DBStatus"]), ("utf8mb4", "Running"))
        equal([p["Account"] for p in database["Accounts"]["AccountPrivilegeInfo"]], ["checker"])
        self.inside("ResetAccountPassword", AccountName="checker", AccountPassword=password + "x")
        self.inside("RevokeAccountPrivilege", AccountName="checker", DBName="orders")
        database = self.inside("DescribeDatabases", DBName="orders")["Databases"]["Database"][0]
        equal(database["Accounts"]["AccountPrivilegeInfo"], [], "the accounts of a database that none may use")
        self.refused(lambda: self.inside("GrantAccountPrivilege", AccountName="checker", DBName="none", AccountPrivilege="ReadOnly"), "InvalidDB.NotFound", 404)
        self.inside("DeleteDatabase", DBName="orders")
        self.inside("DeleteAccount", AccountName="checker")

    def whitelist(self):
        self.inside("ModifySecurityIps", DBInstanceIPArrayName="apps", SecurityIps="10.0.0.0/8,192.168.1.1")
        groups = self.inside("DescribeDBInstanceIPArrayList")["Items"]["DBInstanceIPArray"]
        equal([g["SecurityIPList"] for g in groups if g["DBInstanceIPArrayName"] == "apps"], ["10.0.0.0/8,192.168.1.1"])

    def settings(self):
        self.inside("ModifyDBInstanceMaintainTime", MaintainTime="18:00Z-22:00Z")
        one = self.inside("DescribeDBInstanceAttribute")["Items"]["DBInstanceAttribute"][0]
        equal(one["MaintainTime"], "18:00Z-22:00Z")
        assert self.inside("DescribeParameters")["RunningParameters"]["DBInstanceParameter"]
        assert self.inside("DescribeBackupPolicy")["PreferredBackupPeriod"]
        self.inside("DescribeDBInstanceSSL")

    def grow(self):
        self.inside("ModifyDBInstanceSpec", PayType="Postpaid", DBInstanceStorage=30)
        one = self.inside("DescribeDBInstanceAttribute")["Items"]["DBInstanceAttribute"][0]
        equal((int(one["DBInstanceStorage"]), one["DBInstanceStatus"]), (30, "Running"))
        self.refused(lambda: self.inside("ModifyDBInstanceSpec", PayType="Postpaid", DBInstanceStorage=20), "InvalidStorageSize.Direction", 400)

    def delete(self):
        self.inside("ModifyDBInstanceDeletionProtection", DeletionProtection=True)
        self.refused(lambda: self.inside("DeleteDBInstance"), None, 400)
        self.inside("ModifyDBInstanceDeletionProtection", DeletionProtection=False)
        self.inside("DeleteDBInstance")
        self.refused(lambda: self.inside("DescribeDBInstanceAttribute"), "InvalidDBInstanceId.NotFound", 404)

    def engines(self):
        """The other engines, in pages of one; each has its own rules for accounts."""
        tag, made = self.tag + "-engine", []
        for engine, version, kind, zone in (("PostgreSQL", "15.0", "pg.n2.2c.2m", "cn-hangzhou-h"), ("MariaDB", "10.6", "mariadb.n2.medium.2c", "cn-hangzhou-h")):
            made.append(self.rds("CreateDBInstance", RegionId=REGION, Engine=engine, EngineVersion=version, DBInstanceClass=kind, DBInstanceStorage=20,
                                 DBInstanceStorageType="cloud_essd", DBInstanceNetType="Intranet", SecurityIPList="127.0.0.1", PayType="Postpaid", InstanceNetworkType="VPC",
                                 VPCId="vpc-cnhangzhou0default", VSwitchId="vsw-cnhangzhou0h", ZoneIdSlave1="Auto", ClientToken=self.token + engine)["DBInstanceId"])
        self.rds("TagResources", RegionId=REGION, ResourceType="INSTANCE", ResourceIds=made, Tags=[{"Key": tag, "Value": "1"}])
        seen = []
        for number in (1, 2, 3):
            page = self.rds("DescribeDBInstances", RegionId=REGION, Tags='{"%s":"1"}' % tag, PageSize=30, PageNumber=number)
            equal((int(page["TotalRecordCount"]), int(page["PageNumber"])), (2, number))
            seen += [(i["DBInstanceId"], i["Engine"]) for i in page["Items"]["DBInstance"]]
        equal(sorted(seen), sorted(zip(made, ("PostgreSQL", "MariaDB"))))
        ports = []
        for self.id in made:
            self.inside("CreateAccount", AccountName="checker", AccountPassword="Sesame+open_1&2", AccountType="Normal")
            self.inside("CreateDatabase", DBName="orders", CharacterSetName="UTF8,C,en_US.utf8" if self.id == made[0] else "utf8mb4")
            ports.append(self.inside("DescribeDBInstanceNetInfo")["DBInstanceNetInfos"]["DBInstanceNetInfo"][0]["Port"])
            equal(self.inside("DescribeDatabases", DBName="orders")["Databases"]["Database"][0]["CharacterSetName"].lower(), "utf8" if self.id == made[0] else "utf8mb4")
            self.inside("DeleteDatabase", DBName="orders")
            self.inside("DeleteAccount", AccountName="checker")
            self.inside("DeleteDBInstance")
        equal(ports, ["5432", "3306"])

    def missing(self):
        self.refused(lambda: self.rds("DescribeDBInstanceAttribute", DBInstanceId="rm-none"), "InvalidDBInstanceId.NotFound", 404)
        self.refused(lambda: self.rds("DeleteDBInstance", DBInstanceId="rm-none"), "InvalidDBInstanceId.NotFound", 404)

    def scenarios(self):
        return [("rds-" + step.__name__, step) for step in (
            self.regions, self.create, self.attribute, self.tags, self.list, self.connections, self.accounts, self.whitelist,
            self.settings, self.grow, self.delete, self.engines, self.missing)]
