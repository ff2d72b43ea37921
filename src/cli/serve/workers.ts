// gatehouse serve --workers: the primary. It says once what there is to say, and leaves the serving to its workers.
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import type { Configuration } from '../../clients/load-configuration.ts';
import type { Config } from '../../config/config.ts';
import { openDatabase } from '../../database/database.ts';
import { hashesAtOnce } from '../../server/compose.ts';
import { exposureIfAsked } from '../../server/metrics/open-metrics.ts';
import { handOver } from '../../server/workers/configuration-channel.ts';
import { createSupervisor } from '../../server/workers/supervisor.ts';
import { CommandFailed } from '../failure.ts';
import type { StopSignal } from '../stop-signal.ts';
import type { Answer } from '../terminal.ts';
import { type Greeting, greet } from './greeting.ts';
import type { ReloadSignal } from './reload-signal.ts';

/** `--workers` wins over `server.workers`; 0 is "auto", a process for every core. @throws CommandFailed `workers_need_postgresql` */
export function workersWanted({ server, database }: Config, asked: number | undefined): number {
  const stated = asked ?? server.workers;
  if (stated !== 1 && database.url === undefined) throw new CommandFailed('workers_need_postgresql', NEED_POSTGRESQL);
  return stated === 0 ? availableParallelism() : stated;
}

const NEED_POSTGRESQL = `Several workers need PostgreSQL: the embedded database belongs to one process.
Set DATABASE_URL (or database.url), or serve with one worker: --workers 1, and no server.workers in gatehouse.yaml.`;

/** Workers are numbered from 1; a number is not given twice. Undefined in a process that has the port to itself. */
export const workerNumber = (): number | undefined => cluster.worker?.id;

/** Lets the process end: until then, its line to the primary keeps it. */
export const leavePrimary = (): void => void cluster.worker?.disconnect();

/** Workers wait for the same cores, so each has a thread more than it hashes at once, not Node's four. */
const threadsOf = ({ config, terminal }: Pick<Greeting, 'config' | 'terminal'>, workers: number): number =>
  Number(terminal.env['UV_THREADPOOL_SIZE']) || hashesAtOnce(config, workers) + 1;

/** Answers when all of them have stopped; with 1 where the first could not start, which has said why. */
export async function serveWithWorkers(
  count: number,
  greeting: Omit<Greeting, 'database'>,
  { configuration, stop, reload }: { configuration: Configuration; stop: StopSignal; reload: ReloadSignal },
): Promise<Partial<Answer>> {
  const { config, log } = greeting;
  const exposure = await exposureIfAsked(config);
  const onFork = handOver(configuration);
  const supervisor = createSupervisor({ count, threads: threadsOf(greeting, count), log, onFork, exposure });
  let closeMetrics = async () => {};
  reload.heed(async () => supervisor.reload());
  try {
    const isStarted = await Promise.race([supervisor.start(), stop.received.then(() => 'stopping' as const)]);
    if (isStarted === false) return { exitCode: 1 };
    if (isStarted === 'stopping') return {};
    closeMetrics = (await exposure?.open(supervisor.figures)) ?? closeMetrics;
    log.info({ event: 'workers.started', workers: count, poolSizeOfEach: config.database.poolSize });
    const place = { url: config.database.url, dataDir: config.paths.dataDir };
    const database = await openDatabase({ ...place, poolSize: 1, log });
    try {
      const leave = greet({ ...greeting, database });
      await stop.received;
      await leave();
    } finally {
      await database.close();
    }
    return {};
  } finally {
    await supervisor.stop();
    await closeMetrics();
    log.info({ event: 'workers.stopped' });
  }
}
