// ali-oss: buckets and objects, with signature V1 and V4, addressed by the
// emulator's own host and by the cloud's.
import assert from 'node:assert/strict';
import { refused, scenario, key, ours } from './clients.mjs';
import { OSS, agent, browse, byHost, byIP, etag, md5, randomBytes, region, withBucket } from './oss.mjs';
import { ruleScenarios } from './ali-oss-rules.mjs';
import { uploadScenarios } from './ali-oss-uploads.mjs';

for (const authorizationV4 of [false, true]) {
  const variant = authorizationV4 ? 'v4' : 'v1';
  const store = byIP({ sldEnable: true, authorizationV4 });
  const hosts = byHost({ authorizationV4 });
  const run = (name, use) => scenario(`${variant}/${name}`, () => use(variant));

  await run('service', () => withBucket(hosts, `${variant}-service`, async (name) => {
    const { buckets } = await hosts.listBuckets({ prefix: name });
    assert.deepEqual(buckets.map((b) => [b.name, b.region, b.storageClass ?? b.StorageClass]), [[name, region, 'Standard']]);
    assert.match(buckets[0].creationDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    await withBucket(hosts, `${variant}-service-2`, async () => {
      const page = await hosts.listBuckets({ prefix: name, 'max-keys': 1 });
      assert.deepEqual([page.buckets.length, page.isTruncated, page.nextMarker], [1, true, name]);
    });
    hosts.useBucket(name);
  }));

  await run('bucket', () => withBucket(store, `${variant}-bucket`, async (name) => {
    const { buckets } = await store.listBuckets();
    assert.ok(buckets.some((b) => b.name === name && b.region === region));
    const { bucket: info } = await store.getBucketInfo(name);
    assert.equal(info.Location, region);
    assert.equal(info.StorageClass, 'Standard');
    assert.deepEqual([info.Name, info.ExtranetEndpoint, info.DataRedundancyType], [name, `${region}.aliyuncs.com`, 'LRS']);
    assert.equal((await store.getBucketLocation(name)).location, region);
    await store.putBucketACL(name, 'public-read');
    assert.equal((await store.getBucketACL(name)).acl, 'public-read');
    await store.put('a', Buffer.from('123'));
    const { stat } = await store.getBucketStat(name);
    assert.deepEqual([stat.Storage, stat.ObjectCount, stat.StandardObjectCount], ['3', '1', '1']);
    await refused(store.deleteBucket(name), 'BucketNotEmpty', 409);
  }, { storageClass: 'Standard', acl: 'private' }));

  // Keys and bodies that are easily spelt wrong.
  await run('objects', () => withBucket(store, `${variant}-objects`, async () => {
    const body = randomBytes(3000);
    const key1 = 'a dir/k+%é~*().txt';
    const put = await store.put(key1, body, { headers: { 'x-oss-meta-x': '1' }, meta: { author: 'me' } });
    assert.equal(put.res.headers.etag, etag(body));
    const got = await store.get(key1);
    assert.ok(got.content.equals(body));
    const part = await store.get(key1, { headers: { Range: 'bytes=10-19' } });
    assert.equal(part.res.status, 206);
    assert.ok(part.content.equals(body.subarray(10, 20)));
    const head = await store.head(key1);
    assert.equal(head.meta.author, 'me');
    assert.equal(head.res.headers['content-md5'], md5(body, 'base64'));
    await refused(store.get('missing'), 'NoSuchKey', 404);
    await store.copy('copied', key1);
    assert.ok((await store.get('copied')).content.equals(body));
  }));

  await run('hosts', () => withBucket(hosts, `${variant}-hosts`, async () => {
    for (const name of ['a dir/k+%é~*().txt', '中文/对象', 'q?x=1&y']) {
      await hosts.put(name, Buffer.from(name));
      assert.equal((await hosts.get(name)).content.toString(), name);
    }
    assert.equal((await hosts.listV2({ 'max-keys': '10' })).objects.length, 3);
  }));

  await run('metadata', () => withBucket(store, `${variant}-metadata`, async () => {
    await store.put('a.html', Buffer.from('<p>'), { meta: { first: 'a b' }, mime: 'text/html', headers: { 'Cache-Control': 'no-cache', 'Content-Disposition': 'inline' } });
    const { res: { headers }, meta } = await store.head('a.html');
    assert.deepEqual([meta.first, headers['content-type'], headers['cache-control'], headers['content-disposition']], ['a b', 'text/html', 'no-cache', 'inline']);
    await store.putMeta('a.html', { second: '2' });
    assert.deepEqual((await store.head('a.html')).meta, { second: '2' });
    const short = await store.getObjectMeta('a.html');
    assert.deepEqual([short.res.headers['content-length'], short.res.headers.etag], ['3', etag('<p>')]);
  }));

  await run('ranges', () => withBucket(store, `${variant}-ranges`, async () => {
    await store.put('ten', Buffer.from('0123456789'));
    const range = async (bytes, behaviour) => {
      const { res, content } = await store.get('ten', { headers: { Range: `bytes=${bytes}`, ...(behaviour ? { 'x-oss-range-behavior': behaviour } : {}) } });
      return [res.status, content.toString()];
    };
    assert.deepEqual(await range('7-'), [206, '789']);
    assert.deepEqual(await range('-3'), [206, '789']);
    assert.deepEqual(await range('5-20'), [200, '0123456789']);
    assert.deepEqual(await range('5-20', 'standard'), [206, '56789']);
    await refused(range('20-', 'standard'), 'InvalidRange', 416);
  }));

  await run('conditions', () => withBucket(store, `${variant}-conditions`, async () => {
    await store.put('a', Buffer.from('1'));
    await refused(store.get('a', { headers: { 'If-Match': '"OTHER"' } }), 'PreconditionFailed', 412);
    assert.equal((await store.head('a', { headers: { 'If-None-Match': etag('1') } })).status, 304);
    await refused(store.put('a', Buffer.from('2'), { headers: { 'x-oss-forbid-overwrite': 'true' } }), 'FileAlreadyExists', 409);
  }));

  // A signed URL is good for anybody. It names the bucket's own host, which
  // would be the emulator's where DNS said so.
  await run('presigned', () => withBucket(store, `${variant}-presigned`, async (bucket) => {
    const body = randomBytes(3000);
    const key1 = 'a dir/k+%é~*().txt';
    await store.put(key1, body);
    const anywhere = new OSS({ region, accessKeyId: key.id, accessKeySecret: key.secret, bucket, authorizationV4, agent });
    const sign = (method, name, response = {}) => (authorizationV4
      ? anywhere.signatureUrlV4(method, 60, {}, name)
      : anywhere.signatureUrl(name, { expires: 60, method, response }));
    const answer = await browse(await sign('GET', key1));
    assert.equal(answer.status, 200, answer.body.toString());
    assert.ok(answer.body.equals(body));
    const put = await browse(await sign('PUT', 'put é'), { method: 'PUT', body: 'signed' });
    assert.equal(put.status, 200, put.body.toString());
    assert.equal((await store.get('put é')).content.toString(), 'signed');
    assert.equal((await browse((await sign('GET', key1)).replace(/ignature=./, 'ignature=0x'))).status, 403);
  }));

  // A form of a browser carries a policy, signed by the server of its page.
  await run('post-policy', () => withBucket(hosts, `${variant}-post`, async (bucket) => {
    if (!authorizationV4) {
      const { policy, OSSAccessKeyId, Signature } = hosts.calculatePostSignature({ expiration: new Date(Date.now() + 60000).toISOString(), conditions: [['content-length-range', 0, 100]] });
      assert.ok(policy && Signature);
      assert.equal(OSSAccessKeyId, key.id);
    }
    const { status } = await browse(`http://${bucket}.${region}.aliyuncs.com/`, { method: 'POST', headers: { 'Content-Type': 'multipart/form-data; boundary=x' }, body: '--x--\r\n' });
    assert.ok(status >= 400, 'a form is either carried out or refused loudly');
    assert.deepEqual((await hosts.listV2({})).objects, []);
  }));

  await run('lists', () => withBucket(store, `${variant}-lists`, async () => {
    for (let i = 0; i < 5; i += 1) {
      await store.put(`page/${i}`, Buffer.from(String(i)));
    }
    await store.put('a dir/é&<', Buffer.from('x'));
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
    const { objects: [object] } = await store.list({ prefix: 'a dir/' });
    assert.deepEqual([object.name, object.etag, object.size, object.type, object.storageClass], ['a dir/é&<', etag('x'), 1, 'Normal', 'Standard']);
    assert.match(object.lastModified, /\.000Z$/);
    const marked = await store.list({ marker: 'page/2', 'max-keys': 1 });
    assert.deepEqual([marked.objects[0].name, marked.isTruncated, marked.nextMarker], ['page/3', true, 'page/3']);
    const { objects } = await store.listV2({ prefix: 'page/', 'start-after': 'page/3', 'fetch-owner': 'true' });
    assert.deepEqual(objects.map((o) => o.name), ['page/4']);
    assert.ok(objects[0].owner.id);
    await refused(store.list({ 'max-keys': 1001 }), 'InvalidArgument', 400);
  }));

  await uploadScenarios(run, store);
  await ruleScenarios(run, store, hosts);

  await run('delete-many', () => withBucket(store, `${variant}-delete`, async () => {
    for (const name of ['a', 'b é', 'c&<']) {
      await store.put(name, Buffer.from('1'));
    }
    const { deleted } = await store.deleteMulti(['a', 'b é', 'none']);
    assert.deepEqual(deleted.map((d) => d.Key ?? d), ['a', 'b é', 'none']);
    assert.deepEqual((await store.listV2({})).objects.map((o) => o.name), ['c&<']);
  }));

  await run('missing', async () => {
    await refused(store.getBucketInfo(`${ours}-none`), 'NoSuchBucket', 404);
    store.useBucket(`${ours}-none`);
    await refused(store.get('a'), 'NoSuchBucket', 404);
    await refused(store.put('a', Buffer.from('1')), 'NoSuchBucket', 404);
    await withBucket(store, `${variant}-missing`, async () => {
      const error = await refused(store.get('a'), 'NoSuchKey', 404);
      assert.equal(error.requestId.length, 24);
      assert.equal(error.ecCode, '0026-00000001');
      await refused(store.head('a'), 'NoSuchKey', 404);
      await refused(store.getObjectTagging('a'), 'NoSuchKey', 404);
    });
  });

  await run('wrong-keys', async () => {
    await refused(byIP({ accessKeySecret: 'wrong', authorizationV4 }).listBuckets(), 'SignatureDoesNotMatch', 403);
    await refused(byIP({ accessKeyId: 'LTAInobody', authorizationV4 }).listBuckets(), 'InvalidAccessKeyId', 403);
  });
}

// By host: the endpoint is the bucket's own name.
await scenario('cname', async () => {
  const store = byIP({ sldEnable: true });
  await withBucket(store, 'cname', async (bucket) => {
    await byIP({ cname: true, bucket }).put('by host', Buffer.from('x'));
    assert.equal((await store.get('by host')).content.toString(), 'x');
  });
});

// A client that is given a region's bare name and an IP address sends a host of
// its own making.
await scenario('bare-region', async () => {
  const store = byIP({ region: 'cn-hangzhou' });
  const made = byIP({ sldEnable: true });
  await withBucket(made, 'bare', async (bucket) => {
    store.useBucket(bucket);
    await store.put('a', Buffer.from('x'));
    assert.equal((await made.get('a')).content.toString(), 'x');
  });
});
