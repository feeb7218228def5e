import { createServer } from 'node:net';

const isFree = (port) => new Promise((resolve) => {
  const probe = createServer();
  probe.on('error', () => resolve(false));
  probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
});

// A port of the loopback interface that nobody listens on, below the range from which the kernel gives a connection
// its own end, and below that of tests/e2e/support/free_port.hpp.
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 10000);
    if (await isFree(port)) return port;
  }
}
