// Drivers of databases: logins with the addresses that docs/services names.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { need, scenario } from './report.mjs';

const require = createRequire(import.meta.url); // the packages are CommonJS
const attempts = JSON.parse(readFileSync(need('SDK_CHECK_DATABASES'), 'utf8'));

// parts are the members of an address, for drivers that take options beside them.
function parts(address) {
  const url = new URL(address);
  return {
    host: url.hostname, port: Number(url.port), user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password), database: url.pathname.slice(1),
  };
}

// Each driver gives a function that runs a statement and returns its rows, and one
// that ends the connection. With ca it verifies the server.
const drivers = {
  async mysql2(address, ca) {
    const options = ca ? { uri: address, ssl: { ca, verifyIdentity: true } } : address;
    const connection = await require('mysql2/promise').createConnection(options);
    return { run: async (sql) => (await connection.query(sql))[0], end: () => connection.end() };
  },
  async mysql(address, ca) {
    const connection = require('mysql').createConnection(ca ? { ...parts(address), ssl: { ca } } : address);
    const call = (name, ...given) => new Promise((done, failed) => {
      connection[name](...given, (error, rows) => (error ? failed(error) : done(rows)));
    });
    await call('connect');
    return { run: (sql) => call('query', sql), end: () => call('end') };
  },
  async mariadb(address, ca) {
    const { createConnection } = await import('mariadb');
    const connection = await createConnection(ca ? { ...parts(address), ssl: { ca } } : address);
    return { run: (sql) => connection.query(sql), end: () => connection.end() };
  },
  async pg(address) {
    const client = new (require('pg').Client)({ connectionString: address });
    await client.connect();
    return { run: async (sql) => (await client.query(sql)).rows, end: () => client.end() };
  },
  async sequelize(address, ca) {
    const { Sequelize } = require('sequelize');
    const verified = { dialectOptions: { ssl: { ca, verifyIdentity: true } } };
    const sequelize = new Sequelize(address, { logging: false, ...(ca ? verified : {}) });
    await sequelize.authenticate();
    return { run: async (sql) => (await sequelize.query(sql))[0], end: () => sequelize.close() };
  },
};

async function use({ driver, address, table, ca }) {
  const { run, end } = await drivers[driver](address, ca && readFileSync(ca, 'utf8'));
  try {
    await run(`CREATE TABLE ${table} (word VARCHAR(20))`);
    await run(`INSERT INTO ${table} VALUES ('Grüße')`);
    assert.equal((await run(`SELECT word FROM ${table}`))[0].word, 'Grüße');
    await run(`DROP TABLE ${table}`);
  } finally {
    await end();
  }
}

for (const attempt of attempts) {
  await scenario(attempt.name, () => (attempt.refused ? assert.rejects(use(attempt), new RegExp(attempt.refused)) : use(attempt)));
}
