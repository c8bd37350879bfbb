// @alicloud/ram20150501 and @alicloud/sts20150401: a user, its key and what
// the key may do; groups, roles and sessions.
import assert from 'node:assert/strict';
import { client, models, ours, refused, scenario } from './clients.mjs';

const ram = client('@alicloud/ram20150501');
const m = models('@alicloud/ram20150501');
const userName = `${ours}.user`;
const policyName = `${ours}-policy`;

await scenario('user', async () => {
  const { body: { user } } = await ram.createUser(new m.CreateUserRequest({ userName, displayName: 'A Check', comments: 'a b+c' }));
  assert.equal(user.comments, 'a b+c');
  await refused(ram.createUser(new m.CreateUserRequest({ userName })), 'EntityAlreadyExists.User', 409);
  const { body: got } = await ram.getUser(new m.GetUserRequest({ userName }));
  assert.equal(got.user.userId, user.userId);
});

await scenario('key-and-policy', async () => {
  const { body: { accessKey } } = await ram.createAccessKey(new m.CreateAccessKeyRequest({ userName }));
  const own = { id: accessKey.accessKeyId, secret: accessKey.accessKeySecret };
  const sts = client('@alicloud/sts20150401', own);
  const { body: me } = await sts.getCallerIdentity();
  assert.equal(me.identityType, 'RAMUser');
  assert.ok(me.arn.endsWith(`:user/${userName}`));

  // What no policy allows is refused; what one allows is done.
  const asUser = client('@alicloud/ram20150501', own);
  await refused(asUser.listUsers(new m.ListUsersRequest({})), 'NoPermission', 403);
  const policyDocument = JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: 'ram:ListUsers', Resource: '*' }] });
  const { body: { policy } } = await ram.createPolicy(new m.CreatePolicyRequest({ policyName, policyDocument, description: 'of a check' }));
  assert.equal(policy.defaultVersion, 'v1');
  await refused(ram.createPolicy(new m.CreatePolicyRequest({ policyName: 'malformed', policyDocument: '{}' })), 'MalformedPolicyDocument', 400);
  await ram.attachPolicyToUser(new m.AttachPolicyToUserRequest({ policyType: 'Custom', policyName, userName }));
  await refused(ram.attachPolicyToUser(new m.AttachPolicyToUserRequest({ policyType: 'Custom', policyName, userName })), 'EntityAlreadyExists.User.Policy', 409);
  const { body: users } = await asUser.listUsers(new m.ListUsersRequest({}));
  assert.ok(users.users.user.some((u) => u.userName === userName));
  const { body: attached } = await ram.listPoliciesForUser(new m.ListPoliciesForUserRequest({ userName }));
  assert.deepEqual(attached.policies.policy.map((p) => [p.policyName, p.policyType]), [[policyName, 'Custom']]);

  await ram.updateAccessKey(new m.UpdateAccessKeyRequest({ userName, userAccessKeyId: own.id, status: 'Inactive' }));
  await refused(sts.getCallerIdentity(), 'InvalidAccessKeyId.Inactive', 400);
});

// Nothing goes while something depends on it.
await scenario('removal', async () => {
  const { body: { accessKeys } } = await ram.listAccessKeys(new m.ListAccessKeysRequest({ userName }));
  await refused(ram.deleteUser(new m.DeleteUserRequest({ userName })), 'DeleteConflict.User.AccessKey', 409);
  await ram.deleteAccessKey(new m.DeleteAccessKeyRequest({ userName, userAccessKeyId: accessKeys.accessKey[0].accessKeyId }));
  await refused(ram.deleteUser(new m.DeleteUserRequest({ userName })), 'DeleteConflict.User.Policy', 409);
  await refused(ram.deletePolicy(new m.DeletePolicyRequest({ policyName })), 'DeleteConflict.Policy.User', 409);
  await ram.detachPolicyFromUser(new m.DetachPolicyFromUserRequest({ policyType: 'Custom', policyName, userName }));
  await ram.deletePolicy(new m.DeletePolicyRequest({ policyName }));
  await ram.deleteUser(new m.DeleteUserRequest({ userName }));
  await refused(ram.getUser(new m.GetUserRequest({ userName })), 'EntityNotExist.User', 404);
});

await scenario('group', async () => {
  const groupName = `${ours}-group`;
  const member = `${ours}.member`;
  await ram.createGroup(new m.CreateGroupRequest({ groupName, comments: 'é' }));
  await ram.createUser(new m.CreateUserRequest({ userName: member }));
  const { body: { user } } = await ram.getUser(new m.GetUserRequest({ userName: member }));
  assert.equal(user.displayName ?? '', '', 'a display name is the one that was given');
  await ram.addUserToGroup(new m.AddUserToGroupRequest({ groupName, userName: member }));
  const { body: { groups } } = await ram.listGroupsForUser(new m.ListGroupsForUserRequest({ userName: member }));
  assert.deepEqual(groups.group.map((g) => g.groupName), [groupName]);
  await refused(ram.deleteGroup(new m.DeleteGroupRequest({ groupName })), 'DeleteConflict.Group.User', 409);
  await ram.removeUserFromGroup(new m.RemoveUserFromGroupRequest({ groupName, userName: member }));
  await ram.deleteGroup(new m.DeleteGroupRequest({ groupName }));
  await ram.deleteUser(new m.DeleteUserRequest({ userName: member }));
});

await scenario('role', async () => {
  const roleName = `${ours}-role`;
  const trust = JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['ecs.aliyuncs.com'] } }] });
  const { body: { role } } = await ram.createRole(new m.CreateRoleRequest({
    roleName, assumeRolePolicyDocument: trust, description: 'of a check', tag: [new m.CreateRoleRequestTag({ key: 'team', value: 'é' })],
  }));
  assert.equal(role.maxSessionDuration, 3600);
  const { body: { tagResources } } = await ram.listTagResources(new m.ListTagResourcesRequest({ resourceType: 'role', resourceNames: [roleName] }));
  assert.deepEqual([].concat(tagResources.tagResource ?? tagResources).map((t) => [t.tagKey, t.tagValue]), [['team', 'é']]);
  await ram.deleteRole(new m.DeleteRoleRequest({ roleName }));
  await refused(ram.getRole(new m.GetRoleRequest({ roleName })), 'EntityNotExist.Role', 404);
});

// A session of a role: its key counts with its token only, and is held to the
// session's own policy. The account's own key may not assume roles.
await scenario('session', async () => {
  const s = models('@alicloud/sts20150401');
  const { body: root } = await client('@alicloud/sts20150401').getCallerIdentity();
  assert.equal(root.identityType, 'Account');
  const roleArn = `acs:ram::${root.accountId}:role/EmulatedInstanceRole`;
  const assumer = `${ours}.assumer`;
  const assuming = { policyType: 'System', policyName: 'AliyunSTSAssumeRoleAccess', userName: assumer };
  await ram.createUser(new m.CreateUserRequest({ userName: assumer }));
  await ram.attachPolicyToUser(new m.AttachPolicyToUserRequest(assuming));
  const { body: { accessKey: its } } = await ram.createAccessKey(new m.CreateAccessKeyRequest({ userName: assumer }));
  const token = client('@alicloud/sts20150401', { id: its.accessKeyId, secret: its.accessKeySecret });
  const assume = (more) => token.assumeRole(new s.AssumeRoleRequest({ roleArn, roleSessionName: 'check', durationSeconds: 900, ...more }));
  await refused(assume({ durationSeconds: 60 }), 'InvalidParameter.DurationSeconds', 400);
  const onlyListUsers = JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: 'ram:ListUsers', Resource: '*' }] });
  const { body: { credentials } } = await assume({ policy: onlyListUsers });
  const session = { id: credentials.accessKeyId, secret: credentials.accessKeySecret, token: credentials.securityToken };
  const { body: who } = await client('@alicloud/sts20150401', session).getCallerIdentity();
  assert.equal(who.identityType, 'AssumedRoleUser');
  assert.match(who.arn, /:assumed-role\/EmulatedInstanceRole\/check$/i);
  const inSession = client('@alicloud/ram20150501', session);
  await inSession.listUsers(new m.ListUsersRequest({}));
  await refused(inSession.createUser(new m.CreateUserRequest({ userName })), 'NoPermission', 403);
  await assert.rejects(client('@alicloud/ram20150501', { ...session, token: `${session.token}x` }).listUsers(new m.ListUsersRequest({})),
    (e) => e.code.startsWith('InvalidSecurityToken'));
  await ram.deleteAccessKey(new m.DeleteAccessKeyRequest({ userName: assumer, userAccessKeyId: its.accessKeyId }));
  await ram.detachPolicyFromUser(new m.DetachPolicyFromUserRequest(assuming));
  await ram.deleteUser(new m.DeleteUserRequest({ userName: assumer }));
});
