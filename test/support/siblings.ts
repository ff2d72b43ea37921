// More processes of the program beside a test server: one PostgreSQL database, one issuer, ports of their own.
import type { ChildProcess } from 'node:child_process';
import type { Send } from './browser.ts';
import { throughProxy } from './proxy.ts';
import { ended, saysThatItListens, spawnServer } from './serve-process.ts';
import { basic, type TokenResponse } from './sign-in.ts';
import { freePort, type TestServer } from './start-server.ts';

export interface Fleet {
  /** One for each process, the test server's own among them: as a load balancer passes requests on. */
  readonly sends: readonly Send[];
  stop(): Promise<void>;
}

/** The server and as many further processes as make `count`; they read its configuration and its database. */
export async function startFleet(server: TestServer, count = 3): Promise<Fleet> {
  const started: { child: ChildProcess; port: number }[] = [];
  const stop = async () => {
    await Promise.all(started.map(({ child }) => ended(child, 'SIGTERM')));
  };
  try {
    const ready = Array.from({ length: count - 1 }, async () => {
      const port = await freePort();
      const child = start(server, port);
      started.push({ child, port });
      await saysThatItListens(child);
    });
    await Promise.all(ready);
  } catch (error) {
    await stop();
    throw error;
  }
  return { sends: [server.port, ...started.map(({ port }) => port)].map(throughProxy), stop };
}

const start = (server: TestServer, port: number): ChildProcess =>
  spawnServer(
    {
      GATEHOUSE_MODE: 'development',
      GATEHOUSE_ISSUER: server.issuer,
      GATEHOUSE_CONFIG_DIR: server.configDir,
      GATEHOUSE_DATA_DIR: server.dataDir,
      DATABASE_URL: server.databaseUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
    },
    server.configDir,
  );

/** A token request that comes to one process; a public client names itself in the form. */
export async function asksForTokens(
  send: Send,
  issuer: string,
  { form, clientId, secret }: { form: Record<string, string>; clientId?: string; secret?: string | undefined },
): Promise<TokenResponse> {
  const isPublic = clientId !== undefined && secret === undefined;
  const response = await send(`${issuer}/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(clientId !== undefined && secret !== undefined ? { authorization: basic(clientId, secret) } : {}),
    },
    body: new URLSearchParams({ ...form, ...(isPublic ? { client_id: clientId } : {}) }).toString(),
  });
  return { status: response.status, body: (await response.json()) as TokenResponse['body'] };
}

/** The same request `count` times in one moment, to the processes in turn. */
export const atOnceOverAll = (
  { sends }: Fleet,
  count: number,
  ask: (send: Send) => Promise<TokenResponse>,
): Promise<TokenResponse[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) => {
      const send = sends[index % sends.length];
      if (send === undefined) throw new Error('a fleet has no processes');
      return ask(send);
    }),
  );
