// The report of scenarios, a line for each.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';

// need returns a variable of the environment.
export const need = (name) => {
  assert.ok(process.env[name], `${name} is not set: run the scenarios by make sdk-checks`);
  return process.env[name];
};

// scenario runs one scenario and prints its line. A failed one ends neither the
// others nor the report, but the exit status tells.
export async function scenario(name, run) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(inspect(error, { depth: 1 }).slice(0, 4000));
    console.log(`FAILED ${name}`);
  }
}
