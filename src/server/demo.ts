// The demo shop beside a development server: the process it runs in, and the roles it knows.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../clock.ts';
import { type Environment, variable } from '../config/interpolation.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import type { Logger } from '../observability/logger.ts';
import { createRole } from '../roles/roles.ts';
import { ROOT } from './package.ts';
import { setOnce } from './server-state.ts';

export interface Demo {
  /** Resolves when its process is gone. */
  stop(): Promise<void>;
}

const DEMO_URL = 'http://localhost:3001';

export const demoUrlFrom = (env: Environment): string => variable(env, 'SHOP_URL') || DEMO_URL;

/** Never throws: without its demo the server runs on, and the log says why there is none. */
export function startDemo({ issuer, env, log }: { issuer: string; env: Environment; log: Logger }): Demo {
  const child = spawn(process.execPath, [join(ROOT, 'examples', 'shop', 'main.ts')], {
    env: { ...demoEnvironment(env), GATEHOUSE_ISSUER: issuer, SHOP_URL: demoUrlFrom(env) },
    // The channel closes however this process ends, and the shop goes with it.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let stopping = false;
  let portTaken = false;
  eachLine(child.stdout, (line) => log.info({ event: 'demo.says' }, line));
  eachLine(child.stderr, (line) => {
    if (stopping) return;
    portTaken ||= line.includes('EADDRINUSE');
    if (portTaken) log.warn({ event: 'demo.port_taken', url: demoUrlFrom(env) }, PORT_TAKEN);
    else log.warn({ event: 'demo.says' }, line);
  });
  const gone = new Promise<void>((resolve) => {
    child.once('error', (err) => {
      log.error({ event: 'demo.failed', err });
      resolve();
    });
    child.once('close', (code, signal) => {
      if (!stopping && !portTaken) log.warn({ event: 'demo.ended', exitStatus: code, signal }, 'The server runs on.');
      resolve();
    });
  });
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  return {
    async stop() {
      stopping = true;
      await endProcess(child, gone);
      process.off('exit', killNow);
    },
  };
}

const PORT_TAKEN = 'Its port is taken, so the demo does not run; the server does. SHOP_URL gives it another one.';

/** What a program needs to run at all, and the demo's own settings; none of the server's secrets. */
export const demoEnvironment = (env: Environment): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => PASSED_ON.test(name)));
const PASSED_ON = /^(?:PATH|HOME|LANG|LC_ALL|TZ|TMPDIR|TEMP|SystemRoot|NODE_EXTRA_CA_CERTS|SHOP_.+)$/i;

/** Milliseconds; more than the shop gives the requests it is answering. */
const STOP_MS = 7_000;

async function endProcess(child: ChildProcess, gone: Promise<void>): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(timer);
}

function eachLine(stream: NodeJS.ReadableStream | null, use: (line: string) => void): void {
  if (stream === null) return;
  createInterface({ input: stream }).on('line', (line) => {
    if (line.trim() !== '') use(line);
  });
}

const DEMO_ROLES = [
  { name: 'vendor', description: 'Manages their own listings' },
  { name: 'shop-admin', description: 'Adds and deletes products' },
];

/** Once per database: an operator who deletes these roles does not find them again after the next start. */
export async function createDemoRolesOnce({ db, clock }: { db: Db; clock: Clock }): Promise<void> {
  await atomically(db, async (tx) => {
    if (!(await setOnce(tx, 'demo_roles_created'))) return;
    for (const role of DEMO_ROLES) await createRole({ db: tx, clock }, role);
  });
}
