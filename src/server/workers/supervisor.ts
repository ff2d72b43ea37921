// Several processes on one port: the primary starts them, replaces those that die, and stops them. It serves nothing itself.
import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '../../observability/logger.ts';
import type { ProcessFigures } from '../../observability/metrics.ts';
import { answerWorker, figuresOf } from './figures-channel.ts';
import { keepFigures, type SumOf } from './kept-figures.ts';
import { restartDelay } from './restart-delay.ts';

export interface SupervisorOptions {
  readonly count: number;
  /** Of each worker, besides its main one. */
  readonly threads: number;
  readonly log: Logger;
  /** Called with each that is started. */
  readonly onFork: (worker: Worker) => void;
  /** Undefined where nobody reads what workers have measured. */
  readonly exposure?: Exposed | undefined;
}

interface Exposed {
  readonly addUp: (figures: readonly ProcessFigures[]) => Promise<string>;
  readonly sumOf: SumOf;
}

export interface Supervisor {
  /**
   * Starts one, and the others when that one takes requests: what is wrong with the configuration, the port or the
   * database is said once. False when the first has ended before; it has said why.
   */
  start(): Promise<boolean>;
  /** Client files are read again: by those that take requests now, by the others when they do. */
  reload(): void;
  /** What those that take requests have measured, and those before them have counted. */
  figures(): Promise<readonly ProcessFigures[]>;
  /** Each finishes what it has begun; resolves when all are gone. */
  stop(): Promise<void>;
}

interface Place {
  worker: Worker | undefined;
  /** Milliseconds of the monotonic clock; undefined until it takes requests. */
  readyAt: number | undefined;
  /** It was to read its files again before it took requests. */
  isStale: boolean;
  /** Ends one after the other, each soon after its start. */
  failures: number;
  again: NodeJS.Timeout | undefined;
}

/** What a worker says when it takes requests. */
const READY = 'gatehouse:ready';

export const sayReady = (): void => void process.send?.(READY);

export function createSupervisor({ count, threads, log, onFork, exposure }: SupervisorOptions): Supervisor {
  const places: Place[] = [];
  let stopping = false;

  const figures = readFigures(places, exposure?.sumOf);

  const launch = (place: Place, onReady: () => void = () => {}, onEnd: (() => void) | undefined = undefined): void => {
    Object.assign(place, { worker: undefined, readyAt: undefined, isStale: false, again: undefined });
    const over = (how: object): void => {
      place.worker = undefined;
      if (stopping || (onEnd !== undefined && place.readyAt === undefined)) onEnd?.();
      else replace(place, how);
    };
    const worker = forked(log, threads);
    if (worker === undefined) {
      over({ reason: NO_ROOM });
      return;
    }
    place.worker = worker;
    onFork(worker);
    worker.on('message', (message) => {
      if (message !== READY) return;
      place.readyAt = performance.now();
      if (place.isStale) worker.process.kill('SIGHUP');
      onReady();
    });
    if (exposure !== undefined) answerWorker(worker, async () => exposure.addUp(await figures()));
    worker.on('error', (err) => {
      log.error({ event: 'worker.failed', worker: worker.id, err });
      if (worker.process.pid === undefined) over({ worker: worker.id, reason: NO_ROOM });
    });
    worker.once('exit', (exitStatus, signal) => over({ ...namesOf(worker), exitStatus, signal }));
  };

  const replace = (place: Place, ended: object): void => {
    const servedMs = place.readyAt === undefined ? 0 : performance.now() - place.readyAt;
    const { failures, delayMs } = restartDelay(place.failures, servedMs);
    place.failures = failures;
    log.error({ event: 'worker.ended', ...ended, restartInMs: delayMs }, 'The others go on; it is started again.');
    place.again = setTimeout(() => launch(place), delayMs);
  };

  return {
    start: () =>
      new Promise((resolve) => {
        const onReady = () => {
          if (!stopping) for (let more = places.length; more < count; more += 1) launch(placeIn(places));
          resolve(true);
        };
        launch(placeIn(places), onReady, () => resolve(false));
      }),
    figures,
    reload: () => places.forEach(readAgain),
    async stop() {
      stopping = true;
      for (const { again } of places) clearTimeout(again);
      await Promise.all(places.map(({ worker }) => worker && ended(worker)));
    },
  };
}

/** Whoever asks while they are read gets the same: one reading after the other. */
function readFigures(places: readonly Place[], sumOf: SumOf = () => []) {
  const keep = keepFigures(sumOf);
  const ask = async ({ worker, readyAt }: Place) =>
    worker === undefined || readyAt === undefined
      ? { worker: undefined, figures: undefined }
      : { worker: worker.id, figures: await figuresOf(worker) };
  const read = async () => keep(await Promise.all(places.map(ask)));
  let underWay: Promise<readonly ProcessFigures[]> | undefined;
  return () => {
    underWay ??= read().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

const namesOf = ({ id, process: { pid } }: Worker): object => ({ worker: id, pid });

const NO_ROOM = 'the machine had no room for another process';

/** Undefined where it cannot be, which some reasons (no memory) say by throwing, and others (no more processes) by an event. */
function forked(log: Logger, threads: number): Worker | undefined {
  try {
    return cluster.fork({ UV_THREADPOOL_SIZE: threads });
  } catch (err) {
    log.error({ event: 'worker.failed', err });
    return undefined;
  }
}

function placeIn(places: Place[]): Place {
  const place: Place = { worker: undefined, readyAt: undefined, isStale: false, failures: 0, again: undefined };
  places.push(place);
  return place;
}

function readAgain(place: Place): void {
  if (place.readyAt === undefined) place.isStale = true;
  else place.worker?.process.kill('SIGHUP');
}

/** SIGTERM, whatever the primary got. */
function ended(worker: Worker): Promise<void> {
  if (worker.process.exitCode !== null || worker.process.signalCode !== null) return Promise.resolve();
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.process.kill('SIGTERM');
  return gone;
}
