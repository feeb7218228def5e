// The real program on a port and a data directory of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../free_port.mjs';

export async function serve(program) {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'vz-oracle-'));
  const server = spawn(program, ['serve', '--port', String(port), '--data-dir', join(directory, 'data')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.on('exit', resolve));
    rmSync(directory, { recursive: true });
  };
  for (let i = 0; i < 300; ++i) {
    if (await fetch(`${url}/readyz`).then((answer) => answer.ok, () => false)) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error('the server does not get ready');
}
