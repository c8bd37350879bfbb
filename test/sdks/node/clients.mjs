// What all scenarios share: where the emulator is, the clients of the official
// packages, unchanged but for the endpoint.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { need, scenario } from './report.mjs';

const require = createRequire(import.meta.url); // the packages are CommonJS
const { $OpenApiUtil } = require('@alicloud/openapi-core');

export const address = need('SDK_CHECK_ADDRESS'); // host:port
export const key = { id: need('SDK_CHECK_KEY_ID'), secret: need('SDK_CHECK_KEY_SECRET') };
export const ours = need('SDK_CHECK_CLIENT'); // begins the names of resources
export const plain = process.env.SDK_CHECK_PLAIN; // over TLS: the address without it
export const algorithm = process.argv[2]; // v2, or the packages' own choice

// client makes a client of a generated package, with the account's key or
// another one.
export function client(name, credentials = key, endpoint = address) {
  const Client = require(name).default;
  return new Client(new $OpenApiUtil.Config({
    accessKeyId: credentials.id,
    accessKeySecret: credentials.secret,
    securityToken: credentials.token,
    endpoint,
    protocol: plain && endpoint !== plain ? 'https' : 'http',
    regionId: 'cn-hangzhou',
    ...(algorithm ? { signatureAlgorithm: algorithm } : {}),
  }));
}

export const models = (name) => require(name);
export { require, scenario };

// refused waits for a failure with the given code and returns the error.
export async function refused(promise, code, status) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    assert.equal(error.code, code, `${error.code}: ${error.message}`);
    if (status) {
      assert.equal(error.statusCode ?? error.status ?? error.entry?.response?.statusCode, status);
    }
    return error;
  }
  assert.fail(`there was an answer where ${code} is due: ${JSON.stringify(answer)}`);
}
