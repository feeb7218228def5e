// Compares graphql-check with graphql-js: the same verdict, the same stage, the same error locations.
//   node compare.mjs CHECK NODE_MODULES SCHEMA|own COUNT SEED
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { generator } from './generate.mjs';

const [check, modules, which, countText, seedText] = process.argv.slice(2);
const require = createRequire(modules + '/');
const graphql = require('graphql');
const count = Number(countText), seed = Number(seedText);
const sdl = readFileSync(which, 'utf8');
const schema = graphql.buildSchema(sdl);

const hasEnum = (node) => node.kind === 'EnumValue' || (node.values ?? []).some(hasEnum) || (node.fields ?? []).some((f) => hasEnum(f.value));
const scalars = {
  JSON: { parseLiteral: (node) => { if (hasEnum(node)) throw new Error('enum'); return graphql.valueFromASTUntyped(node); } },
  Long: {
    parseLiteral: (node) => {
      const value = node.kind === 'IntValue' ? BigInt(node.value) : null;
      if (value === null || value !== BigInt.asIntN(64, value)) throw new Error('no Long');
      return Number(value);
    },
    parseValue: (value) => { if (!Number.isInteger(value)) throw new Error('no Long'); return value; },
  },
  DateTime: {
    parseLiteral: (node) => { if (node.kind !== 'StringValue') throw new Error('no DateTime'); return node.value; },
    parseValue: (value) => { if (typeof value !== 'string') throw new Error('no DateTime'); return value; },
  },
};
for (const [name, methods] of Object.entries(scalars)) if (schema.getType(name)) Object.assign(schema.getType(name), methods);

function judge({ query, variables }) {
  let document;
  try {
    document = graphql.parse(query);
  } catch (error) {
    return { stage: 'parse', places: places([error]) };
  }
  let errors;
  try {
    errors = graphql.validate(schema, document, undefined, { maxErrors: Infinity });
  } catch {
    return null; // graphql-js itself gives up on a variable in @skip of a subscription
  }
  if (errors.length) return { stage: 'validate', places: places(errors) };
  const operation = document.definitions.find((d) => d.kind === 'OperationDefinition');
  if (operation) {
    const result = graphql.getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}, { maxErrors: Infinity });
    if (result.errors) return { stage: 'variables', places: [...new Set(places(result.errors))] };
  }
  return { stage: 'ok', places: [] };
}
const places = (errors) => errors.map((e) => (e.locations ?? []).map((l) => `${l.line}:${l.column}`).join(' ')).sort();

const requests = [];
const next = generator(graphql, schema, seed);
while (requests.length < count) {
  const request = next();
  if (request.query.isWellFormed()) requests.push(request); // lone surrogates never arrive: they are no UTF-8
}
const input = [JSON.stringify(sdl), ...requests.map((r) => JSON.stringify(r)), ''].join('\n');
const run = spawnSync(check, [], { input, maxBuffer: 1 << 30, encoding: 'utf8' });
if (run.status !== 0) { console.error('graphql-check failed', run.status, run.signal, run.stderr); process.exit(2); }
const lines = run.stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
let differ = 0;
const stages = {};
requests.forEach((request, i) => {
  const want = judge(request);
  if (want === null) return;
  stages[want.stage] = (stages[want.stage] ?? 0) + 1;
  const got = { stage: lines[i].stage, places: places(lines[i].errors) };
  if (got.stage === 'variables') got.places = [...new Set(got.places)];
  if (JSON.stringify(want) === JSON.stringify(got)) return;
  if (++differ > 8) return;
  console.log('--- differs', JSON.stringify(request), '\nwant', JSON.stringify(want), '\ngot ', JSON.stringify(got), '\n', lines[i].errors.map((e) => e.message).join('\n '));
  if (want.stage === 'validate') console.log('js:', graphql.validate(schema, graphql.parse(request.query)).map((e) => e.message).join('\n    '));
});
console.log(`GATE oracle.graphql.${which.split('/').pop().split('.')[0]} ${differ ? 'FAIL' : 'PASS'} cases=${count} differ=${differ} seed=${seed} stages=${JSON.stringify(stages)}`);
process.exit(differ ? 1 : 0);
