package checks;

import static checks.Checks.ADDRESS;
import static checks.Checks.KEY_ID;
import static checks.Checks.KEY_SECRET;
import static checks.Checks.OURS;
import static checks.Checks.REGION;
import static checks.Checks.equal;
import static checks.Checks.holds;
import static checks.Checks.scenario;

import com.aliyun.tea.TeaException;
import com.aliyun.tea.TeaModel;
import com.aliyun.teaopenapi.models.Config;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * TeaChecks runs rds20140815, ram20150501 and sts20150401. A call goes by the name of its action through
 * the package's own request and response, whose members are named as the API names them.
 */
class TeaChecks {
    static final String RDS = "rds20140815";
    static final String RAM = "ram20150501";
    static final String STS = "sts20150401";

    private final Map<String, Object> clients = new LinkedHashMap<>();
    private String instance;

    private TeaChecks(String id, String secret) throws Exception {
        this(new Config().setAccessKeyId(id).setAccessKeySecret(secret));
    }

    /** TeaChecks takes an access key, and lets its endpoint be the emulator's where it has none. */
    TeaChecks(Config config) throws Exception {
        if (config.getEndpoint() == null) {
            config.setEndpoint(ADDRESS).setProtocol(Checks.PLAIN == null ? "HTTP" : "HTTPS");
        }
        config.setRegionId(REGION);
        for (String product : List.of(RDS, RAM, STS)) {
            clients.put(product, Class.forName("com.aliyun." + product + ".Client").getConstructor(Config.class).newInstance(config));
        }
    }

    static void all() throws Exception {
        life();
        scenario("wrong-keys", new TeaChecks(KEY_ID, KEY_SECRET)::wrongKeys);
    }

    /** life takes a user, a role and an instance from their creation to their deletion. */
    static void life() throws Exception {
        TeaChecks c = new TeaChecks(KEY_ID, KEY_SECRET);
        scenario("identity", c::identity);
        scenario("user", c::user);
        scenario("policy", c::policy);
        scenario("group", c::group);
        scenario("role", c::role);
        scenario("rds-create", c::create);
        scenario("rds-list", c::list);
        scenario("rds-attribute", c::attribute);
        scenario("rds-connections", c::connections);
        scenario("rds-accounts", c::accounts);
        scenario("rds-whitelist", c::whitelist);
        scenario("rds-tags", c::tags);
        scenario("rds-settings", c::settings);
        scenario("rds-grow", c::grow);
        scenario("rds-delete", c::delete);
        scenario("rds-missing", c::missing);
    }

    /** call answers the body of the response as the API spells it. */
    Map<String, Object> call(String product, String action, Object... members) throws Throwable {
        Map<String, Object> given = new LinkedHashMap<>();
        for (int i = 0; i < members.length; i += 2) {
            given.put((String) members[i], members[i + 1]);
        }
        Object client = clients.get(product);
        String name = Character.toLowerCase(action.charAt(0)) + action.substring(1);
        for (Method method : client.getClass().getMethods()) {
            if (method.getName().equals(name)) {
                Object response;
                try {
                    response = method.getParameterCount() == 0 ? method.invoke(client)
                            : method.invoke(client, TeaModel.build(given, (TeaModel) method.getParameterTypes()[0].getConstructor().newInstance()));
                } catch (java.lang.reflect.InvocationTargetException e) {
                    throw e.getCause();
                }
                return ((TeaModel) response.getClass().getMethod("getBody").invoke(response)).toMap();
            }
        }
        throw new AssertionError("the package lacks " + action);
    }

    private Map<String, Object> inside(String action, Object... members) throws Throwable {
        Object[] all = new Object[members.length + 2];
        all[0] = "DBInstanceId";
        all[1] = instance;
        System.arraycopy(members, 0, all, 2, members.length);
        return call(RDS, action, all);
    }

    /** at follows names and places in lists. */
    static Object at(Object value, Object... path) {
        for (Object step : path) {
            value = step instanceof Integer place ? ((List<?>) value).get(place) : ((Map<?, ?>) value).get(step);
        }
        return value;
    }

    static void refused(int status, String code, Checks.Scenario call) throws Throwable {
        try {
            call.run();
        } catch (TeaException e) {
            holds("the code is " + e.getCode() + ", and " + code + " is due", e.getCode().equals(code));
            equal("the status", e.getStatusCode(), status);
            return;
        }
        throw new AssertionError("there was an answer where " + code + " is due");
    }

    private void identity() throws Throwable {
        equal("identity", at(call(STS, "GetCallerIdentity"), "IdentityType"), "Account");
    }

    private void user() throws Throwable {
        String user = OURS + ".user";
        String comments = "by a check + a*b~c/d é=&%20";
        equal("comments", at(call(RAM, "CreateUser", "UserName", user, "Comments", comments), "User", "Comments"), comments);
        refused(409, "EntityAlreadyExists.User", () -> call(RAM, "CreateUser", "UserName", user));
        Object key = at(call(RAM, "CreateAccessKey", "UserName", user), "AccessKey", "AccessKeyId");
        refused(409, "DeleteConflict.User.AccessKey", () -> call(RAM, "DeleteUser", "UserName", user));
        call(RAM, "DeleteAccessKey", "UserName", user, "UserAccessKeyId", key);
        call(RAM, "DeleteUser", "UserName", user);
        refused(404, "EntityNotExist.User", () -> call(RAM, "GetUser", "UserName", user));
    }

    private void policy() throws Throwable {
        String user = OURS + ".holder";
        String policy = OURS + "-policy";
        String document = "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"oss:Get*\",\"Resource\":\"*\"}]}";
        call(RAM, "CreateUser", "UserName", user);
        equal("version", at(call(RAM, "CreatePolicy", "PolicyName", policy, "PolicyDocument", document), "Policy", "DefaultVersion"), "v1");
        refused(400, "MalformedPolicyDocument", () -> call(RAM, "CreatePolicy", "PolicyName", policy + "2", "PolicyDocument", "{}"));
        Object[] attachment = {"PolicyType", "Custom", "PolicyName", policy, "UserName", user};
        call(RAM, "AttachPolicyToUser", attachment);
        refused(409, "EntityAlreadyExists.User.Policy", () -> call(RAM, "AttachPolicyToUser", attachment));
        equal("attached", at(call(RAM, "ListPoliciesForUser", "UserName", user), "Policies", "Policy", 0, "PolicyName"), policy);
        refused(409, "DeleteConflict.Policy.User", () -> call(RAM, "DeletePolicy", "PolicyName", policy));
        call(RAM, "DetachPolicyFromUser", attachment);
        call(RAM, "DeletePolicy", "PolicyName", policy);
        call(RAM, "DeleteUser", "UserName", user);
    }

    private void group() throws Throwable {
        String group = OURS + "-group";
        String user = OURS + ".member";
        call(RAM, "CreateGroup", "GroupName", group, "Comments", "é");
        call(RAM, "CreateUser", "UserName", user);
        call(RAM, "AddUserToGroup", "GroupName", group, "UserName", user);
        equal("member", at(call(RAM, "ListUsersForGroup", "GroupName", group), "Users", "User", 0, "UserName"), user);
        refused(409, "DeleteConflict.Group.User", () -> call(RAM, "DeleteGroup", "GroupName", group));
        call(RAM, "RemoveUserFromGroup", "GroupName", group, "UserName", user);
        call(RAM, "DeleteGroup", "GroupName", group);
        call(RAM, "DeleteUser", "UserName", user);
    }

    private void grow() throws Throwable {
        inside("ModifyDBInstanceSpec", "PayType", "Postpaid", "DBInstanceStorage", 30);
        equal("storage", at(inside("DescribeDBInstanceAttribute"), "Items", "DBInstanceAttribute", 0, "DBInstanceStorage"), 30);
        refused(400, "InvalidStorageSize.Direction", () -> inside("ModifyDBInstanceSpec", "PayType", "Postpaid", "DBInstanceStorage", 20));
    }

    private void role() throws Throwable {
        String role = OURS + "-role";
        String trust = "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"Service\":[\"ecs.aliyuncs.com\"]}}]}";
        call(RAM, "CreateRole", "RoleName", role, "AssumeRolePolicyDocument", trust);
        equal("role", at(call(RAM, "GetRole", "RoleName", role), "Role", "RoleName"), role);
        call(RAM, "DeleteRole", "RoleName", role);
    }

    private void create() throws Throwable {
        Object[] wanted = {
            "RegionId", REGION, "Engine", "MySQL", "EngineVersion", "5.7", "DBInstanceClass", "rds.mysql.t1.small", "DBInstanceStorage", 20,
            "DBInstanceNetType", "Intranet", "SecurityIPList", "127.0.0.1", "PayType", "Postpaid", "InstanceNetworkType", "VPC",
            "VPCId", "vpc-cnhangzhou0default", "VSwitchId", "vsw-cnhangzhou0h", "ZoneIdSlave1", "Auto", "ClientToken", OURS, "DBInstanceDescription", "a-check",
        };
        Map<String, Object> made = call(RDS, "CreateDBInstance", wanted);
        instance = (String) made.get("DBInstanceId");
        equal("connection", made.get("ConnectionString"), instance + ".mysql.rds.aliyuncs.com");
        equal("the instance of the same token", call(RDS, "CreateDBInstance", wanted).get("DBInstanceId"), instance);
        wanted[9] = 25;
        refused(400, "IdempotentParameterMismatch", () -> call(RDS, "CreateDBInstance", wanted));
    }

    private void list() throws Throwable {
        Map<String, Object> found = call(RDS, "DescribeDBInstances", "RegionId", REGION, "DBInstanceId", instance);
        equal("instances", List.of(found.get("TotalRecordCount"), at(found, "Items", "DBInstance", 0, "DBInstanceId")), List.of(1, instance));
        equal("read-only instances", at(found, "Items", "DBInstance", 0, "ReadOnlyDBInstanceIds", "ReadOnlyDBInstanceId"), List.of());
    }

    private void attribute() throws Throwable {
        Object one = at(inside("DescribeDBInstanceAttribute"), "Items", "DBInstanceAttribute", 0);
        equal("instance", List.of(at(one, "DBInstanceStatus"), at(one, "DBInstanceStorage"), at(one, "DBInstanceDescription")), List.of("Running", 20, "a-check"));
        for (String member : List.of("ResourceGroupId", "MaintainTime", "ServerlessConfig", "SlaveZones", "Extra", "CreationTime")) {
            holds(member, at(one, member) != null);
        }
    }

    private void connections() throws Throwable {
        equal("port", at(inside("DescribeDBInstanceNetInfo"), "DBInstanceNetInfos", "DBInstanceNetInfo", 0, "Port"), "3306");
    }

    private void accounts() throws Throwable {
        inside("CreateAccount", "AccountName", "checker", "AccountPassword", "Sesame+open_1&2");
        refused(400, "InvalidAccountName.Duplicate", () -> inside("CreateAccount", "AccountName", "checker", "AccountPassword", "Sesame+open_1&2"));
        inside("CreateDatabase", "DBName", "orders", "CharacterSetName", "utf8mb4");
        inside("GrantAccountPrivilege", "AccountName", "checker", "DBName", "orders", "AccountPrivilege", "ReadWrite");
        Object account = at(inside("DescribeAccounts", "AccountName", "checker"), "Accounts", "DBInstanceAccount", 0);
        equal("account", List.of(at(account, "AccountStatus"), at(account, "DatabasePrivileges", "DatabasePrivilege", 0, "DBName")), List.of("Available", "orders"));
        equal("database", at(inside("DescribeDatabases"), "Databases", "Database", 0, "CharacterSetName"), "utf8mb4");
        inside("RevokeAccountPrivilege", "AccountName", "checker", "DBName", "orders");
        equal("privileges at the end", at(inside("DescribeDatabases"), "Databases", "Database", 0, "Accounts", "AccountPrivilegeInfo"), List.of());
        inside("DeleteDatabase", "DBName", "orders");
        inside("DeleteAccount", "AccountName", "checker");
    }

    private void whitelist() throws Throwable {
        inside("ModifySecurityIps", "DBInstanceIPArrayName", "apps", "SecurityIps", "10.0.0.0/8,192.168.1.1");
        List<?> groups = (List<?>) at(inside("DescribeDBInstanceIPArrayList"), "Items", "DBInstanceIPArray");
        holds("the group", groups.stream().anyMatch(g -> "apps".equals(at(g, "DBInstanceIPArrayName")) && "10.0.0.0/8,192.168.1.1".equals(at(g, "SecurityIPList"))));
    }

    private void tags() throws Throwable {
        call(RDS, "TagResources", "RegionId", REGION, "ResourceType", "INSTANCE", "ResourceId", List.of(instance), "Tag", List.of(Map.of("Key", "k", "Value", "é")));
        Object tag = at(call(RDS, "ListTagResources", "RegionId", REGION, "ResourceType", "INSTANCE", "ResourceId", List.of(instance)), "TagResources", "TagResource", 0);
        equal("tag", List.of(at(tag, "TagKey"), at(tag, "TagValue"), at(tag, "ResourceType")), List.of("k", "é", "ALIYUN::RDS::INSTANCE"));
        call(RDS, "UntagResources", "RegionId", REGION, "ResourceType", "INSTANCE", "ResourceId", List.of(instance), "TagKey", List.of("k"));
    }

    private void settings() throws Throwable {
        inside("ModifyDBInstanceMaintainTime", "MaintainTime", "18:00Z-22:00Z");
        equal("maintenance window", at(inside("DescribeDBInstanceAttribute"), "Items", "DBInstanceAttribute", 0, "MaintainTime"), "18:00Z-22:00Z");
        holds("parameters", at(inside("DescribeParameters"), "RunningParameters", "DBInstanceParameter") != null);
        holds("backups", at(inside("DescribeBackupPolicy"), "PreferredBackupPeriod") != null);
        inside("DescribeDBInstanceSSL");
    }

    private void delete() throws Throwable {
        inside("DeleteDBInstance");
        missing();
    }

    private void missing() throws Throwable {
        refused(404, "InvalidDBInstanceId.NotFound", () -> call(RDS, "DescribeDBInstanceAttribute", "DBInstanceId", instance == null ? "rm-none" : instance));
    }

    private void wrongKeys() throws Throwable {
        refused(400, "SignatureDoesNotMatch", () -> new TeaChecks(KEY_ID, "wrong").call(RDS, "DescribeRegions"));
        refused(404, "InvalidAccessKeyId.NotFound", () -> new TeaChecks("LTAInobody", "x").call(RAM, "GetUser", "UserName", "any"));
    }
}
