// Several processes of the program under one address: a front passes each request on to the next of them. Any of them can
// be killed as the kernel kills, without a word, and started again.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestDatabase } from './database.ts';
import { ended, saysThatItListens, spawnServer } from './serve-process.ts';
import { CLIENTS, freePort, RESOURCES } from './start-server.ts';

export interface Process {
  readonly port: number;
  readonly isUp: boolean;
  /** All it has said since it was last started. */
  readonly output: string;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves when it takes requests. With these variables besides, now and whenever it is started without any. */
  start(variables?: Readonly<Record<string, string>>): Promise<void>;
}

export interface Processes {
  readonly issuer: string;
  /** Where client files are: in `clients` below it. */
  readonly configDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly all: readonly Process[];
  /** Called before a request is passed on; the request waits for it. */
  onRequest(before: ((taker: Process) => Promise<void>) | undefined): void;
  stop(): Promise<void>;
}

export interface ProcessesOptions {
  readonly count: number;
  readonly database: TestDatabase;
  /** Client files by name, besides CLIENTS. */
  readonly clients?: Readonly<Record<string, string>>;
  /** YAML besides what all of them have. */
  readonly settings?: string;
  /** Where each of them comes from, when they are of several releases. Then only the first is started. */
  readonly releases?: readonly string[];
  /** Variables of all of them, at first. */
  readonly variables?: Readonly<Record<string, string>>;
}

export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const { count, database, clients = {}, settings = '', releases } = options;
  const configDir = writeConfiguration({ ...CLIENTS, ...clients }, settings);
  const front = await freePort();
  const issuer = `http://localhost:${front}`;
  const env = {
    PATH: process.env['PATH'] ?? '',
    GATEHOUSE_MODE: 'development',
    GATEHOUSE_ISSUER: issuer,
    GATEHOUSE_CONFIG_DIR: configDir,
    GATEHOUSE_DATA_DIR: database.dataDir,
    GATEHOUSE_LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    ...(database.url === undefined ? {} : { DATABASE_URL: database.url }),
  };
  const making = Array.from({ length: count }, async (_, index) =>
    startable({ port: await freePort(), env, release: releases?.[index], variables: options.variables }),
  );
  const all = await Promise.all(making);
  await Promise.all((releases === undefined ? all : all.slice(0, 1)).map((each) => each.start()));
  let turn = 0;
  let before: ((taker: Process) => Promise<void>) | undefined;
  const next = () => [...all.slice(turn), ...all.slice(0, turn)].find(({ isUp }) => isUp);
  const server = createServer(async (incoming, answer) => {
    const first = next();
    if (first !== undefined) await before?.(first);
    const taker = next();
    if (taker === undefined) return void answer.writeHead(502).end();
    turn = (all.indexOf(taker) + 1) % all.length;
    passOn(taker.port, { incoming, answer });
  });
  await new Promise<void>((resolve) => server.listen(front, '127.0.0.1', resolve));
  return {
    issuer,
    configDir,
    env,
    all,
    onRequest(work) {
      before = work;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await Promise.all(all.map((each) => each.kill()));
      rmSync(configDir, { recursive: true, force: true });
    },
  };
}

function writeConfiguration(clients: Readonly<Record<string, string>>, settings: string): string {
  const configDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-config-'));
  mkdirSync(path.join(configDir, 'clients'));
  writeFileSync(path.join(configDir, 'gatehouse.yaml'), `${settings}\nmfa: optional${RESOURCES}`);
  for (const [name, yaml] of Object.entries(clients)) {
    writeFileSync(path.join(configDir, 'clients', `${name}.yaml`), yaml);
  }
  return configDir;
}

interface Startable {
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly release: string | undefined;
  readonly variables: Readonly<Record<string, string>> | undefined;
}

function startable({ port, env, release, variables: first = {} }: Startable): Process {
  let child: ChildProcess | undefined;
  let output = '';
  let up = false;
  let more = first;
  return {
    port,
    get isUp() {
      return up;
    },
    get output() {
      return output;
    },
    signal: (signal) => void child?.kill(signal),
    async kill() {
      up = false;
      await ended(child, 'SIGKILL');
    },
    async start(variables = more) {
      more = variables;
      const fresh = spawnServer({ ...env, ...more, PORT: String(port) }, undefined, release);
      child = fresh;
      output = '';
      for (const stream of [fresh.stdout, fresh.stderr]) {
        stream?.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      fresh.once('exit', () => {
        if (child === fresh) up = false;
      });
      await saysThatItListens(fresh);
      up = true;
    },
  };
}

/**
 * A process says how long it keeps its connections (RFC 9110 section 7.6.1: for the next hop only). Passed on, that was a
 * promise for the front's, which close sooner: on a busy machine a request then went into one that was just closing.
 */
const ofThisConnection = ({ 'keep-alive': _itsOwn, ...headers }: IncomingHttpHeaders) => ({
  ...headers,
  connection: 'close',
});

/** 502 when the process goes away before it has answered. */
function passOn(port: number, { incoming, answer }: { incoming: IncomingMessage; answer: ServerResponse }): void {
  const { method, url, headers } = incoming;
  const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, (inward) => {
    answer.writeHead(inward.statusCode ?? 502, ofThisConnection(inward.headers));
    inward.pipe(answer);
    inward.on('error', () => answer.destroy());
  });
  outgoing.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(502).end();
  });
  incoming.pipe(outgoing);
}
