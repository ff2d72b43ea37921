// What a server says and opens when it takes requests, once: its banner, the demo, and the link to its first administrator.
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../clock.ts';
import type { Config, LoggingConfig } from '../../config/config.ts';
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import type { OpenDatabase } from '../../database/database.ts';
import type { Logger } from '../../observability/logger.ts';
import { type Demo, type DemoUrls, provideDemoRoles, startDemo } from '../../server/demo.ts';
import { greetFirstAdministrator } from '../setup-link.ts';
import type { Terminal } from '../terminal.ts';

export interface Greeting {
  readonly config: Config;
  readonly declared: DeclaredModel;
  readonly terminal: Terminal;
  readonly log: Logger;
  readonly logging: LoggingConfig;
  readonly demoUrls: DemoUrls | undefined;
  readonly database: Pick<OpenDatabase, 'db'>;
}

/** Takes back what the next start opens anew. */
type Leave = () => Promise<void>;

/** Milliseconds; doubled each time. */
const AGAIN_MS = 1_000;
const LONGEST_MS = 60_000;

/** What needs the database is tried until it is done: one that goes away just then does not end a server that serves. */
export function greet(greeting: Greeting): Leave {
  const { config, terminal, demoUrls } = greeting;
  if (isWatched(greeting)) terminal.stdout.write(banner(config, demoUrls));
  const over = new AbortController();
  const greeted = untilGreeted(greeting, over.signal);
  return async () => {
    over.abort();
    await (await greeted)?.();
  };
}

/** Undefined when it is over before. */
async function untilGreeted(greeting: Greeting, over: AbortSignal): Promise<Leave | undefined> {
  for (let againInMs = AGAIN_MS; !over.aborted; againInMs = Math.min(LONGEST_MS, 2 * againInMs)) {
    try {
      return await greetOnce(greeting);
    } catch (err) {
      greeting.log.error({ event: 'setup.not_greeted', againInMs, err }, NOT_GREETED);
      await sleep(againInMs, undefined, { signal: over }).catch(() => undefined);
    }
  }
  return undefined;
}

const NOT_GREETED = 'Whether there is an administrator could not be asked. The server runs on, and asks again.';

const isWatched = ({ config, logging }: Greeting): boolean =>
  config.mode === 'development' && logging.format === 'pretty';

async function greetOnce(greeting: Greeting): Promise<Leave> {
  const { config, terminal, log, demoUrls, database } = greeting;
  const demo = demoUrls && (await openDemo(greeting));
  try {
    const withdraw = await greetFirstAdministrator({ db: database.db, clock: systemClock }, { config, terminal, log });
    if (isWatched(greeting) && withdraw === undefined) terminal.stdout.write(howToMakePeople(demoUrls));
    return async () => {
      await withdraw?.().catch((err: unknown) => log.warn({ event: 'setup.link_not_withdrawn', err }));
      await demo?.stop();
    };
  } catch (error) {
    await demo?.stop();
    throw error;
  }
}

async function openDemo({ database, config, declared, terminal, log }: Greeting): Promise<Demo> {
  await provideDemoRoles({ db: database.db, clock: systemClock }, declared);
  return startDemo({ issuer: config.issuer, env: terminal.env, log });
}

function banner({ issuer, name }: Config, demo: DemoUrls | undefined): string {
  const lines = [
    `${name} runs at ${issuer}`,
    ...(demo === undefined ? [] : [`The demo shop runs at ${demo.shop}`, `Its API runs at ${demo.api}`]),
    'Ctrl-C stops it.',
  ];
  return `\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
}

const howToMakePeople = (demo: DemoUrls | undefined): string => `  Make somebody who can sign in, in another window:
    bin/gatehouse user create --email you@example.com${demo === undefined ? '' : ' --role shop-admin'}

`;
