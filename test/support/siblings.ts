// More processes of the program beside a test server: one PostgreSQL database, one issuer, ports of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Send } from './browser.ts';
import { throughProxy } from './proxy.ts';
import { basic, type TokenResponse } from './sign-in.ts';
import { freePort, type TestServer } from './start-server.ts';

const MAIN = path.join(import.meta.dirname, '../../src/main.ts');

export interface Fleet {
  /** One for each process, the test server's own among them: as a load balancer passes requests on. */
  readonly sends: readonly Send[];
  stop(): Promise<void>;
}

/** The server and as many further processes as make `count`; they read its configuration and its database. */
export async function startFleet(server: TestServer, count = 3): Promise<Fleet> {
  const started: { child: ChildProcess; port: number }[] = [];
  const stop = async () => {
    await Promise.all(started.map(({ child }) => killed(child)));
  };
  try {
    const ready = Array.from({ length: count - 1 }, async () => {
      const port = await freePort();
      const child = start(server, port);
      started.push({ child, port });
      await listening(child);
    });
    await Promise.all(ready);
  } catch (error) {
    await stop();
    throw error;
  }
  return { sends: [server.port, ...started.map(({ port }) => port)].map(throughProxy), stop };
}

function start(server: TestServer, port: number): ChildProcess {
  return spawn(process.execPath, [MAIN, 'serve'], {
    cwd: server.configDir,
    env: {
      PATH: process.env['PATH'],
      GATEHOUSE_MODE: 'development',
      GATEHOUSE_ISSUER: server.issuer,
      GATEHOUSE_CONFIG_DIR: server.configDir,
      GATEHOUSE_DATA_DIR: server.dataDir,
      DATABASE_URL: server.databaseUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('server.started')) resolve();
      });
    }
    child.once('exit', () => reject(new Error(`a process ended before it listened:\n${output}`)));
  });
}

function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), 5000);
  return gone.finally(() => clearTimeout(impatient));
}

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
