// A listener that counts who follows an address that a request names.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Canary {
  readonly url: string;
  hits(): number;
  /** Connections, those of who only knocks among them, as one does who wants TLS. */
  knocks(): number;
  stop(): void;
}

export async function startCanary(): Promise<Canary> {
  let hits = 0;
  let knocks = 0;
  const server = createServer((_req, res) => {
    hits += 1;
    res.end('{"keys":[]}');
  });
  server.on('connection', () => {
    knocks += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/jwks`, hits: () => hits, knocks: () => knocks, stop: () => server.close() };
}
