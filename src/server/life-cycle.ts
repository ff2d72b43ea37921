// Start, drain, stop.
import { createServer, type Server } from 'node:http';
import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { ClientRegistry } from '../clients/client.ts';
import { createLiveClients, type LiveClients } from '../clients/live/live-clients.ts';
import type { ReloadNews } from '../clients/live/reload.ts';
import type { FilesAsRead } from '../clients/live/roles-file.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { type OpenDatabase, openDatabase } from '../database/database.ts';
import { migrate, schemaAge } from '../database/migrator.ts';
import type { Logger } from '../observability/logger.ts';
import { VERSION } from '../package.ts';
import { applyingRoles } from './applying-roles.ts';
import { awaitDatabase } from './await-database.ts';
import { checkClientsWithEngine } from './check-clients.ts';
import { type Composed, compose } from './compose.ts';
import { copyEventsIfAsked, type Output } from './copying-events.ts';
import { startHousekeeping } from './housekeeping.ts';
import type { LiveEngine } from './keys/live-engine.ts';
import { preparingKeys, turningKeys } from './keys/turning-keys.ts';
import { lookAt } from './metrics/looks.ts';
import { measuringIfAsked } from './metrics/open-metrics.ts';
import { type FilesOptions, type Reloading, startReloading } from './reloading.ts';
import { processName, recordReload, recordServerEvent, type ServerEventDeps } from './server-events.ts';
import { startServing } from './serving.ts';

export interface StartOptions {
  readonly config: Config;
  readonly clients: ClientRegistry;
  /** Where both came from: client files are watched from now on. */
  readonly files: FilesOptions;
  /** What those said that are not watched for clients. */
  readonly read?: FilesAsRead | undefined;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly demoUrl?: string | undefined;
  /** Where copies of events go, if they are configured; standard output unless stated. */
  readonly copies?: Output | undefined;
  /** Ends the waiting for a database that is not there yet. */
  readonly stopping?: AbortSignal;
  /** Processes on this machine that share its cores, this one among them. */
  readonly workers?: number;
  /** Which of them this is, from 1. What concerns all of them alike is said by the first. */
  readonly worker?: number | undefined;
}

export interface RunningServer extends Composed {
  readonly port: number;
  readonly database: Awaited<ReturnType<typeof openDatabase>>;
  readonly clients: LiveClients;
  /** Reads the client files again, now; what is wrong with them is said in the log. */
  readonly reload: Reloading['reload'];
  /** Refuses new work, waits for requests in flight, closes the database. */
  stop(): Promise<void>;
}

/** Milliseconds. Slow senders hold a connection no longer (T58); keep-alive outlasts a proxy's 60 s. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
/** Node looks every 30 s whether one of the two is over, unless told otherwise. */
const CHECK_CONNECTIONS_MS = 1_000;
/** Far more than a proxy keeps open to one process. */
const MAX_CONNECTIONS = 5_000;
/** Milliseconds in which a load balancer sees /readyz answer 503 while requests are still taken. */
const UNREADY_BEFORE_CLOSING_MS = 3_000;
const DRAIN_INTERVAL_MS = 50;
/** Milliseconds. In a turn that is over sooner hardly anybody has come since it looked; and how long to wait for such a turn. */
const SHORT_TURN_MS = 2;
const TAKING_MS = 5_000;

/**
 * @throws DatabaseInUse, DatabaseUnavailable, DatabaseNewerThanCode, DatabaseOfAnotherHistory, ConfigurationInvalid (a client that the engine refuses), or what
 * listening throws (EADDRINUSE); nothing is left open then
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { config, files, log, clock = systemClock, demoUrl, stopping, workers = 1, worker = 1, read } = options;
  const { url, poolSize, preparedStatements: prepares, startWaitSeconds } = config.database;
  const measuring = await measuringIfAsked(config, { isWorker: options.worker !== undefined });
  const place = { url, poolSize, prepares, dataDir: config.paths.dataDir, embedded: 'start', log } as const;
  const database = await openDatabase({ ...place, onRoundTrip: measuring?.metrics.roundTrip });
  const begun: Ending[] = [() => database.close()];
  try {
    copyEventsIfAsked({ db: database.db, log }, config.audit, options.copies);
    if (url !== undefined) await awaitDatabase({ db: database.db, log }, { seconds: startWaitSeconds, stopping });
    const events = { db: database.db, clock, log };
    await bringUpToDate(events, { database, worker });
    const live = createLiveClients(options.clients);
    const parts = { config, clock, log, database, demoUrl, workers, worker, measuring };
    const composed = await compose({ ...parts, clients: live });
    const onServed = measuring && lookAt(measuring.metrics, { ...composed, config, clock, database, live });
    const closeMetrics = (await measuring?.open()) ?? (async () => {});
    begun.push(closeMetrics);
    const { engine, box } = composed;
    const keeping = { db: database.db, clock, box, log, clients: live.current };
    const validate = validating(preparingKeys({ ...keeping, config }, { engine, clients: live.current }), engine);
    const onNews = (news: ReloadNews) => recordReload(events, news);
    const applyRoles = applyingRoles({ db: database.db, clock, log, live, mostRoles: config.tokens.mostRoles });
    const reloading = await startReloading({ config, live, clock, log, read, validate, applyRoles, onNews }, files);
    begun.push(reloading.stop);
    const server = await listen(composed, config);
    begun.push(() => drain(server, 0));
    const port = (server.address() as AddressInfo).port;
    // With the first connection: who shares the port with others gets some as soon as it listens.
    composed.readiness.set('ready');
    const stopHousekeeping = startHousekeeping(
      { ...keeping, keptSeconds: config.audit.retentionSeconds, onSwept: measuring?.metrics.swept },
      turningKeys({ ...keeping, config }, { engine, clients: live.current }),
    );
    const stopFollowing = engine.start();
    const outboxes = [composed.telling, composed.mailing, composed.answering];
    for (const outbox of outboxes) outbox.start();
    begun.push(stopHousekeeping, stopFollowing, ...outboxes.map(({ stop }) => stop));
    const endServing = await startServing({ db: database.db, clock, log, config, live, onServed }, files);
    begun.push(endServing);
    await sayStarted(events, { config, port, clients: live.current().size });
    const stop = once(async () => {
      composed.readiness.set('stopping');
      log.info({ event: 'server.stopping' });
      if (config.mode === 'production') await sleep(UNREADY_BEFORE_CLOSING_MS);
      await drain(server, config.server.drainSeconds * 1000);
      await Promise.all([stopHousekeeping(), stopFollowing(), reloading.stop(), composed.recorder.idle()]);
      await Promise.all(outboxes.map((outbox) => outbox.stop()));
      await Promise.all([endServing(), closeMetrics()]);
      await recordServerEvent(events, { event: 'server.stopped', details: { process: processName() } });
      await database.close();
      log.info({ event: 'server.stopped' });
    });
    return { ...composed, port, database, clients: live, reload: reloading.reload, stop };
  } catch (error) {
    await endAll(begun);
    throw error;
  }
}

type Ending = () => Promise<unknown>;

/** The last first. What cannot be ended keeps nothing else going. */
async function endAll(begun: readonly Ending[]): Promise<void> {
  for (const end of begun.toReversed()) await end().catch(() => undefined);
}

const validating =
  (prepareKeys: (clients: ClientRegistry) => Promise<void>, engine: LiveEngine) =>
  async (clients: ClientRegistry): Promise<void> => {
    await prepareKeys(clients);
    await checkClientsWithEngine(engine.provider(), clients);
  };

async function sayStarted(
  events: ServerEventDeps,
  { config: { issuer, mode, server }, port, clients }: { config: Config; port: number; clients: number },
): Promise<void> {
  const details = { process: processName(), version: VERSION, mode, clients };
  await recordServerEvent(events, { event: 'server.started', details });
  events.log.info({ event: 'server.started', issuer, host: server.host, port, mode });
}

async function bringUpToDate(
  events: ServerEventDeps,
  { database, worker }: { database: OpenDatabase; worker: number },
): Promise<void> {
  const migrations = await migrate(database);
  if (migrations.length === 0) return worker === 1 ? sayIfNewer(events.log, database) : undefined;
  events.log.info({ event: 'database.migrated', migrations });
  await recordServerEvent(events, { event: 'database.migrated', details: { migrations } });
}

async function sayIfNewer(log: Logger, database: OpenDatabase): Promise<void> {
  const { newer } = await schemaAge(database);
  if (newer.length > 0) log.warn({ event: 'database.newer', migrations: newer }, GOES_ON);
}

const GOES_ON = 'The database was migrated by a newer Gatehouse. This one goes on with what it knows of it.';

/** Connections beyond `most` are closed at once. */
export function listen(
  { app, readiness }: Pick<Composed, 'app' | 'readiness'>,
  { server: { host, port } }: Pick<Config, 'server'>,
  most = MAX_CONNECTIONS,
): Promise<Server> {
  // Node would write what it has compiled when the process ends by itself: one that is killed would leave nothing to the next.
  flushCompileCache();
  const handle = app.callback();
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
  };
  const server = createServer(limits, (req, res) => {
    // A proxy sends nothing on a connection whose end was announced; one closed just then costs it a form.
    if (readiness.state === 'stopping') res.shouldKeepAlive = false;
    void handle(req, res);
  });
  server.maxConnections = most;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Idle connections close at once; those with a request in flight when it is answered, or when the time is up. */
async function drain(server: Server, milliseconds: number): Promise<void> {
  await takeWaiting(server, Math.min(milliseconds, TAKING_MS));
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A connection that has been answered stays open for the next request, and nothing closes it but this.
  const answered = setInterval(() => server.closeIdleConnections(), DRAIN_INTERVAL_MS);
  const timer = setTimeout(() => server.closeAllConnections(), milliseconds);
  await closed;
  clearInterval(answered);
  clearTimeout(timer);
}

/**
 * Connections that the kernel has made and nobody has taken are reset when the listener closes, and with them what was sent on
 * them: a proxy sends no form a second time. A turn takes one.
 */
async function takeWaiting(server: Server, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  let taken = true;
  let turned = 0;
  const onConnection = () => {
    taken = true;
  };
  server.on('connection', onConnection);
  // To the end of this turn, which has looked already.
  await nextTurn();
  for (let now = performance.now(); (taken || turned > SHORT_TURN_MS) && now < until; now += turned) {
    taken = false;
    await nextTurn();
    turned = performance.now() - now;
  }
  server.off('connection', onConnection);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
