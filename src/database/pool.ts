// The pg pool, with time limits on everything, as kysely sees it.
import { Socket } from 'node:net';
import { type ClientConfig, Pool, type PoolConfig } from 'pg';
import { type GuardedPool, guardPool, type OnRoundTrip } from './outages/guarded-pool.ts';
import { createProbe } from './outages/probe.ts';
import { createReachability } from './outages/reachability.ts';
import { createStatementNames } from './outages/statement-names.ts';

/** The part of a pino logger that is used here. */
export interface DatabaseLog {
  warn(fields: Record<string, unknown>): void;
  error(fields: Record<string, unknown>): void;
}

/** Milliseconds. A server that hangs costs a request seconds, never forever (security.md section 3b rule 7). */
const POSTGRES_LIMITS = {
  connectionTimeoutMillis: 1_800,
  statement_timeout: 5_000,
  lock_timeout: 2_000,
  idle_in_transaction_session_timeout: 10_000,
  // Only met when one connection is cut and others are not: the server itself gives up earlier.
  query_timeout: 7_000,
} as const;

/** The embedded database knows no statement timeouts, and everybody waits for whoever has a transaction open. */
const EMBEDDED_LIMITS = { connectionTimeoutMillis: 10_000, query_timeout: 20_000 } as const;

/** See guarded-pool.ts. On the embedded database a long wait is somebody else's turn. */
const WATCH = {
  postgres: { suspectAfterMs: 400, impatient: true },
  embedded: { suspectAfterMs: 5_000, impatient: false },
} as const;

/** How PostgreSQL knows connections of ours (`application_name`). */
export const APPLICATION = 'gatehouse';

export type DatabaseAddress =
  | { kind: 'postgres'; url: string }
  /** The directory that holds the socket `.s.PGSQL.5432`. */
  | { kind: 'embedded'; socketDirectory: string };

export interface PoolSettings {
  readonly size: number;
  /** `patient` lifts the limits on queries: a migration waits for its lock and takes as long as it takes. */
  readonly limits: 'strict' | 'patient';
  readonly onRoundTrip?: OnRoundTrip | undefined;
  /** Whether statements that come again are prepared; not on the embedded database, where all connections are one session. */
  readonly prepares?: boolean | undefined;
}

export function openPool(address: DatabaseAddress, settings: PoolSettings, log: DatabaseLog | undefined): GuardedPool {
  const sockets = new Set<Socket>();
  const config = { ...poolConfig(address, settings), stream: () => newSocket(sockets) };
  const pool = new Pool({ ...config, max: settings.size, idleTimeoutMillis: 10_000 });
  const note = (error: Error) => log?.warn({ event: 'database.connection_lost', reason: error.message });
  // Without these two listeners a restart of the database would end this process.
  pool.on('error', note);
  pool.on('connect', (client) => client.on('error', note));
  if (settings.limits === 'patient') return guardPool(pool, undefined);
  const reachability = createReachability({
    probe: createProbe(reach(address), { query: address.kind === 'postgres' }),
    cutConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
    log,
  });
  // What idles may be the first to know.
  pool.on('error', reachability.suspect);
  const nameOf = settings.prepares === true && address.kind === 'postgres' ? createStatementNames() : undefined;
  return guardPool(pool, { reachability, ...WATCH[address.kind] }, { onRoundTrip: settings.onRoundTrip, nameOf });
}

/** Ours, so that a connection can be cut from this end when nobody is at the other one. */
function newSocket(sockets: Set<Socket>): Socket {
  const socket = new Socket();
  sockets.add(socket);
  return socket.once('close', () => sockets.delete(socket));
}

function poolConfig(address: DatabaseAddress, { limits }: PoolSettings): PoolConfig {
  const strict = address.kind === 'embedded' ? EMBEDDED_LIMITS : POSTGRES_LIMITS;
  if (limits === 'strict') return { ...reach(address), ...strict };
  const { connectionTimeoutMillis } = POSTGRES_LIMITS;
  return { ...reach(address), ...(address.kind === 'embedded' ? {} : { connectionTimeoutMillis }) };
}

const reach = (address: DatabaseAddress): ClientConfig =>
  address.kind === 'embedded'
    ? { host: address.socketDirectory, port: 5432, user: 'postgres', database: 'postgres', ssl: false }
    : // Every statement here is short; compiling one takes longer than what it asks.
      { connectionString: named(address.url), application_name: APPLICATION, keepAlive: true, options: '-c jit=off' };

/** What a URL calls its connections comes after it: a restore knows by it who is still there. */
function named(url: string): string {
  const [address = ''] = url.split('#', 1);
  const given = new URLSearchParams(address.slice(address.indexOf('?') + 1)).getAll('application_name').at(-1);
  // pg believes the URL before anything else, and of two the last.
  return given ? `${address}&application_name=${encodeURIComponent(`${APPLICATION}: ${given}`)}` : url;
}
