// A listener that counts who follows an address that a request names.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Canary {
  readonly url: string;
  hits(): number;
  stop(): void;
}

export async function startCanary(): Promise<Canary> {
  let hits = 0;
  const server = createServer((_req, res) => {
    hits += 1;
    res.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/jwks`, hits: () => hits, stop: () => server.close() };
}
