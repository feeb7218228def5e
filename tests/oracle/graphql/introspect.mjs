// The schema that clients rebuild from introspection is the schema of the text.   node introspect.mjs CHECK NODE_MODULES SCHEMA...
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [check, modules, ...schemas] = process.argv.slice(2);
const graphql = createRequire(modules + '/')('graphql');
let differ = 0;
for (const path of schemas) {
  const sdl = readFileSync(path, 'utf8');
  const query = graphql.getIntrospectionQuery({ descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true });
  const run = spawnSync(check, ['--print'], { input: `${JSON.stringify(sdl)}\n${JSON.stringify({ query })}\n`, encoding: 'utf8' });
  const answer = JSON.parse(run.stdout);
  if (answer.stage !== 'ok') { console.log(path, JSON.stringify(answer).slice(0, 500)); differ++; continue; }
  const got = graphql.printSchema(graphql.buildClientSchema(answer.data));
  const want = graphql.printSchema(graphql.buildSchema(sdl));
  if (got !== want) {
    const a = got.split('\n'), b = want.split('\n'), at = a.findIndex((line, i) => line !== b[i]);
    console.log(path, 'line', at, '\n got', a.slice(at, at + 5).join('\n'), '\n want', b.slice(at, at + 5).join('\n'));
    differ++;
  }
}
console.log(`introspection schemas=${schemas.length} differ=${differ}`);
process.exit(differ ? 1 : 0);
