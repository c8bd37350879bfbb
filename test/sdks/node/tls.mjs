// @alicloud/rds20140815, ram20150501, sts20150401 and ali-oss over TLS, and with
// the key of a session. Node trusts the authority of NODE_EXTRA_CA_CERTS.
import assert from 'node:assert/strict';
import { Agent, get } from 'node:https';
import { address, client, key, models, ours, plain, refused, require, scenario } from './clients.mjs';

const OSS = require('ali-oss');
const control = process.env.SDK_CHECK_CONTROL;
const r = models('@alicloud/ram20150501');
const s = models('@alicloud/sts20150401');
const ram = client('@alicloud/ram20150501');
const roleName = `${ours}-assumed`;
const userName = `${ours}.assumer`;
const inRole = { policyType: 'System', policyName: 'AliyunOSSFullAccess', roleName };
const ofUser = { policyType: 'System', policyName: 'AliyunSTSAssumeRoleAccess', userName };
let own;
let session;

// ali-oss connects to the emulator, whatever host a request names.
const [hostname, port] = address.split(':');
class ToEmulator extends Agent {
  createConnection(options, done) {
    return super.createConnection({ ...options, host: hostname, port: Number(port) }, done);
  }
}
const httpsAgent = new ToEmulator();
const store = ({ id, secret, token }, more = {}) => new OSS({
  region: 'oss-cn-hangzhou', internal: true, secure: true, httpsAgent, accessKeyId: id, accessKeySecret: secret, stsToken: token, authorizationV4: true,
  ...more,
});
const browse = (url) => new Promise((resolve, reject) => {
  get(url, { agent: httpsAgent }, async (response) => {
    const chunks = [];
    for await (const chunk of response) {
      chunks.push(chunk);
    }
    resolve([response.statusCode, Buffer.concat(chunks).toString()]);
  }).on('error', reject);
});
const identity = (credentials) => client('@alicloud/sts20150401', credentials).getCallerIdentity();

await scenario('plain-http', async () => {
  await refused(client('@alicloud/ram20150501', key, plain).listUsers(new r.ListUsersRequest({})), 'InvalidProtocol.NeedSsl', 404);
  await refused(client('@alicloud/sts20150401', key, plain).getCallerIdentity(), 'InvalidProtocol.NeedSsl', 404);
});

await import('./rds.mjs');
await import('./ram-sts.mjs');

async function objects(credentials) {
  const oss = store(credentials);
  const bucket = `${ours}-tls`;
  await oss.putBucket(bucket);
  oss.useBucket(bucket);
  await oss.put('a b/é', Buffer.from('body'));
  assert.equal((await oss.get('a b/é')).content.toString(), 'body');
  assert.deepEqual((await oss.listV2({ 'max-keys': 10 })).objects.map((o) => o.name), ['a b/é']);
  assert.deepEqual(await browse(await oss.signatureUrlV4('GET', 60, undefined, 'a b/é')), [200, 'body']);
  await oss.delete('a b/é');
  await oss.deleteBucket(bucket);
}

await scenario('oss', () => objects(key));

// What an account of today refuses.
await scenario('today', async () => {
  const bucket = `${ours}-today`;
  const oss = store(key);
  await oss.putBucket(bucket);
  await refused(store(key, { authorizationV4: false }).listBuckets(), 'AccessDenied', 403);
  await refused(store(key, { internal: false, bucket }).put('a', Buffer.from('1')), 'PublicEndpointForbidden', 400);
  await refused(oss.putBucketACL(bucket, 'public-read'), 'AccessDenied', 403);
  await oss.deleteBucket(bucket);
});

await scenario('assume', async () => {
  const { body: { accountId } } = await identity(key);
  const trust = JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${accountId}:root`] } }] });
  const { body: { role } } = await ram.createRole(new r.CreateRoleRequest({ roleName, assumeRolePolicyDocument: trust }));
  await ram.attachPolicyToRole(new r.AttachPolicyToRoleRequest(inRole));
  await ram.createUser(new r.CreateUserRequest({ userName }));
  await ram.attachPolicyToUser(new r.AttachPolicyToUserRequest(ofUser));
  const { body: { accessKey } } = await ram.createAccessKey(new r.CreateAccessKeyRequest({ userName }));
  own = { id: accessKey.accessKeyId, secret: accessKey.accessKeySecret };
  const { body: { credentials } } = await client('@alicloud/sts20150401', own).assumeRole(new s.AssumeRoleRequest({
    roleArn: role.arn, roleSessionName: 'check', durationSeconds: 900,
  }));
  session = { id: credentials.accessKeyId, secret: credentials.accessKeySecret, token: credentials.securityToken };
  assert.equal((await identity(session)).body.identityType, 'AssumedRoleUser');
});

await scenario('oss-session', async () => {
  await objects(session);
  await refused(store({ ...session, token: `${session.token}x` }).listBuckets(), 'InvalidSecurityToken', 403);
  await refused(store({ ...session, token: undefined }).listBuckets(), 'InvalidAccessKeyId', 403);
  await refused(store({ ...session, secret: 'wrong' }).listBuckets(), 'SignatureDoesNotMatch', 403);
});

// The emulator's clock moves past the end of the session.
await scenario('expired', async () => {
  const answer = await fetch(`${control}/advance?d=16m`, { method: 'POST' });
  assert.equal(answer.status, 200);
  await refused(store(session).listBuckets(), 'SecurityTokenExpired', 403);
  await refused(identity(session), 'InvalidSecurityToken.Expired', 400);
});

await scenario('session-end', async () => {
  await ram.deleteAccessKey(new r.DeleteAccessKeyRequest({ userName, userAccessKeyId: own.id }));
  await ram.detachPolicyFromUser(new r.DetachPolicyFromUserRequest(ofUser));
  await ram.deleteUser(new r.DeleteUserRequest({ userName }));
  await ram.detachPolicyFromRole(new r.DetachPolicyFromRoleRequest(inRole));
  await ram.deleteRole(new r.DeleteRoleRequest({ roleName }));
});
