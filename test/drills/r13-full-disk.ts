// R13: PostgreSQL has no room left. First where the tables are: it refuses what would make one grow (53100). Then on the
// volume of the whole cluster, its log of changes included: PostgreSQL itself gives up and has to be started again.
import { setTimeout as sleep } from 'node:timers/promises';
import { authorize, redeemFor, tokensOf } from '../protocol/apps.ts';
import { resumeCluster, startCluster, stopCluster } from '../support/postgres-cluster.ts';
import { type Arena, openArena } from './arena.ts';
import { type Cluster, sharedCluster, withClient } from './cluster.ts';
import { type Drill, missedOf, NOTHING_TIMED, type Report } from './drill.ts';
import { BUSY, KEEPER, startKeeper } from './keeper.ts';
import { damageOf } from './sound.ts';
import { tablespaceOn } from './tablespace.ts';
import { APPS, type Chain, type Kind, lostChains, startTraffic, type Traffic } from './traffic.ts';
import { mountVolume, type Volume } from './volume.ts';

const MEGABYTES = 256;
const EMAIL = 'jane@example.test';
/** Chains of each app. */
const CHAINS = 2;

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

/** Seconds. */
interface Times {
  readonly calm: number;
  /** After the first write that was refused. */
  readonly full: number;
}

interface Seen {
  readonly traffic: Traffic;
  readonly recoverySeconds: number;
  readonly lost: number;
  /** Accounts that were confirmed and are not there. */
  readonly missing: number;
  readonly damage: readonly string[];
  /** Of the three. */
  readonly processesUp: number;
}

async function fullTables(volume: Volume, times: Times): Promise<Seen> {
  const cluster = await sharedCluster();
  const tablespace = await tablespaceOn(cluster, volume.directory);
  try {
    return await withArena(tablespace.url, async (arena) => {
      const seen = await whileFull(arena, { volume, times });
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
  return { missing: await missingOf(arena.url, traffic), lost: await lostChains(arena.issuer, traffic.chains) };
}

const SMALL = { min_wal_size: '32MB', max_wal_size: '64MB', shared_buffers: '32MB' };

async function fullCluster(volume: Volume, times: Times): Promise<Seen> {
  const url = `${await startCluster(volume.directory, SMALL)}/postgres`;
  try {
    return await withArena(url, (arena) =>
      whileFull(arena, { volume, times, worse: () => endLog(url), back: () => startAgain(url, volume) }),
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

async function newChains({ issuer }: Arena): Promise<Chain[]> {
  const { browser } = await authorize(issuer, { email: EMAIL });
  const chains: Chain[] = [];
  for (const app of [...APPS, ...APPS].slice(0, CHAINS * APPS.length)) {
    const { body } = await redeemFor(issuer, app, await authorize(issuer, { app, browser }));
    chains.push({ app, refreshToken: tokensOf(body).refreshToken });
  }
  return chains;
}

interface Filling {
  readonly volume: Volume;
  readonly times: Times;
  /** What happens besides, once the first write is refused. */
  readonly worse?: () => Promise<void>;
  /** What is done besides making room. */
  readonly back?: () => Promise<void>;
}

async function whileFull(arena: Arena, { volume, times, worse, back }: Filling): Promise<Seen> {
  const keeper = await startKeeper(arena.issuer, arena.place);
  const traffic = startTraffic(arena.issuer, { keeper, chains: await newChains(arena) });
  try {
    await sleep(times.calm * 1000);
    traffic.phase = 'during';
    volume.fill();
    await untilRefused(traffic);
    await worse?.();
    await sleep(times.full * 1000);
    volume.free();
    await back?.();
    traffic.phase = 'after';
    const recoverySeconds = await untilWritten(traffic);
    await sleep(times.calm * 1000);
    await traffic.stop();
    return {
      traffic,
      recoverySeconds,
      lost: await lostChains(arena.issuer, traffic.chains),
      missing: await missingOf(arena.url, traffic),
      damage: await damageOf(arena.url),
      processesUp: arena.all.filter(({ isUp }) => isUp).length,
    };
  } finally {
    volume.free();
    await traffic.stop();
  }
}

/** Seconds that pages have room for what is written until then. */
const ROOM_LEFT_SECONDS = 60;

async function untilRefused(traffic: Traffic): Promise<void> {
  const giveUpAt = performance.now() + ROOM_LEFT_SECONDS * 1000;
  while ((traffic.tally('write', 'during')['503'] ?? 0) === 0) {
    if (performance.now() > giveUpAt) throw new Error('everything goes on being written');
    await sleep(50);
  }
}

/** Seconds until an account is made, whoever is asked. */
async function untilWritten({ keeper }: Traffic): Promise<number> {
  const startedAt = performance.now();
  for (let inARow = 0; inARow < 3; ) {
    const status = await keeper.makes().then(
      (answer) => answer.status,
      () => 0,
    );
    inARow = status === 201 ? inARow + 1 : 0;
    if (performance.now() - startedAt > 60_000) throw new Error(`no account can be made: ${status}`);
    if (status !== 201) await sleep(50);
  }
  return Math.round((performance.now() - startedAt) / 100) / 10;
}

const missingOf = (url: string, { keeper }: Traffic): Promise<number> =>
  withClient(url, async (client) => {
    const found = await client.query('select from accounts where id = any($1)', [keeper.acknowledged]);
    return keeper.acknowledged.length - (found.rowCount ?? 0);
  });

const inWords = (tally: Readonly<Record<string, number>>): string =>
  Object.entries(tally)
    .map(([status, count]) => `${status} ×${count}`)
    .join(', ') || 'none';

const only = ({ traffic }: Seen, kind: Kind, statuses: readonly string[]): boolean =>
  Object.keys(traffic.tally(kind, 'during')).every((status) => statuses.includes(status));

function figuresOf(name: string, seen: Seen): Report['more'] {
  const { traffic, missing, damage } = seen;
  const during = (kind: Kind) => inWords(traffic.tally(kind, 'during'));
  return {
    [`${name}: writes`]: during('write'),
    [`${name}: introspections`]: during('read'),
    [`${name}: JWKS and discovery`]: during('read from memory'),
    [`${name}: accounts confirmed`]: `${traffic.keeper.acknowledged.length}, ${missing} missing`,
    [`${name}: damage`]: damage.join('; ') || 'none',
    [`${name}: seconds until written again`]: seen.recoverySeconds,
  };
}

const ALWAYS = ['200'];
const WRITTEN = ['200', '201', '503'];

function reportOf({ tables, everything }: Record<'tables' | 'everything', Seen>): Report {
  const both = [tables, everything];
  const refused = both.map(({ traffic }) => traffic.tally('write', 'during')['503'] ?? 0);
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
    more: { ...figuresOf('tables full', tables), ...figuresOf('everything full', everything) },
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
