// R13: PostgreSQL has no room left. First where the tables are: it refuses what would make one grow (53100), and whoever
// connects (XX000). Then on the volume of the whole cluster, its log of changes included: PostgreSQL itself gives up and has to
// be started again.
import { setTimeout as sleep } from 'node:timers/promises';
import { resumeCluster, startCluster, stopCluster } from '../support/postgres-cluster.ts';
import { type Arena, openArena } from './arena.ts';
import { type Cluster, sharedCluster, withClient } from './cluster.ts';
import { type Drill, missedOf, NOTHING_TIMED, type Report } from './drill.ts';
import { BUSY, KEEPER } from './keeper.ts';
import { damageOf } from './sound.ts';
import { tablespaceOn } from './tablespace.ts';
import type { Traffic } from './traffic.ts';
import { mountVolume, type Volume } from './volume.ts';
import {
  EMAIL,
  type Filling,
  figuresOf,
  leftOf,
  only,
  refusedIn,
  type Seen,
  type Times,
  untilWritten,
  whileFull,
} from './while-full.ts';

const MEGABYTES = 256;

export const fullDisk: Drill = {
  id: 'R13',
  title: 'a full disk under PostgreSQL',
  async run({ short, say }) {
    const volume = mountVolume(MEGABYTES);
    if (volume === undefined) return SKIPPED;
    const times: Times = short ? { calm: 1, full: 4 } : { calm: 5, full: 30 };
    try {
      say('where the tables are');
      const tables = await fullTables(volume, times);
      say('where everything is');
      const everything = await fullCluster(volume, times);
      return reportOf({ tables, everything });
    } finally {
      volume.remove();
    }
  },
};

const SKIPPED: Report = {
  chains: { tried: 0, lost: 0, doubled: 0 },
  errors: 0,
  latency: NOTHING_TIMED,
  recoverySeconds: undefined,
  more: { SKIPPED: 'no file system can be mounted here' },
  missed: [],
};

interface Outcome extends Seen {
  readonly damage: readonly string[];
  /** Of the three. */
  readonly processesUp: number;
}

const presentIn =
  (url: string): Filling['present'] =>
  (ids) =>
    withClient(url, async (client) => {
      return (await client.query('select from accounts where id = any($1)', [[...ids]])).rowCount ?? 0;
    });

async function outcomeOf(arena: Arena, filling: Omit<Filling, 'present'>): Promise<Outcome> {
  const seen = await whileFull(arena, { ...filling, present: presentIn(arena.url) });
  const damage = await damageOf(arena.url);
  return { ...seen, damage, processesUp: arena.all.filter(({ isUp }) => isUp).length };
}

async function fullTables(volume: Volume, times: Times): Promise<Outcome> {
  const cluster = await sharedCluster();
  const tablespace = await tablespaceOn(cluster, volume.directory);
  try {
    return await withArena(tablespace.url, async (arena) => {
      const seen = await outcomeOf(arena, { volume, times, worse: async () => tablespace.forgetStart() });
      return { ...seen, ...(await afterDeath(arena, cluster, seen.traffic)) };
    });
  } finally {
    volume.free();
    await tablespace.remove();
  }
}

/** What is there is there for good: PostgreSQL dies once more, and everything is read again from what is on the disk. */
async function afterDeath(arena: Arena, cluster: Cluster, traffic: Traffic): Promise<Pick<Seen, 'missing' | 'lost'>> {
  cluster.stop('immediate');
  cluster.start();
  await untilWritten(traffic);
  return leftOf(arena, traffic, presentIn(arena.url));
}

const SMALL = { min_wal_size: '32MB', max_wal_size: '64MB', shared_buffers: '32MB' };

async function fullCluster(volume: Volume, times: Times): Promise<Outcome> {
  const url = `${await startCluster(volume.directory, SMALL)}/postgres`;
  try {
    return await withArena(url, (arena) =>
      outcomeOf(arena, { volume, times, worse: () => endLog(url), back: () => startAgain(url, volume) }),
    );
  } finally {
    stopCluster(volume.directory);
  }
}

/** The log needs one file after the other until there is no room for a new one: the end of PostgreSQL. */
async function endLog(url: string): Promise<void> {
  for (let files = 0; files < 50; files += 1) {
    if (!(await answers(url, `select pg_logical_emit_message(true, 'drill', 'x'), pg_switch_wal()`))) return;
    await sleep(50);
  }
  throw new Error('PostgreSQL goes on without room for its log');
}

/** Whoever runs it has made room, and starts what has not come back by itself. */
async function startAgain(url: string, volume: Volume): Promise<void> {
  for (let tries = 0; tries < 10; tries += 1) {
    if (await answers(url, 'select 1')) return;
    await sleep(200);
  }
  resumeCluster(volume.directory);
}

const answers = (url: string, statement: string): Promise<boolean> =>
  withClient(url, (client) => client.query(statement)).then(
    () => true,
    () => false,
  );

async function withArena<T>(url: string, work: (arena: Arena) => Promise<T>): Promise<T> {
  const arena = await openArena({ url, clients: KEEPER, settings: BUSY });
  try {
    await arena.person(EMAIL);
    return await work(arena);
  } finally {
    await arena.close();
  }
}

const ALWAYS = ['200'];
const WRITTEN = ['200', '201', '503'];

function reportOf({ tables, everything }: Record<'tables' | 'everything', Outcome>): Report {
  const both = [tables, everything];
  const refused = both.map(refusedIn);
  const keptUp = both.every(({ processesUp }) => processesUp === 3);
  return {
    chains: {
      tried: both.reduce((sum, { traffic }) => sum + traffic.chains.length, 0),
      lost: tables.lost + everything.lost,
      doubled: 0,
    },
    errors: refused.reduce((sum, count) => sum + count, 0),
    latency: {
      before: tables.traffic.spread('before'),
      during: tables.traffic.spread('during'),
      after: tables.traffic.spread('after'),
    },
    recoverySeconds: Math.max(tables.recoverySeconds, everything.recoverySeconds),
    more: {
      ...figuresOf('tables full', tables),
      ...figuresOf('everything full', everything),
      damage: both.flatMap(({ damage }) => damage).join('; ') || 'none',
    },
    missed: missedOf({
      'a write that has no room is answered with 503 and Retry-After': both.every((seen) =>
        only(seen, 'write', WRITTEN),
      ),
      'introspection goes on where the tables are full': only(tables, 'read', ALWAYS),
      'introspection is 200 or 503 where PostgreSQL is down': only(everything, 'read', WRITTEN),
      'JWKS and discovery go on': both.every((seen) => only(seen, 'read from memory', ALWAYS)),
      'nothing that was confirmed is missing': both.every(({ missing }) => missing === 0),
      'every chain of tokens goes on': both.every(({ lost }) => lost === 0),
      'nothing is damaged': both.every(({ damage }) => damage.length === 0),
      'no process of the server has to be started again': keptUp,
    }),
  };
}
