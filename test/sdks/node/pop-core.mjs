// @alicloud/pop-core: RPC signature V1, in the query (GET) and with everything
// in the form (POST), against RDS, RAM, STS and VPC.
import assert from 'node:assert/strict';
import { address, key, ours, refused, require, scenario } from './clients.mjs';

const RPCClient = require('@alicloud/pop-core');
const rpc = (apiVersion, secret = key.secret) => new RPCClient({
  accessKeyId: key.id, accessKeySecret: secret, endpoint: `http://${address}`, apiVersion,
});
const rds = rpc('2014-08-15');
const ram = rpc('2015-05-01');
const sts = rpc('2015-04-01');
const vpc = rpc('2016-04-28');
const RegionId = 'cn-hangzhou';

for (const method of ['GET', 'POST']) {
  const options = { method };
  const run = (name, use) => scenario(`${method}/${name}`, use);

  await run('identity', async () => {
    const me = await sts.request('GetCallerIdentity', {}, options);
    assert.equal(me.IdentityType, 'Account');
  });

  await run('ram', async () => {
    // A value with all that the two encodings spell differently.
    const description = `by ${method} + a*b~c/d é=&%20`;
    const user = `${ours}-${method}`;
    const made = await ram.request('CreateUser', { UserName: user, Comments: description }, options);
    assert.equal(made.User.Comments, description);
    const again = await refused(ram.request('CreateUser', { UserName: user }, options), 'EntityAlreadyExists.User');
    assert.equal(again.entry.response.statusCode, 409);
    assert.match(again.data.RequestId, /^[0-9A-F-]{36}$/);
    await ram.request('DeleteUser', { UserName: user }, options);
  });

  await run('vpc', async () => {
    const made = await vpc.request('CreateVpc', { RegionId, CidrBlock: '10.1.0.0/16', VpcName: `${ours}-${method}` }, options);
    const found = await vpc.request('DescribeVpcs', { RegionId, VpcId: made.VpcId }, options);
    assert.deepEqual(found.Vpcs.Vpc.map((v) => [v.CidrBlock, v.VSwitchIds.VSwitchId, v.SecondaryCidrBlocks.SecondaryCidrBlock]), [['10.1.0.0/16', [], []]]);
    await vpc.request('DeleteVpc', { RegionId, VpcId: made.VpcId }, options);
  });

  await run('rds', async () => {
    const vpcs = await vpc.request('DescribeVpcs', { RegionId, IsDefault: true }, options);
    const { VpcId, VSwitchIds } = vpcs.Vpcs.Vpc[0];
    const instance = await rds.request('CreateDBInstance', {
      RegionId, Engine: 'MySQL', EngineVersion: '5.7', DBInstanceClass: 'rds.mysql.t1.small', DBInstanceStorage: 20,
      DBInstanceNetType: 'Intranet', SecurityIPList: '127.0.0.1', PayType: 'Postpaid', InstanceNetworkType: 'VPC',
      VPCId: VpcId, VSwitchId: VSwitchIds.VSwitchId[0], ZoneIdSlave1: 'Auto', ClientToken: `${ours}-${method}`,
      'Tag.1.Key': 'check', 'Tag.1.Value': method,
    }, options);
    assert.match(instance.DBInstanceId, /^rm-/);

    // pop-core writes the first letter of a parameter in upper case.
    const found = await rds.request('DescribeDBInstances', { regionId: RegionId, tags: JSON.stringify({ check: method }) }, options);
    assert.deepEqual(found.Items.DBInstance.map((i) => i.DBInstanceId), [instance.DBInstanceId]);
    await rds.request('DeleteDBInstance', { DBInstanceId: instance.DBInstanceId }, options);
  });

  await run('missing', async () => {
    await refused(rds.request('DescribeDBInstanceAttribute', { DBInstanceId: 'rm-none' }, options), 'InvalidDBInstanceId.NotFound');
    await refused(ram.request('GetUser', { UserName: 'none' }, options), 'EntityNotExist.User');
  });

  // The string to sign of the answer is the client's own.
  await run('wrong-keys', async () => {
    const error = await refused(rpc('2014-08-15', 'wrong').request('DescribeRegions', {}, options), 'SignatureDoesNotMatch');
    assert.equal(error.entry.response.statusCode, 400);
    assert.ok(error.message.includes(`${method}&%2F&AccessKeyId%3D${key.id}`), error.message);
  });
}
