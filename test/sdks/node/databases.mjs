// Drivers of databases: logins with the addresses that docs/services names.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { need, scenario } from './report.mjs';

const require = createRequire(import.meta.url); // the packages are CommonJS
const attempts = JSON.parse(readFileSync(need('SDK_CHECK_DATABASES'), 'utf8'));

// Each driver gives a function that runs a statement and returns its rows, and one
// that ends the connection.
const drivers = {
  async mysql2(address) {
    const connection = await require('mysql2/promise').createConnection(address);
    return { run: async (sql) => (await connection.query(sql))[0], end: () => connection.end() };
  },
  async mysql(address) {
    const connection = require('mysql').createConnection(address);
    const call = (name, ...given) => new Promise((done, failed) => {
      connection[name](...given, (error, rows) => (error ? failed(error) : done(rows)));
    });
    await call('connect');
    return { run: (sql) => call('query', sql), end: () => call('end') };
  },
  async mariadb(address) {
    const { createConnection } = await import('mariadb');
    const connection = await createConnection(address);
    return { run: (sql) => connection.query(sql), end: () => connection.end() };
  },
  async pg(address) {
    const client = new (require('pg').Client)({ connectionString: address });
    await client.connect();
    return { run: async (sql) => (await client.query(sql)).rows, end: () => client.end() };
  },
  async sequelize(address) {
    const { Sequelize } = require('sequelize');
    const sequelize = new Sequelize(address, { logging: false });
    await sequelize.authenticate();
    return { run: async (sql) => (await sequelize.query(sql))[0], end: () => sequelize.close() };
  },
};

async function use({ driver, address, table }) {
  const { run, end } = await drivers[driver](address);
  try {
    await run(`CREATE TABLE ${table} (word VARCHAR(20))`);
    await run(`INSERT INTO ${table} VALUES ('Grüße')`);
    assert.equal((await run(`SELECT word FROM ${table}`))[0].word, 'Grüße');
    await run(`DROP TABLE ${table}`);
  } finally {
    await end();
  }
}

const denied = /Access denied|28P01|28000|password authentication failed|not permitted to log in/;

for (const attempt of attempts) {
  await scenario(attempt.name, () => (attempt.works ? use(attempt) : assert.rejects(use(attempt), denied)));
}
