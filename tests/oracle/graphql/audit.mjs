// The audits of graphql-http against the real program, on a data directory of its own.   node audit.mjs NODE_MODULES PROGRAM
import { createRequire } from 'node:module';
import { serve } from './server.mjs';

const [modules, program] = process.argv.slice(2);
const { serverAudits } = createRequire(modules + '/')('graphql-http');

const server = await serve(program);
let passed = 0;
let audits = [];
try {
  audits = serverAudits({ url: `${server.url}/graphql`, fetchFn: fetch });
  for (const audit of audits) {
    const result = await audit.fn();
    if (result.status === 'ok') ++passed;
    else console.log(result.status, result.id, result.name, result.reason);
  }
} finally {
  await server.stop();
}
const good = audits.length > 0 && passed === audits.length;
console.log(`GATE oracle.graphql.audits ${good ? 'PASS' : 'FAIL'} audits=${audits.length} passed=${passed}`);
process.exit(good ? 0 : 1);
