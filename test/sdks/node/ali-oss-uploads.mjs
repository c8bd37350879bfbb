// ali-oss: copies, multipart, append and resumable uploads, streams and files.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { refused } from './clients.mjs';
import { etag, randomBytes, withBucket } from './oss.mjs';

export async function uploadScenarios(run, store) {
  await run('copies', (variant) => withBucket(store, `${variant}-copies`, async (bucket) => {
    await store.put('from é', Buffer.from('body'), { meta: { kept: '1' } });
    const { data } = await store.copy('to', 'from é');
    assert.equal(data.etag, etag('body'));
    assert.match(data.lastModified, /\.000Z$/);
    assert.deepEqual((await store.head('to')).meta, { kept: '1' });
    await store.copy('to', 'from é', { meta: { changed: '2' } });
    assert.deepEqual((await store.head('to')).meta, { changed: '2' });
    await withBucket(store, `${variant}-copies-2`, async () => {
      await store.copy('there', 'from é', bucket);
      assert.equal((await store.get('there')).content.toString(), 'body');
    });
    store.useBucket(bucket);
    await refused(store.copy('to', 'none'), 'NoSuchKey', 404);
    await refused(store.copy('to', 'from é', { headers: { 'If-Match': '"OTHER"' } }), 'PreconditionFailed', 412);
  }));

  // Multipart, with a part that is a copy.
  await run('multipart', (variant) => withBucket(store, `${variant}-multipart`, async (name) => {
    const big = randomBytes(350 * 1024);
    await store.multipartUpload('big', big, { partSize: 100 * 1024, meta: { of: 'upload' } });
    assert.ok((await store.get('big')).content.equals(big));
    const head = await store.head('big');
    assert.equal(head.meta.of, 'upload');
    assert.deepEqual([head.res.headers['x-oss-object-type'], head.res.headers['content-md5']], ['Multipart', undefined]);
    const { uploadId } = await store.initMultipartUpload('joined');
    const one = await store.uploadPartCopy('joined', uploadId, 1, `0-${150 * 1024}`, { sourceKey: 'big', sourceBucketName: name });
    const { uploads } = await store.listUploads({ 'max-uploads': 10 });
    assert.deepEqual(uploads.map((u) => u.name), ['joined']);
    const { parts } = await store.listParts('joined', uploadId);
    assert.deepEqual([].concat(parts).map((p) => [p.PartNumber, p.Size]), [['1', String(150 * 1024 + 1)]]);
    await store.completeMultipartUpload('joined', uploadId, [{ number: 1, etag: one.etag }]);
    assert.ok((await store.get('joined')).content.equals(big.subarray(0, 150 * 1024 + 1)));
    await store.multipartUploadCopy('copied', { sourceKey: 'big', sourceBucketName: name }, { partSize: 100 * 1024 });
    assert.ok((await store.get('copied')).content.equals(big));
    const left = await store.initMultipartUpload('left');
    await store.abortMultipartUpload('left', left.uploadId);
    await refused(store.listParts('left', left.uploadId), 'NoSuchUpload', 404);
  }));

  await run('append', (variant) => withBucket(store, `${variant}-append`, async () => {
    const first = await store.append('log', Buffer.from('one,'));
    assert.equal(first.nextAppendPosition, '4');
    const second = await store.append('log', Buffer.from('two'), { position: first.nextAppendPosition });
    assert.equal(second.nextAppendPosition, '7');
    assert.equal((await store.get('log')).content.toString(), 'one,two');
    await refused(store.append('log', Buffer.from('x'), { position: '3' }), 'PositionNotEqualToLength', 409);
    const { res: { headers } } = await store.head('log');
    assert.deepEqual([headers['x-oss-object-type'], headers['x-oss-next-append-position']], ['Appendable', '7']);
  }));

  // An upload that was stopped goes on where it was.
  await run('resumable', (variant) => withBucket(store, `${variant}-resumable`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sdk-checks-'));
    try {
      const file = join(folder, 'file');
      const body = randomBytes(350 * 1024);
      await writeFile(file, body);
      let checkpoint;
      await assert.rejects(store.multipartUpload('file', file, {
        partSize: 100 * 1024,
        parallel: 1,
        progress: (done, state) => {
          if (state?.doneParts?.length >= 2) {
            checkpoint = state;
            throw new Error('stopped');
          }
        },
      }));
      assert.ok(checkpoint);
      await store.multipartUpload('file', file, { checkpoint, partSize: 100 * 1024 });
      await store.get('file', join(folder, 'back'));
      assert.ok((await readFile(join(folder, 'back'))).equals(body));
    } finally {
      await rm(folder, { recursive: true });
    }
  }));

  await run('streams', (variant) => withBucket(store, `${variant}-streams`, async () => {
    const body = randomBytes(5000);
    await store.putStream('stream', Readable.from([body.subarray(0, 2000), body.subarray(2000)]));
    const { stream } = await store.getStream('stream');
    const chunks = [];
    for await (const chunk of stream) {
      chunks.push(chunk);
    }
    assert.ok(Buffer.concat(chunks).equals(body));
  }));
}
