// @alicloud/rds20140815: the life of a database instance.
import assert from 'node:assert/strict';
import { client, key, models, ours, refused, scenario } from './clients.mjs';

const rds = client('@alicloud/rds20140815');
const m = models('@alicloud/rds20140815');
const regionId = 'cn-hangzhou';
let DBInstanceId;
let connectionString;

await scenario('regions', async () => {
  const regions = await rds.describeRegions(new m.DescribeRegionsRequest({}));
  assert.ok(regions.body.regions.RDSRegion.some((r) => r.regionId === regionId));
});

await scenario('create', async () => {
  const wanted = {
    regionId, engine: 'MySQL', engineVersion: '5.7', DBInstanceClass: 'rds.mysql.t1.small', DBInstanceStorage: 20,
    DBInstanceNetType: 'Intranet', securityIPList: '127.0.0.1', payType: 'Postpaid', instanceNetworkType: 'VPC',
    VPCId: 'vpc-cnhangzhou0default', vSwitchId: 'vsw-cnhangzhou0h', zoneIdSlave1: 'Auto', clientToken: ours,
    DBInstanceDescription: 'a-check', tag: [new m.CreateDBInstanceRequestTag({ key: ours, value: 'rds é' })],
  };
  const { body: made } = await rds.createDBInstance(new m.CreateDBInstanceRequest(wanted));
  assert.equal(made.connectionString, `${made.DBInstanceId}.mysql.rds.aliyuncs.com`);
  assert.equal(made.port, '3306');
  ({ DBInstanceId, connectionString } = made);

  // The token makes the request idempotent, for the same parameters.
  const { body: same } = await rds.createDBInstance(new m.CreateDBInstanceRequest(wanted));
  assert.equal(same.DBInstanceId, DBInstanceId);
  await refused(rds.createDBInstance(new m.CreateDBInstanceRequest({ ...wanted, DBInstanceStorage: 25 })), 'IdempotentParameterMismatch', 400);
});

await scenario('list', async () => {
  const { body: list } = await rds.describeDBInstances(new m.DescribeDBInstancesRequest({ regionId, tags: JSON.stringify({ [ours]: 'rds é' }) }));
  assert.deepEqual(list.items.DBInstance.map((i) => i.DBInstanceId), [DBInstanceId]);
  assert.equal(list.totalRecordCount, 1);
  assert.deepEqual(list.items.DBInstance[0].readOnlyDBInstanceIds.readOnlyDBInstanceId, []);
});

await scenario('attribute', async () => {
  const { body: attribute } = await rds.describeDBInstanceAttribute(new m.DescribeDBInstanceAttributeRequest({ DBInstanceId }));
  const [instance] = attribute.items.DBInstanceAttribute;
  assert.equal(instance.DBInstanceStatus, 'Running');
  assert.equal(instance.DBInstanceStorage, 20);
  assert.equal(instance.DBInstanceDescription, 'a-check');
  assert.ok(instance.serverlessConfig && instance.slaveZones?.slaveZone && instance.resourceGroupId && instance.maintainTime);
});

await scenario('connections', async () => {
  const { body: net } = await rds.describeDBInstanceNetInfo(new m.DescribeDBInstanceNetInfoRequest({ DBInstanceId }));
  assert.ok(net.DBInstanceNetInfos.DBInstanceNetInfo.some((i) => i.connectionString === connectionString));
});

await scenario('accounts', async () => {
  await rds.createAccount(new m.CreateAccountRequest({ DBInstanceId, accountName: 'checker', accountPassword: 'Sesame+open_1&2' }));
  await refused(rds.createAccount(new m.CreateAccountRequest({ DBInstanceId, accountName: 'checker', accountPassword: 'Sesame+open_1&2' })), 'InvalidAccountName.Duplicate', 400);
  await rds.createDatabase(new m.CreateDatabaseRequest({ DBInstanceId, DBName: 'orders', characterSetName: 'utf8mb4' }));
  await rds.grantAccountPrivilege(new m.GrantAccountPrivilegeRequest({ DBInstanceId, accountName: 'checker', DBName: 'orders', accountPrivilege: 'ReadWrite' }));
  const { body: accounts } = await rds.describeAccounts(new m.DescribeAccountsRequest({ DBInstanceId, accountName: 'checker' }));
  const [account] = accounts.accounts.DBInstanceAccount;
  assert.equal(account.accountStatus, 'Available');
  assert.deepEqual(account.databasePrivileges.databasePrivilege.map((p) => [p.DBName, p.accountPrivilege]), [['orders', 'ReadWrite']]);
  const { body: databases } = await rds.describeDatabases(new m.DescribeDatabasesRequest({ DBInstanceId }));
  assert.deepEqual(databases.databases.database.map((d) => [d.DBName, d.characterSetName]), [['orders', 'utf8mb4']]);
  await rds.revokeAccountPrivilege(new m.RevokeAccountPrivilegeRequest({ DBInstanceId, accountName: 'checker', DBName: 'orders' }));
  await rds.deleteAccount(new m.DeleteAccountRequest({ DBInstanceId, accountName: 'checker' }));
  await refused(rds.deleteAccount(new m.DeleteAccountRequest({ DBInstanceId, accountName: 'checker' })), 'InvalidAccountName.NotFound', 404);
});

await scenario('whitelist', async () => {
  await rds.modifySecurityIps(new m.ModifySecurityIpsRequest({ DBInstanceId, DBInstanceIPArrayName: 'apps', securityIps: '10.0.0.0/8,192.168.1.1' }));
  const { body: groups } = await rds.describeDBInstanceIPArrayList(new m.DescribeDBInstanceIPArrayListRequest({ DBInstanceId }));
  assert.ok(groups.items.DBInstanceIPArray.some((g) => g.DBInstanceIPArrayName === 'apps' && g.securityIPList === '10.0.0.0/8,192.168.1.1'));
});

await scenario('tags', async () => {
  await rds.tagResources(new m.TagResourcesRequest({ regionId, resourceType: 'INSTANCE', resourceId: [DBInstanceId], tag: [new m.TagResourcesRequestTag({ key: 'second', value: '2' })] }));
  await rds.untagResources(new m.UntagResourcesRequest({ regionId, resourceType: 'INSTANCE', resourceId: [DBInstanceId], tagKey: [ours] }));
  const { body: tags } = await rds.listTagResources(new m.ListTagResourcesRequest({ regionId, resourceType: 'INSTANCE', resourceId: [DBInstanceId] }));
  assert.deepEqual(tags.tagResources.tagResource.map((t) => [t.tagKey, t.tagValue, t.resourceType]), [['second', '2', 'ALIYUN::RDS::INSTANCE']]);
});

// What consoles and Terraform read of each instance.
await scenario('settings', async () => {
  const { body: parameters } = await rds.describeParameters(new m.DescribeParametersRequest({ DBInstanceId }));
  assert.ok(parameters.runningParameters.DBInstanceParameter);
  await rds.modifyDBInstanceMaintainTime(new m.ModifyDBInstanceMaintainTimeRequest({ DBInstanceId, maintainTime: '18:00Z-22:00Z' }));
  const { body: { items } } = await rds.describeDBInstanceAttribute(new m.DescribeDBInstanceAttributeRequest({ DBInstanceId }));
  assert.equal(items.DBInstanceAttribute[0].maintainTime, '18:00Z-22:00Z');
  const { body: backups } = await rds.describeBackupPolicy(new m.DescribeBackupPolicyRequest({ DBInstanceId }));
  assert.ok(backups.preferredBackupPeriod && backups.preferredBackupTime);
  const { body: ssl } = await rds.describeDBInstanceSSL(new m.DescribeDBInstanceSSLRequest({ DBInstanceId }));
  assert.ok(ssl.requestId);
  const { body: tasks } = await rds.describeTasks(new m.DescribeTasksRequest({ DBInstanceId, startTime: '2020-01-01T00:00Z', endTime: '2099-01-01T00:00Z' }));
  assert.ok(Array.isArray(tasks.items.taskProgressInfo));
});

await scenario('grow', async () => {
  await rds.modifyDBInstanceSpec(new m.ModifyDBInstanceSpecRequest({ DBInstanceId, payType: 'Postpaid', DBInstanceStorage: 30 }));
  const { body: { items } } = await rds.describeDBInstanceAttribute(new m.DescribeDBInstanceAttributeRequest({ DBInstanceId }));
  assert.equal(items.DBInstanceAttribute[0].DBInstanceStorage, 30);
  await refused(rds.modifyDBInstanceSpec(new m.ModifyDBInstanceSpecRequest({ DBInstanceId, payType: 'Postpaid', DBInstanceStorage: 20 })), 'InvalidStorageSize.Direction', 400);
});

await scenario('delete', async () => {
  await rds.modifyDBInstanceDeletionProtection(new m.ModifyDBInstanceDeletionProtectionRequest({ DBInstanceId, deletionProtection: true }));
  await assert.rejects(rds.deleteDBInstance(new m.DeleteDBInstanceRequest({ DBInstanceId })), (e) => e.code.startsWith('OperationDenied.De'));
  await rds.modifyDBInstanceDeletionProtection(new m.ModifyDBInstanceDeletionProtectionRequest({ DBInstanceId, deletionProtection: false }));
  await rds.deleteDBInstance(new m.DeleteDBInstanceRequest({ DBInstanceId }));
  await refused(rds.describeDBInstanceAttribute(new m.DescribeDBInstanceAttributeRequest({ DBInstanceId })), 'InvalidDBInstanceId.NotFound', 404);
});

await scenario('missing', async () => {
  const none = { DBInstanceId: 'rm-none' };
  await refused(rds.describeDBInstanceAttribute(new m.DescribeDBInstanceAttributeRequest(none)), 'InvalidDBInstanceId.NotFound', 404);
  await refused(rds.deleteDBInstance(new m.DeleteDBInstanceRequest(none)), 'InvalidDBInstanceId.NotFound', 404);
});

await scenario('wrong-keys', async () => {
  await refused(client('@alicloud/rds20140815', { id: key.id, secret: 'wrong' }).describeRegions(new m.DescribeRegionsRequest({})), 'SignatureDoesNotMatch', 400);
  await refused(client('@alicloud/rds20140815', { id: 'LTAInobody', secret: 'x' }).describeRegions(new m.DescribeRegionsRequest({})), 'InvalidAccessKeyId.NotFound', 404);
});
