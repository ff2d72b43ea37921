// The pg pool, with time limits on everything, seen by kysely. A connection that broke is never handed out again.
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { DatabaseError, Pool, type PoolClient, type PoolConfig } from 'pg';
import { noting } from './outages/outage-notes.ts';
import { DatabaseUnavailable, endsConnection } from './outages/unavailable.ts';

/** The part of a pino logger that is used here. */
export interface DatabaseLog {
  warn(fields: Record<string, unknown>): void;
  error(fields: Record<string, unknown>): void;
}

/** Milliseconds. A server that hangs costs a request seconds, never forever (security.md section 3b rule 7). */
const POSTGRES_LIMITS = {
  connectionTimeoutMillis: 2_000,
  statement_timeout: 5_000,
  lock_timeout: 2_000,
  idle_in_transaction_session_timeout: 10_000,
  // Only met when the network is cut: the server itself gives up earlier.
  query_timeout: 7_000,
} as const;

/** The embedded database knows no statement timeouts, and everybody waits for whoever has a transaction open. */
const EMBEDDED_LIMITS = { connectionTimeoutMillis: 10_000, query_timeout: 20_000 } as const;

export type DatabaseAddress =
  | { kind: 'postgres'; url: string }
  /** The directory that holds the socket `.s.PGSQL.5432`. */
  | { kind: 'embedded'; socketDirectory: string };

export interface PoolSettings {
  readonly size: number;
  /** `patient` lifts the limits on queries: a migration waits for its lock and takes as long as it takes. */
  readonly limits: 'strict' | 'patient';
}

export function openPool(address: DatabaseAddress, settings: PoolSettings, log: DatabaseLog | undefined): PostgresPool {
  const pool = new Pool({ ...poolConfig(address, settings), max: settings.size, idleTimeoutMillis: 10_000 });
  const note = (error: Error) => log?.warn({ event: 'database.connection_lost', reason: error.message });
  // Without these two listeners a restart of the database would end this process.
  pool.on('error', note);
  pool.on('connect', (client) => client.on('error', note));
  return {
    options: pool.options,
    connect: async () => guardClient(await connect(pool)),
    end: () => pool.end(),
  };
}

function poolConfig(address: DatabaseAddress, { limits }: PoolSettings): PoolConfig {
  if (address.kind === 'embedded') {
    const reach = { host: address.socketDirectory, port: 5432, user: 'postgres', database: 'postgres', ssl: false };
    return { ...reach, ...(limits === 'strict' ? EMBEDDED_LIMITS : {}) };
  }
  const reach = { connectionString: address.url, application_name: 'gatehouse', keepAlive: true };
  const { connectionTimeoutMillis } = POSTGRES_LIMITS;
  return { ...reach, ...(limits === 'strict' ? POSTGRES_LIMITS : { connectionTimeoutMillis }) };
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    if (error instanceof DatabaseError) throw noting(error);
    throw noting(new DatabaseUnavailable(`The database cannot be reached: ${messageOf(error)}`, { cause: error }));
  }
}

function guardClient(client: PoolClient): PostgresPoolClient {
  let broken: DatabaseUnavailable | undefined;

  async function query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    if (broken !== undefined) throw noting(broken);
    try {
      return (await client.query({ text, values: [...parameters] })) as unknown as PostgresQueryResult<R>;
    } catch (error) {
      if (!isConnectionFailure(error) && !endsConnection(error)) throw noting(error);
      broken = new DatabaseUnavailable(`The database stopped answering: ${messageOf(error)}`, { cause: error });
      throw noting(broken);
    }
  }

  return {
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(broken ?? destroy),
  };
}

const isConnectionFailure = (error: unknown): boolean =>
  error instanceof Error &&
  !(error instanceof DatabaseError) &&
  ('syscall' in error ||
    /^(Connection terminated|Query read timeout|Client (has encountered|was closed))/.test(error.message));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
