// What the scenarios of ali-oss share: clients, buckets, and requests as a
// browser sends them.
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { connect as dial } from 'node:net';
import { address, key, ours, require } from './clients.mjs';

export const OSS = require('ali-oss');
export const region = 'oss-cn-hangzhou';
const [hostname, port] = address.split(':');

// agent connects to the emulator, whatever host a request names.
class ToEmulator extends Agent {
  createConnection(_, done) {
    return dial(Number(port), hostname, done);
  }
}
export const agent = new ToEmulator();

// byIP makes a client that addresses the emulator's own host; byHost one that
// sends the cloud's hosts.
export const byIP = (options) => new OSS({
  region, accessKeyId: key.id, accessKeySecret: key.secret, endpoint: `http://${address}`, ...options,
});
export const byHost = (options) => new OSS({ region, accessKeyId: key.id, accessKeySecret: key.secret, agent, ...options });

export const md5 = (body, form = 'hex') => createHash('md5').update(body).digest(form);
export const etag = (body) => `"${md5(body).toUpperCase()}"`;
export { randomBytes };

// browse sends a request as a browser does, to the emulator.
export const browse = (url, { method = 'GET', headers = {}, body } = {}) => new Promise((resolve, reject) => {
  const { host, pathname, search } = new URL(url);
  const sent = request({ hostname, port, path: pathname + search, method, headers: { Host: host, ...headers }, agent: false }, async (response) => {
    const chunks = [];
    for await (const chunk of response) {
      chunks.push(chunk);
    }
    resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
  });
  sent.on('error', reject);
  sent.end(body);
});

// emptied removes the objects, versions and uploads of a bucket, and the bucket.
export async function emptied(store, name) {
  store.useBucket(name);
  for (;;) {
    const { objects = [], deleteMarker = [] } = await store.getBucketVersions({ 'max-keys': '1000' });
    const all = [...(objects ?? []), ...(deleteMarker ?? [])];
    if (all.length === 0) {
      break;
    }
    await store.deleteMulti(all.map((o) => ({ key: o.name, versionId: o.versionId })), { quiet: true });
  }
  const { uploads = [] } = await store.listUploads({ 'max-uploads': 1000 });
  for (const u of uploads) {
    await store.abortMultipartUpload(u.name, u.uploadId);
  }
  await store.deleteBucket(name);
}

// withBucket runs use with a bucket of its own.
export async function withBucket(store, suffix, use, options = {}) {
  const name = `${ours}-${suffix}`;
  await store.putBucket(name, options);
  try {
    store.useBucket(name);
    await use(name);
  } finally {
    await emptied(store, name);
  }
}
