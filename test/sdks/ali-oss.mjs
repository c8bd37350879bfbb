// ali-oss: buckets and objects, with signature V1 and V4, addressed by path and
// by host.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { address, key, refused, require } from './clients.mjs';

const OSS = require('ali-oss');
const region = 'oss-cn-hangzhou';
const connect = (options) => new OSS({
  region, accessKeyId: key.id, accessKeySecret: key.secret, endpoint: `http://${address}`, ...options,
});
const md5 = (body) => createHash('md5').update(body).digest('hex').toUpperCase();
// fetched gets a URL from the emulator, whatever host it names.
const fetched = (url) => new Promise((resolve, reject) => {
  const { host, pathname, search } = new URL(url);
  const [hostname, port] = address.split(':');
  get({ hostname, port, path: pathname + search, headers: { Host: host } }, async (response) => {
    const chunks = [];
    for await (const chunk of response) {
      chunks.push(chunk);
    }
    const all = Buffer.concat(chunks);
    if (response.statusCode === 200) {
      resolve(all);
    } else {
      reject(new Error(`${url}: ${response.statusCode} ${all}`));
    }
  }).on('error', reject);
});
const emptied = async (store, name) => {
  const { objects = [] } = await store.listV2({ 'max-keys': '1000' });
  if (objects.length > 0) {
    await store.deleteMulti(objects.map((o) => o.name), { quiet: true });
  }
  await store.deleteBucket(name);
};

for (const authorizationV4 of [false, true]) {
  const name = `check-${authorizationV4 ? 'v4' : 'v1'}`;
  const store = connect({ sldEnable: true, authorizationV4 });
  await store.putBucket(name, { storageClass: 'Standard', acl: 'private' });
  store.useBucket(name);
  const { buckets } = await store.listBuckets();
  assert.ok(buckets.some((b) => b.name === name && b.region === region));
  const { bucket: info } = await store.getBucketInfo(name);
  assert.equal(info.Location, region);
  assert.equal(info.StorageClass, 'Standard');

  // Keys and bodies that are easily spelt wrong.
  const body = randomBytes(3000);
  const key1 = 'a dir/k+%é~*().txt';
  const put = await store.put(key1, body, { headers: { 'x-oss-meta-x': '1' }, meta: { author: 'me' } });
  assert.equal(put.res.headers.etag, `"${md5(body)}"`);
  const got = await store.get(key1);
  assert.ok(got.content.equals(body));
  const part = await store.get(key1, { headers: { Range: 'bytes=10-19' } });
  assert.equal(part.res.status, 206);
  assert.ok(part.content.equals(body.subarray(10, 20)));
  const head = await store.head(key1);
  assert.equal(head.meta.author, 'me');
  await refused(store.get('missing'), 'NoSuchKey', 404);
  await store.copy('copied', key1);
  assert.ok((await store.get('copied')).content.equals(body));

  // A signed URL is good for anybody. It names the bucket's own host, which
  // would be the emulator's where DNS said so.
  const anywhere = new OSS({ region, accessKeyId: key.id, accessKeySecret: key.secret, bucket: name, authorizationV4 });
  const url = authorizationV4
    ? await anywhere.signatureUrlV4('GET', 60, {}, key1)
    : anywhere.signatureUrl(key1, { expires: 60 });
  assert.ok((await fetched(url)).equals(body));

  // Lists in pages.
  for (let i = 0; i < 5; i += 1) {
    await store.put(`page/${i}`, Buffer.from(String(i)));
  }
  const seen = [];
  let token;
  do {
    const page = await store.listV2({ prefix: 'page/', 'max-keys': '2', ...(token ? { 'continuation-token': token } : {}) });
    seen.push(...page.objects.map((o) => o.name));
    token = page.nextContinuationToken;
  } while (token);
  assert.deepEqual(seen, [0, 1, 2, 3, 4].map((i) => `page/${i}`));
  const folders = await store.list({ delimiter: '/' });
  assert.deepEqual(folders.prefixes, ['a dir/', 'page/']);

  // Multipart, with a part that is a copy.
  const big = randomBytes(350 * 1024);
  await store.multipartUpload('big', big, { partSize: 100 * 1024 });
  assert.ok((await store.get('big')).content.equals(big));
  const { uploadId } = await store.initMultipartUpload('joined');
  const one = await store.uploadPartCopy('joined', uploadId, 1, `0-${150 * 1024}`, { sourceKey: 'big', sourceBucketName: name });
  const { uploads } = await store.listUploads({ 'max-uploads': 10 });
  assert.deepEqual(uploads.map((u) => u.name), ['joined']);
  await store.completeMultipartUpload('joined', uploadId, [{ number: 1, etag: one.etag }]);
  assert.ok((await store.get('joined')).content.equals(big.subarray(0, 150 * 1024 + 1)));

  // What a bucket is told to do.
  await store.putBucketACL(name, 'public-read');
  assert.equal((await store.getBucketACL(name)).acl, 'public-read');
  await store.putBucketTags(name, { team: 'checkes' });
  assert.deepEqual((await store.getBucketTags(name)).tag, { team: 'checkes' });
  await store.putBucketCORS(name, [{ allowedOrigin: '*', allowedMethod: ['GET', 'PUT'], allowedHeader: '*', exposeHeader: ['etag'], maxAgeSeconds: '30' }]);
  assert.equal((await store.getBucketCORS(name)).rules[0].allowedOrigin, '*');
  await store.putBucketEncryption(name, { SSEAlgorithm: 'AES256' });
  assert.equal((await store.getBucketEncryption(name)).encryption.SSEAlgorithm, 'AES256');
  await store.putBucketLifecycle(name, [{ id: 'logs', prefix: 'logs/', status: 'Enabled', expiration: { days: 3 } }]);
  const { rules } = await store.getBucketLifecycle(name);
  assert.deepEqual([rules[0].id, rules[0].prefix, rules[0].expiration.days], ['logs', 'logs/', '3']);
  await store.deleteBucketLifecycle(name);
  await refused(store.getBucketLifecycle(name), 'NoSuchLifecycle', 404);
  await store.putObjectTagging('copied', { kind: 'copy' });
  assert.deepEqual((await store.getObjectTagging('copied')).tag, { kind: 'copy' });
  await store.deleteObjectTagging('copied');
  assert.deepEqual((await store.getObjectTagging('copied')).tag, {});
  await store.putSymlink('link', 'copied');
  assert.equal((await store.getSymlink('link')).targetName, 'copied');
  assert.ok((await store.get('link')).content.equals(body));
  await store.putACL('copied', 'public-read');
  assert.equal((await store.getACL('copied')).acl, 'public-read');

  // Versions.
  await store.putBucketVersioning(name, 'Enabled');
  assert.equal((await store.getBucketVersioning(name)).versionStatus, 'Enabled');
  await store.put('copied', Buffer.from('second'));
  await store.delete('copied');
  const versions = await store.getBucketVersions({ prefix: 'copied' });
  assert.equal(versions.objects.length, 2);
  assert.equal(versions.deleteMarker.length, 1);
  for (const v of [...versions.objects, ...versions.deleteMarker]) {
    await store.delete('copied', { versionId: v.versionId });
  }
  await refused(store.deleteBucket(name), 'BucketNotEmpty', 409);
  const rest = await store.getBucketVersions({ 'max-keys': '1000' });
  for (const v of [...(rest.objects ?? []), ...(rest.deleteMarker ?? [])]) {
    await store.delete(v.name, { versionId: v.versionId });
  }
  await store.deleteBucket(name);
  await refused(store.getBucketInfo(name), 'NoSuchBucket', 404);
}

// By host: the endpoint is the bucket's own name.
const store = connect({ sldEnable: true });
await store.putBucket('check-cname');
const byHost = connect({ cname: true, bucket: 'check-cname' });
await byHost.put('by host', Buffer.from('x'));
store.useBucket('check-cname');
assert.equal((await store.get('by host')).content.toString(), 'x');
await emptied(store, 'check-cname');

await refused(connect({ accessKeySecret: 'wrong' }).listBuckets(), 'SignatureDoesNotMatch', 403);
await refused(connect({ accessKeyId: 'LTAInobody' }).listBuckets(), 'InvalidAccessKeyId', 403);
