// The demo beside a development server: the processes of the shop and its API, and the roles they know.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../clock.ts';
import { type Environment, variable } from '../config/interpolation.ts';
import type { DeclaredModel } from '../config/roles/declared-model.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import type { Logger } from '../observability/logger.ts';
import { ROOT } from '../package.ts';
import { adoptRole, createRole } from '../roles/roles.ts';
import { setOnce } from './server-state.ts';

export interface Demo {
  /** Resolves when its processes are gone. */
  stop(): Promise<void>;
}

const SHOP: Program = { main: 'examples/shop/main.ts', variable: 'SHOP_URL', usualUrl: 'http://localhost:3001' };
const API: Program = { main: 'examples/shop-api/main.ts', variable: 'SHOP_API_URL', usualUrl: 'http://localhost:3002' };

interface Program {
  readonly main: string;
  /** The setting of its address. */
  readonly variable: string;
  readonly usualUrl: string;
}

export interface DemoUrls {
  readonly shop: string;
  readonly api: string;
}

export const demoUrlsFrom = (env: Environment): DemoUrls => ({ shop: urlOf(SHOP, env), api: urlOf(API, env) });

const urlOf = (program: Program, env: Environment): string => variable(env, program.variable) || program.usualUrl;

interface Surroundings {
  readonly issuer: string;
  readonly env: Environment;
  readonly log: Logger;
}

/** Never throws: without its demo the server runs on, and the log says why there is none. */
export function startDemo(given: Surroundings): Demo {
  const running = [SHOP, API].map((program) => startProgram(program, given));
  return {
    async stop() {
      await Promise.all(running.map((each) => each.stop()));
    },
  };
}

function startProgram(program: Program, { issuer, env, log }: Surroundings): Demo {
  const urls = { SHOP_URL: urlOf(SHOP, env), SHOP_API_URL: urlOf(API, env) };
  const child = spawn(process.execPath, [join(ROOT, program.main)], {
    env: { ...demoEnvironment(env), GATEHOUSE_ISSUER: issuer, ...urls },
    // The channel closes however this process ends, and the demo goes with it.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let stopping = false;
  let portTaken = false;
  eachLine(child.stdout, (line) => log.info({ event: 'demo.says' }, line));
  eachLine(child.stderr, (line) => {
    if (stopping) return;
    portTaken ||= line.includes('EADDRINUSE');
    if (portTaken) log.warn({ event: 'demo.port_taken', url: urlOf(program, env) }, portTakenMessage(program));
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

const portTakenMessage = ({ main, variable: name }: Program): string =>
  `Its port is taken, so ${main} does not run; the server does. ${name} gives it another one.`;

/** What a program needs to run at all, and the demo's own settings; none of the server's secrets. */
export const demoEnvironment = (env: Environment): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => PASSED_ON.test(name)));
const PASSED_ON = /^(?:PATH|HOME|LANG|LC_ALL|TZ|TMPDIR|TEMP|SystemRoot|NODE_EXTRA_CA_CERTS|SHOP_.+)$/i;

/** Milliseconds; more than shop and API give the requests they are answering. */
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

/**
 * config/roles.yaml declares them. A database of before has them made by hand: they are handed over to the file. Where the
 * configuration is another one, which does not declare them, they are made once per database: an operator who deletes
 * them does not find them again after the next start.
 */
export async function provideDemoRoles(
  { db, clock }: { db: Db; clock: Clock },
  declared: Pick<DeclaredModel, 'roles'>,
): Promise<void> {
  await atomically(db, async (tx) => {
    const inside = { db: tx, clock };
    const isFirst = await setOnce(tx, 'demo_roles_created');
    for (const role of DEMO_ROLES) {
      const isDeclared = declared.roles.some(({ name }) => name === role.name);
      if (isDeclared && !isFirst) await adoptRole(inside, role.name);
      if (!isDeclared && isFirst) await createRole(inside, role);
    }
  });
}
