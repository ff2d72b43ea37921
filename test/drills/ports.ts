// Ports for processes that are stopped and started again: none that the kernel hands out to connections meanwhile.
import { createServer } from 'node:net';

const FIRST = 20_000;
const COUNT = 10_000;
const taken = new Set<number>();

export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (!taken.has(port) && (await isFree(port))) {
      taken.add(port);
      return port;
    }
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
