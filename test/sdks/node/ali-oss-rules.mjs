// ali-oss: options of buckets and objects, versions, lifecycle and CORS.
import assert from 'node:assert/strict';
import { refused } from './clients.mjs';
import { browse, region, withBucket } from './oss.mjs';

export async function ruleScenarios(run, store, hosts) {
  // What a bucket is told to do.
  await run('bucket-options', (variant) => withBucket(store, `${variant}-options`, async (name) => {
    assert.deepEqual((await store.getBucketTags(name)).tag, {});
    await store.putBucketTags(name, { team: 'checkes' });
    assert.deepEqual((await store.getBucketTags(name)).tag, { team: 'checkes' });
    await store.deleteBucketTags(name);
    assert.deepEqual((await store.getBucketTags(name)).tag, {});
    await refused(store.getBucketEncryption(name), 'NoSuchServerSideEncryptionRule', 404);
    await store.putBucketEncryption(name, { SSEAlgorithm: 'AES256' });
    assert.equal((await store.getBucketEncryption(name)).encryption.SSEAlgorithm, 'AES256');
    await store.deleteBucketEncryption(name);
    await refused(store.getBucketWebsite(name), 'NoSuchWebsiteConfiguration', 404);
    await store.putBucketWebsite(name, { index: 'index.html', error: 'error.html' });
    const site = await store.getBucketWebsite(name);
    assert.deepEqual([site.index, site.error], ['index.html', 'error.html']);
    await store.deleteBucketWebsite(name);
    assert.equal((await store.getBucketLogging(name)).enable, false);
    await store.putBucketLogging(name, 'log-');
    assert.deepEqual([(await store.getBucketLogging(name)).enable, (await store.getBucketLogging(name)).prefix], [true, 'log-']);
    await store.deleteBucketLogging(name);
    await store.putBucketReferer(name, false, ['http://www.example.com', 'https://*.example.com']);
    const { allowEmpty, referers } = await store.getBucketReferer(name);
    assert.deepEqual([String(allowEmpty), referers], ['false', ['http://www.example.com', 'https://*.example.com']]);
    await store.deleteBucketReferer(name);
    const policy = { Version: '1', Statement: [{ Effect: 'Allow', Action: ['oss:GetObject'], Principal: ['1000000000000009'], Resource: [`acs:oss:*:*:${name}/*`] }] };
    assert.equal((await store.getBucketPolicy(name)).policy, null);
    await store.putBucketPolicy(name, policy);
    assert.deepEqual((await store.getBucketPolicy(name)).policy, policy);
    await store.deleteBucketPolicy(name);
    assert.equal((await store.getBucketRequestPayment(name)).payer, 'BucketOwner');
    await store.putBucketRequestPayment(name, 'Requester');
    assert.equal((await store.getBucketRequestPayment(name)).payer, 'Requester');
    const { wormId } = await store.initiateBucketWorm(name, '1');
    const worm = await store.getBucketWorm(name);
    assert.deepEqual([worm.wormId, worm.state, worm.days], [wormId, 'InProgress', '1']);
    await store.abortBucketWorm(name);
  }));

  await run('object-options', (variant) => withBucket(store, `${variant}-object-options`, async () => {
    const body = Buffer.from('1');
    await store.put('copied', body);
    await store.putObjectTagging('copied', { kind: 'copy', of: 'a b+c' });
    assert.deepEqual((await store.getObjectTagging('copied')).tag, { kind: 'copy', of: 'a b+c' });
    await store.putObjectTagging('copied', { kind: 'copy' });
    assert.deepEqual((await store.getObjectTagging('copied')).tag, { kind: 'copy' });
    await store.deleteObjectTagging('copied');
    assert.deepEqual((await store.getObjectTagging('copied')).tag, {});
    await store.putSymlink('link', 'copied', { headers: { 'x-oss-meta-of': 'link' } });
    assert.equal((await store.getSymlink('link')).targetName, 'copied');
    assert.ok((await store.get('link')).content.equals(body));
    assert.equal((await store.head('link')).meta.of, 'link');
    await store.putACL('copied', 'public-read');
    assert.equal((await store.getACL('copied')).acl, 'public-read');
  }));

  await run('lifecycle', (variant) => withBucket(store, `${variant}-lifecycle`, async (name) => {
    await store.putBucketLifecycle(name, [
      { id: 'logs', prefix: 'logs/', status: 'Enabled', expiration: { days: 3 } },
      { id: 'cold', prefix: 'cold/', status: 'Disabled', transition: { days: 30, storageClass: 'IA' }, abortMultipartUpload: { days: 2 } },
    ]);
    const { rules } = await store.getBucketLifecycle(name);
    assert.deepEqual([rules[0].id, rules[0].prefix, rules[0].expiration.days], ['logs', 'logs/', '3']);
    assert.deepEqual([rules[1].status, rules[1].transition.days, rules[1].transition.storageClass, rules[1].abortMultipartUpload.days], ['Disabled', '30', 'IA', '2']);
    await store.deleteBucketLifecycle(name);
    await refused(store.getBucketLifecycle(name), 'NoSuchLifecycle', 404);
  }));

  await run('cors', (variant) => withBucket(hosts, `${variant}-cors`, async (name) => {
    await hosts.putBucketCORS(name, [{ allowedOrigin: '*', allowedMethod: ['GET', 'PUT'], allowedHeader: '*', exposeHeader: ['etag'], maxAgeSeconds: '30' }]);
    assert.equal((await hosts.getBucketCORS(name)).rules[0].allowedOrigin, '*');
    await hosts.put('a', Buffer.from('1'), { headers: { 'x-oss-object-acl': 'public-read' } });
    const url = `http://${name}.${region}.aliyuncs.com/a`;
    const preflight = (method) => browse(url, { method: 'OPTIONS', headers: { Origin: 'http://example.com', 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'x-a, x-b' } });
    const admitted = await preflight('PUT');
    assert.equal(admitted.status, 200);
    assert.equal(admitted.headers['access-control-allow-origin'], '*');
    assert.match(admitted.headers['access-control-allow-methods'], /PUT/);
    assert.match(admitted.headers['access-control-allow-headers'], /x-a/);
    assert.equal(admitted.headers['access-control-max-age'], '30');
    assert.equal((await preflight('DELETE')).status, 403);
    const answer = await browse(url, { headers: { Origin: 'http://example.com' } });
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [200, '*']);
    assert.match(answer.headers['access-control-expose-headers'], /etag/i);
    await hosts.deleteBucketCORS(name);
    await refused(hosts.getBucketCORS(name), 'NoSuchCORSConfiguration', 404);
    assert.equal((await preflight('PUT')).status, 403);
  }));

  await run('versions', (variant) => withBucket(store, `${variant}-versions`, async (name) => {
    await store.putBucketVersioning(name, 'Enabled');
    assert.equal((await store.getBucketVersioning(name)).versionStatus, 'Enabled');
    const first = await store.put('copied', Buffer.from('first'));
    const versionId = first.res.headers['x-oss-version-id'];
    await store.put('copied', Buffer.from('second'));
    await store.delete('copied');
    const versions = await store.getBucketVersions({ prefix: 'copied' });
    assert.equal(versions.objects.length, 2);
    assert.equal(versions.deleteMarker.length, 1);
    assert.equal((await store.get('copied', { versionId })).content.toString(), 'first');
    await refused(store.get('copied'), 'NoSuchKey', 404);
    for (const v of [...versions.objects, ...versions.deleteMarker]) {
      await store.delete('copied', { versionId: v.versionId });
    }
    await store.put('last', Buffer.from('x'));
    await refused(store.deleteBucket(name), 'BucketNotEmpty', 409);
  }));
}
