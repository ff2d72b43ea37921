// What a server says and opens when it takes requests, once: its banner, the demo, and the link to its first administrator.
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

/** Returns the way to take back what the next start opens anew. */
export async function greet(greeting: Greeting): Promise<() => Promise<void>> {
  const { config, terminal, log, logging, demoUrls, database } = greeting;
  const demo = demoUrls && (await openDemo(greeting));
  try {
    const isWatched = config.mode === 'development' && logging.format === 'pretty';
    if (isWatched) terminal.stdout.write(banner(config, demoUrls));
    const withdraw = await greetFirstAdministrator({ db: database.db, clock: systemClock }, { config, terminal, log });
    if (isWatched && withdraw === undefined) terminal.stdout.write(howToMakePeople(demoUrls));
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
