// Lists, applies and checks the migrations in /migrations.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Kysely, sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, FileMigrationProvider, Migrator } from 'kysely/migration';
import type { OpenDatabase } from './database.ts';

const DIRECTORY = fileURLToPath(new URL('../../migrations', import.meta.url));

export class DatabaseNewerThanCode extends Error {
  override readonly name = 'DatabaseNewerThanCode';
  constructor(unknown: readonly string[]) {
    super(
      `The database was migrated by a newer Gatehouse: this one does not know ${unknown.join(', ')}. ` +
        'Run that version or a later one, or restore a backup from before the upgrade.',
    );
  }
}

/** There while a restore loads the database, and taken away in the transaction that ends it. */
export const RESTORE_MARK = 'gatehouse_restoring';

export class RestoreUnfinished extends Error {
  override readonly name = 'RestoreUnfinished';
  constructor() {
    super(
      'A backup is being restored into this database, or that was interrupted. Wait for it, or run ' +
        '"gatehouse restore FILE --replace" again: what is in it now is not to be used.',
    );
  }
}

/**
 * Applies what is pending, all in one transaction, and returns the names applied. Any number of processes may call it
 * at once: an advisory lock lets one work, and the others find nothing left to do.
 * @throws DatabaseNewerThanCode, RestoreUnfinished
 */
export async function migrate(database: Pick<OpenDatabase, 'withPatientConnection'>): Promise<string[]> {
  return database.withPatientConnection(async (db) => {
    await requireRestored(db);
    return migrateOn(db);
  });
}

/** For the restore itself. */
export const migrateRestored = (database: Pick<OpenDatabase, 'withPatientConnection'>): Promise<string[]> =>
  database.withPatientConnection(migrateOn);

async function migrateOn(db: Kysely<unknown>): Promise<string[]> {
  if ((await requirePending(db)).length === 0) return [];
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    // A newer process may have been first to the lock.
    await requirePending(db);
    throw error;
  }
  return (results ?? []).map((result) => result.migrationName);
}

/**
 * The names of the migrations that `migrate` would apply, in order. Changes nothing.
 * @throws DatabaseNewerThanCode, RestoreUnfinished
 */
export async function pendingMigrations(database: Pick<OpenDatabase, 'withPatientConnection'>): Promise<string[]> {
  return database.withPatientConnection(async (db) => {
    await requireRestored(db);
    return requirePending(db);
  });
}

export const knownMigrations = async (): Promise<readonly string[]> =>
  Object.keys(await provider.getMigrations()).sort();

const provider = new FileMigrationProvider({
  fs: { readdir },
  path,
  migrationFolder: DIRECTORY,
  import: (file) => import(pathToFileURL(file).href),
});

async function requirePending(db: Kysely<unknown>): Promise<string[]> {
  const known = await knownMigrations();
  const applied = await appliedMigrations(db);
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new DatabaseNewerThanCode(unknown);
  return known.filter((name) => !applied.includes(name));
}

async function requireRestored(db: Kysely<unknown>): Promise<void> {
  const marked = sql<{ marked: boolean }>`select to_regclass(${RESTORE_MARK}) is not null as marked`;
  if ((await marked.execute(db)).rows[0]?.marked === true) throw new RestoreUnfinished();
}

async function appliedMigrations(db: Kysely<unknown>): Promise<string[]> {
  const found = sql<{ found: boolean }>`select to_regclass(${DEFAULT_MIGRATION_TABLE}) is not null as found`;
  if ((await found.execute(db)).rows[0]?.found !== true) return [];
  const names = sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`;
  return (await names.execute(db)).rows.map((row) => row.name);
}
