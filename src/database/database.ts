// Opens the database: PostgreSQL by its URL, or the embedded one in the data directory. Both are spoken to through pg.
import { Kysely, PostgresDialect } from 'kysely';
import { attachOrStartEmbedded, type EmbeddedDatabase, startEmbedded } from './embedded.ts';
import type { OnRoundTrip, PoolLoad } from './outages/guarded-pool.ts';
import { type DatabaseAddress, type DatabaseLog, openPool } from './pool.ts';
import type { Database } from './schema.ts';
import { createRequestTransactions, type RequestTransaction } from './transactions/request-transactions.ts';

/** A connection pool, an open transaction, or whatever else queries can be made with. */
export type Db = Kysely<Database>;

export interface OpenDatabase {
  readonly db: Db;
  /**
   * Runs `work` in one transaction: every query made through `db` inside it, by any code, joins in. It is opened at the
   * first query, not before, and committed when `work` returns; rolled back when it throws or called `tx.rollBack()`.
   * `db.transaction()` inside it becomes a savepoint. Rejects when the commit fails: then nothing has happened.
   */
  inRequestTransaction<T>(work: (tx: RequestTransaction) => Promise<T>): Promise<T>;
  /** Leaves the request transaction around it. On the embedded database such a query waits until that one has ended. */
  outsideRequestTransaction<T>(work: () => Promise<T>): Promise<T>;
  /** A connection of its own without time limits, for migrations. */
  withPatientConnection<T>(work: (db: Kysely<unknown>) => Promise<T>): Promise<T>;
  /** Of the pool, at this moment. */
  load(): PoolLoad;
  /** Whether somebody has waited too long for a connection, so that who begins something is refused. */
  isOverrun(): boolean;
  close(): Promise<void>;
}

export interface DatabaseSettings {
  /** postgres:// or postgresql://; undefined for the embedded database. */
  readonly url: string | undefined;
  /** Where the embedded database lives. */
  readonly dataDir: string;
  readonly poolSize: number;
  /**
   * For the embedded database only. `start`: refuse when another process has it (DatabaseInUse).
   * `attach-or-start`: use the one that is running, or run it for as long as this is open.
   */
  readonly embedded?: 'start' | 'attach-or-start';
  readonly log?: DatabaseLog;
  readonly onRoundTrip?: OnRoundTrip | undefined;
  /** Whether PostgreSQL keeps the plans of statements that come again, on each connection (outages/statement-names.ts). */
  readonly prepares?: boolean;
}

/** @throws DatabaseInUse; a PostgreSQL that cannot be reached shows at the first query. */
export async function openDatabase(settings: DatabaseSettings): Promise<OpenDatabase> {
  if (settings.url !== undefined) return open({ kind: 'postgres', url: settings.url }, settings, undefined);
  const start = settings.embedded === 'attach-or-start' ? attachOrStartEmbedded : startEmbedded;
  const embedded = await start({ dataDir: settings.dataDir, log: settings.log });
  return open({ kind: 'embedded', socketDirectory: embedded.socketDirectory }, settings, embedded);
}

function open(
  address: DatabaseAddress,
  { poolSize, log, onRoundTrip, prepares }: DatabaseSettings,
  embedded: EmbeddedDatabase | undefined,
): OpenDatabase {
  const pool = openPool(address, { size: poolSize, limits: 'strict', onRoundTrip, prepares }, log);
  const transactions = createRequestTransactions(pool);
  const db = new Kysely<Database>({ dialect: transactions.dialect });
  return {
    db,
    inRequestTransaction: transactions.run,
    outsideRequestTransaction: transactions.runOutside,
    async withPatientConnection(work) {
      const pool = openPool(address, { size: 1, limits: 'patient' }, log);
      const patient = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
      try {
        return await work(patient);
      } finally {
        await patient.destroy();
      }
    },
    load: pool.load,
    isOverrun: pool.isOverrun,
    async close() {
      await db.destroy();
      await embedded?.close();
    },
  };
}
