// The audits of graphql-http against the real program, on a data directory of its own.   node audit.mjs NODE_MODULES PROGRAM
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [modules, program] = process.argv.slice(2);
const { serverAudits } = createRequire(modules + '/')('graphql-http');

const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
const directory = mkdtempSync(join(tmpdir(), 'vz-audit-'));
const server = spawn(program, ['serve', '--port', String(port), '--data-dir', join(directory, 'data')], { stdio: 'ignore' });
const ready = async () => {
  for (let i = 0; i < 300; ++i) {
    const good = await fetch(`http://127.0.0.1:${port}/readyz`).then((answer) => answer.ok, () => false);
    if (good) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
};
let passed = 0;
let audits = [];
try {
  if (!(await ready())) throw new Error('the server does not get ready');
  audits = serverAudits({ url: `http://127.0.0.1:${port}/graphql`, fetchFn: fetch });
  for (const audit of audits) {
    const result = await audit.fn();
    if (result.status === 'ok') ++passed;
    else console.log(result.status, result.id, result.name, result.reason);
  }
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.on('exit', resolve));
  rmSync(directory, { recursive: true });
}
const good = audits.length > 0 && passed === audits.length;
console.log(`GATE oracle.graphql.audits ${good ? 'PASS' : 'FAIL'} audits=${audits.length} passed=${passed}`);
process.exit(good ? 0 : 1);
