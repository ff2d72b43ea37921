// The way to the database, which can be cut: a TCP proxy that refuses, or that swallows everything without a word.
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface DatabaseLine {
  /** The database's URL through this line. */
  readonly url: string;
  /** Every connection is reset, and new ones are refused. */
  refuse(): Promise<void>;
  /** Bytes get lost in both directions, old connections and new; nobody is told. */
  swallow(): void;
  /** As if nothing had been. Connections that lost bytes are reset, as a peer does that knows nothing of them. */
  mend(): Promise<void>;
  /** How many connections there are to the database itself. */
  connections(): number;
  close(): Promise<void>;
}

export async function databaseLine(databaseUrl: string): Promise<DatabaseLine> {
  const target = new URL(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let swallowing = false;
  let lossy = new Set<readonly [Socket, Socket]>();

  const serve = (inward: Socket) => {
    const outward = connect(Number(target.port), target.hostname);
    const pair = [inward, outward] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [outward, inward] as const]) {
      one.on('data', (bytes) => {
        if (swallowing) lossy.add(pair);
        else other.write(bytes);
      });
      one.on('error', () => one.destroy());
      one.on('close', () => {
        pairs.delete(pair);
        if (swallowing) lossy.add(pair);
        else other.destroy();
      });
    }
  };
  const reset = (gone: Iterable<readonly [Socket, Socket]>) => {
    for (const pair of [...gone]) for (const socket of pair) socket.resetAndDestroy();
  };

  let server = await listen(serve, 0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const closeServer = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    reset([...pairs, ...lossy]);
    await closed;
  };
  return {
    url: url.href,
    refuse: closeServer,
    swallow() {
      swallowing = true;
    },
    async mend() {
      swallowing = false;
      reset(lossy);
      lossy = new Set();
      if (!server.listening) server = await listen(serve, port);
    },
    connections: () => pairs.size,
    close: closeServer,
  };
}

function listen(serve: (socket: Socket) => void, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(serve).once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
