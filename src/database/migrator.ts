// Lists, applies and checks the migrations in /migrations.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Kysely, type QueryExecutorProvider, sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, FileMigrationProvider, Migrator } from 'kysely/migration';
import type { OpenDatabase } from './database.ts';
import { ageOf, type SchemaAge } from './schema-age.ts';

const DIRECTORY = fileURLToPath(new URL('../../migrations', import.meta.url));

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
 * at once: an advisory lock lets one work, and the others find nothing left to do. What a newer release has applied stays.
 * @throws DatabaseNewerThanCode, DatabaseOfAnotherHistory, RestoreUnfinished
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
  if ((await ageOn(db)).pending.length === 0) return [];
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) {
    // A newer process may have been first to the lock.
    if ((await ageOn(db)).pending.length === 0) return [];
    throw error;
  }
  return (results ?? []).map((result) => result.migrationName);
}

/**
 * What `migrate` would apply, and what a newer release has. Changes nothing.
 * @throws DatabaseNewerThanCode, DatabaseOfAnotherHistory, RestoreUnfinished
 */
export async function schemaAge(database: Pick<OpenDatabase, 'withPatientConnection'>): Promise<SchemaAge> {
  return database.withPatientConnection(async (db) => {
    await requireRestored(db);
    return ageOn(db);
  });
}

/**
 * That what runs may go on running: a newer release may have begun with the schema meanwhile, or a restore. One statement.
 * @throws DatabaseNewerThanCode, DatabaseOfAnotherHistory, RestoreUnfinished
 */
export async function requireFitting(db: QueryExecutorProvider): Promise<void> {
  const found = sql<{ name: string; marked: boolean }>`
    select name, to_regclass(${RESTORE_MARK}) is not null as marked from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`;
  const { rows } = await found.execute(db);
  if (rows.some(({ marked }) => marked)) throw new RestoreUnfinished();
  ageOf(
    rows.map(({ name }) => name),
    await knownMigrations(),
  );
}

export async function knownMigrations(): Promise<readonly string[]> {
  known ??= (await readdir(DIRECTORY)).map((file) => path.basename(file, '.ts')).sort();
  return known;
}

/** Read once: what this process is does not change while it runs. */
let known: readonly string[] | undefined;

const provider = new FileMigrationProvider({
  fs: { readdir },
  path,
  migrationFolder: DIRECTORY,
  import: (file) => import(pathToFileURL(file).href),
});

const ageOn = async (db: Kysely<unknown>): Promise<SchemaAge> =>
  ageOf(await appliedMigrations(db), await knownMigrations());

async function requireRestored(db: Kysely<unknown>): Promise<void> {
  const marked = sql<{ marked: boolean }>`select to_regclass(${RESTORE_MARK}) is not null as marked`;
  if ((await marked.execute(db)).rows[0]?.marked === true) throw new RestoreUnfinished();
}

async function appliedMigrations(db: Kysely<unknown>): Promise<string[]> {
  const found = sql<{ found: boolean }>`select to_regclass(${DEFAULT_MIGRATION_TABLE}) is not null as found`;
  if ((await found.execute(db)).rows[0]?.found !== true) return [];
  return namesOf(db);
}

async function namesOf(db: QueryExecutorProvider): Promise<string[]> {
  const names = sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`;
  return (await names.execute(db)).rows.map((row) => row.name);
}
