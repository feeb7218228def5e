// The audits of graphql-http against a running server.   node audit.mjs NODE_MODULES URL
import { createRequire } from 'node:module';

const [modules, url] = process.argv.slice(2);
const { serverAudits } = createRequire(modules + '/')('graphql-http');
let passed = 0;
const audits = serverAudits({ url, fetchFn: fetch });
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === 'ok') ++passed;
  else console.log(result.status, result.id, result.name, result.reason);
}
console.log(`audits=${audits.length} passed=${passed}`);
process.exit(passed === audits.length ? 0 : 1);
