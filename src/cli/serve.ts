// gatehouse serve: the server, in development with its demo, until somebody stops it.
import { loadConfiguration } from '../clients/load-configuration.ts';
import { systemClock } from '../clock.ts';
import type { Config, LoggingConfig } from '../config/config.ts';
import type { DeclaredModel } from '../config/roles/declared-model.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import { type Demo, type DemoUrls, demoUrlsFrom, provideDemoRoles, startDemo } from '../server/demo.ts';
import { type RunningServer, type StartOptions, startServer } from '../server/life-cycle.ts';
import { CommandFailed, ForPrograms } from './failure.ts';
import { listenForReload } from './reload-signal.ts';
import { greetFirstAdministrator, type Withdraw } from './setup-link.ts';
import { listenForStop } from './stop-signal.ts';
import type { Answer, Invocation, Terminal } from './terminal.ts';

/** Answers when the server has stopped. */
export async function serve({ terminal, json }: Invocation, { demo }: { demo: boolean }): Promise<Partial<Answer>> {
  const stop = listenForStop();
  try {
    const files = { env: terminal.env, cwd: terminal.cwd() };
    const { config, clients, declared, warnings } = loadConfiguration(files);
    const logging: LoggingConfig = json ? { ...config.logging, format: 'json' } : config.logging;
    const log = createLogger(logging);
    for (const { message, ...place } of warnings) log.warn({ event: 'configuration.warning', ...place }, message);
    const demoUrls = demo ? demoUrlsUnlessRefused(config, { terminal, log }) : undefined;
    const stopping = abortedBy(stop.received);
    const server = await startOrExplain({ config, clients, files, log, demoUrl: demoUrls?.shop, stopping }, logging);
    if (server === undefined) return {};
    const forgetReload = listenForReload(server.reload);
    let running: Demo | undefined;
    let withdraw: Withdraw | undefined;
    try {
      if (demoUrls !== undefined) running = await openDemo(server, { config, declared, terminal, log });
      const isWatched = config.mode === 'development' && logging.format === 'pretty';
      if (isWatched) terminal.stdout.write(banner(config, demoUrls));
      withdraw = await greetFirstAdministrator(
        { db: server.database.db, clock: systemClock },
        { config, terminal, log },
      );
      if (isWatched && withdraw === undefined) terminal.stdout.write(howToMakePeople(demoUrls));
      await stop.received;
    } finally {
      await withdraw?.().catch((err: unknown) => log.warn({ event: 'setup.link_not_withdrawn', err }));
      await Promise.all([server.stop(), running?.stop()]);
      forgetReload();
    }
    return {};
  } finally {
    stop.forget();
  }
}

function demoUrlsUnlessRefused(
  { mode }: Config,
  { terminal, log }: { terminal: Terminal; log: Logger },
): DemoUrls | undefined {
  if (mode === 'development') return demoUrlsFrom(terminal.env);
  log.warn({ event: 'demo.refused' }, 'The demo runs in development only; --demo is ignored.');
  return undefined;
}

function abortedBy(received: Promise<void>): AbortSignal {
  const controller = new AbortController();
  void received.then(() => controller.abort());
  return controller.signal;
}

/** Undefined when it was stopped while it waited for its database. */
async function startOrExplain(
  options: StartOptions & { stopping: AbortSignal },
  { format }: LoggingConfig,
): Promise<RunningServer | undefined> {
  try {
    return await startServer(options);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    const cause = addressFailure(error, options.config) ?? error;
    throw format === 'json' ? new ForPrograms(cause) : cause;
  }
}

function addressFailure(error: unknown, { server: { host, port } }: Config): CommandFailed | undefined {
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : '';
  const why = new Map([
    ['EADDRINUSE', `Port ${port} on ${host} is in use by another program. Stop that, or choose another port`],
    ['EACCES', `Port ${port} on ${host} may not be opened by this user. Choose one above 1023`],
    ['EADDRNOTAVAIL', `This machine has no address ${host} (port ${port}). Choose another one`],
    ['ENOTFOUND', `The name ${host} (port ${port}) is not known here. Choose another one`],
  ]).get(code);
  if (why === undefined) return undefined;
  return new CommandFailed('address_unavailable', `${why}: PORT and HOST, or server: in gatehouse.yaml.`, {
    cause: error,
  });
}

async function openDemo(
  { database }: RunningServer,
  { config, declared, terminal, log }: { config: Config; declared: DeclaredModel; terminal: Terminal; log: Logger },
): Promise<Demo> {
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
