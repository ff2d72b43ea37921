// gatehouse serve: the server, in development with its demo, until somebody stops it.
import { loadConfiguration } from '../../clients/load-configuration.ts';
import type { Config, LoggingConfig } from '../../config/config.ts';
import { createLogger, type Logger } from '../../observability/logger.ts';
import { type DemoUrls, demoUrlsFrom } from '../../server/demo.ts';
import { type RunningServer, type StartOptions, startServer } from '../../server/life-cycle.ts';
import { askConfiguration, tellClients } from '../../server/workers/configuration-channel.ts';
import { sayReady } from '../../server/workers/supervisor.ts';
import { CommandFailed, ForPrograms } from '../failure.ts';
import { listenForStop, type StopSignal } from '../stop-signal.ts';
import type { Answer, Invocation, Terminal } from '../terminal.ts';
import { collectSparingly } from './collecting.ts';
import { type Greeting, greet } from './greeting.ts';
import type { ReloadSignal } from './reload-signal.ts';
import { leavePrimary, serveWithWorkers, workerNumber, workersWanted } from './workers.ts';

export interface ServeOptions {
  readonly demo: boolean;
  /** 0: as many as there are cores; undefined: as configured. */
  readonly workers?: number | undefined;
  readonly reload: ReloadSignal;
  /** Called once it is up (gives-way.ts), or before it starts others. */
  readonly takeTurn: () => void;
}

/** Answers when the server has stopped. */
export async function serve(
  { terminal, json }: Invocation,
  { demo, workers: asked, reload, takeTurn }: ServeOptions,
): Promise<Partial<Answer>> {
  const worker = workerNumber();
  const stop = listenForStop({ isWorker: worker !== undefined });
  try {
    const files = { env: terminal.env, cwd: terminal.cwd() };
    const configuration = worker === undefined ? loadConfiguration(files) : await askConfiguration();
    const { config, clients, declared, warnings } = configuration;
    const logging: LoggingConfig = json ? { ...config.logging, format: 'json' } : config.logging;
    const log = worker === undefined ? createLogger(logging) : createLogger(logging).child({ worker });
    const workers = workersWanted(config, asked);
    const isPrimary = worker === undefined;
    if (isPrimary)
      for (const { message, ...place } of warnings) log.warn({ event: 'configuration.warning', ...place }, message);
    const demoUrls = demo ? demoUrlsUnlessRefused(config, { terminal, log, isPrimary }) : undefined;
    const greeting = { config, declared, terminal, log, logging, demoUrls };
    const isUp = () => {
      takeTurn();
      collectSparingly(log);
    };
    if (isPrimary && workers > 1) {
      isUp();
      return await serveWithWorkers(workers, greeting, { configuration, stop, reload }).catch((error: unknown) => {
        throw explained(error, config, logging.format);
      });
    }
    const stopping = abortedBy(stop.received);
    const options = {
      config,
      clients,
      files,
      read: configuration,
      log,
      demoUrl: demoUrls?.shop,
      stopping,
      workers,
      worker,
    };
    const server = await startOrExplain(options, logging);
    if (server === undefined) return {};
    isUp();
    if (!isPrimary) tellClients(server.clients, clients);
    await serveUntilStopped(server, { greeting, stop, reload, isWorker: !isPrimary });
    return {};
  } finally {
    stop.forget();
    reload.forget();
    leavePrimary();
  }
}

interface Serving {
  readonly greeting: Omit<Greeting, 'database'>;
  readonly stop: StopSignal;
  readonly reload: ReloadSignal;
  readonly isWorker: boolean;
}

async function serveUntilStopped(server: RunningServer, { greeting, stop, reload, isWorker }: Serving): Promise<void> {
  reload.heed(server.reload);
  let leave: (() => Promise<void>) | undefined;
  try {
    if (isWorker) sayReady();
    else leave = greet({ ...greeting, database: server.database });
    await stop.received;
  } finally {
    await (leave?.() ?? Promise.resolve()).finally(() => server.stop());
  }
}

function demoUrlsUnlessRefused(
  { mode }: Config,
  { terminal, log, isPrimary }: { terminal: Terminal; log: Logger; isPrimary: boolean },
): DemoUrls | undefined {
  if (mode === 'development') return demoUrlsFrom(terminal.env);
  if (isPrimary) log.warn({ event: 'demo.refused' }, 'The demo runs in development only; --demo is ignored.');
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
    throw explained(error, options.config, format);
  }
}

function explained(error: unknown, config: Config, format: LoggingConfig['format']): unknown {
  const cause = addressFailure(error, config) ?? error;
  return format === 'json' ? new ForPrograms(cause) : cause;
}

function addressFailure(error: unknown, { server, metrics }: Config): CommandFailed | undefined {
  const taken = error instanceof Error && 'port' in error ? error.port : undefined;
  // The figures may have a port of their own, which is as easily taken.
  const isOfFigures = taken !== undefined && taken === metrics.port && taken !== server.port;
  const { host, port } = isOfFigures ? metrics : server;
  const where = isOfFigures ? 'metrics: in gatehouse.yaml' : 'PORT and HOST, or server: in gatehouse.yaml';
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : '';
  const why = new Map([
    ['EADDRINUSE', `Port ${port} on ${host} is in use by another program. Stop that, or choose another port`],
    ['EACCES', `Port ${port} on ${host} may not be opened by this user. Choose one above 1023`],
    ['EADDRNOTAVAIL', `This machine has no address ${host} (port ${port}). Choose another one`],
    ['ENOTFOUND', `The name ${host} (port ${port}) is not known here. Choose another one`],
  ]).get(code);
  if (why === undefined) return undefined;
  return new CommandFailed('address_unavailable', `${why}: ${where}.`, { cause: error });
}
