// Prints the parameters and the response members of every action of the Tea
// models in node_modules, as
// {"rds": {"ACTION": {"parameters": [...], "members": [...], "types": {MEMBER: TYPE}}}}.
// A list element is written N in parameters (Tag.N.Key) and left out in members.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const packages = JSON.parse(fs.readFileSync(path.join(process.cwd(), 'package.json'))).dependencies;
const models = {};
for (const name of Object.keys(packages)) {
  const product = name.replace('@alicloud/', '').replace(/\d+$/, '');
  const main = require.resolve(name, { paths: [process.cwd()] });
  models[product] = productOf(require(main), fs.readFileSync(main, 'utf8'));
}
process.stdout.write(JSON.stringify(models));

// productOf reads one client. The generated methods say which names go on the
// wire (query["Tag"]); the model classes say what is inside of lists and objects.
function productOf(client, source) {
  const actions = {};
  for (const method of source.split(/^ {4}async (?=\w+WithOptions\()/m).slice(1)) {
    const action = /action: "(\w+)"/.exec(method);
    const request = /(?:Shrink)?@param (?:tmpReq|request) - (\w+)/.exec(before(source, method));
    const response = /new \$_model\.(\w+Response)\(/.exec(method);
    if (!action || !response) continue;
    const parameters = new Set();
    const inner = request && client[request[1]] ? paths(client[request[1]], '.N', new Set()).map(([p]) => p) : [];
    for (const [, name] of method.matchAll(/(?:query|body|bodyFlat)\["([\w.]+)"\] = request\.\w+/g)) {
      const nested = inner.filter((p) => p === name || p.startsWith(name + '.'));
      const shrunk = new RegExp(`request\\.\\w+Shrink;`).test(line(method, name));
      if (shrunk || nested.length === 0) parameters.add(name);
      else nested.forEach((p) => parameters.add(p));
    }
    const body = client[response[1]].types().body;
    const members = body && body.names ? paths(body, '', new Set()).sort() : [];
    actions[action[1]] = {
      parameters: [...parameters].sort(),
      members: members.map(([p]) => p),
      types: Object.fromEntries(members),
    };
  }
  return actions;
}

function before(source, method) {
  const at = source.indexOf(method);
  return source.slice(source.lastIndexOf('/**', at), at);
}

function line(method, name) {
  return method.split('\n').find((l) => l.includes(`["${name}"] = request.`)) || '';
}

// paths lists the members of a model class with the members inside of them, each
// with its type: string, number, boolean, any or, of a map, object. element stands
// for the index of a list.
function paths(model, element, open) {
  if (open.has(model)) return [];
  const names = model.names();
  const types = model.types();
  const list = [];
  for (const member of Object.keys(names)) {
    let [suffix, type] = ['', types[member]];
    while (type && type.type === 'array') [suffix, type] = [suffix + element, type.itemType];
    if (type && typeof type.names === 'function') {
      const inner = paths(type, element, new Set([...open, model]));
      if (inner.length > 0) {
        list.push(...inner.map(([p, t]) => [names[member] + suffix + '.' + p, t]));
        continue;
      }
    }
    list.push([names[member] + suffix, typeof type === 'string' ? type : 'object']);
  }
  return list;
}
