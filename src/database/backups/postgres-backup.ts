// A PostgreSQL database as pg_dump writes it, and back.
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Db, OpenDatabase } from '../database.ts';
import { RESTORE_MARK } from '../migrator.ts';
import { APPLICATION } from '../pool.ts';
import { payloadOf } from './backup-file.ts';
import { askWith, type Contents, contentsOf, tablesOf } from './contents.ts';
import { load } from './postgres-load.ts';
import { type PostgresPrograms, run } from './postgres-programs.ts';
import { BackupRefused } from './refused.ts';

type Patient = Pick<OpenDatabase, 'withPatientConnection'>;

/** The dump and its figures are of the same moment, whatever is written meanwhile. */
export async function dumpPostgres(
  { withPatientConnection }: Patient,
  programs: PostgresPrograms,
  payload: Writable,
): Promise<Contents> {
  return withPatientConnection((db) =>
    db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const contents = await contentsOf(askWith(tx));
        const exported = await sql<{ id: string }>`select pg_export_snapshot() as id`.execute(tx);
        const snapshot = `--snapshot=${exported.rows[0]?.id}`;
        const words = ['--format=custom', '--no-owner', '--no-privileges', '--no-comments', '--no-password', snapshot];
        await run(programs, { program: 'pg_dump', words, output: payload });
        return contents;
      }),
  );
}

/** @throws BackupRefused unless the dump has every table that it should have */
export async function requireListed(
  programs: PostgresPrograms,
  { file, tables }: { file: string; tables: readonly string[] },
): Promise<void> {
  const listed = new Set((await listOf(programs, file)).map(({ table }) => table));
  const lacking = tables.filter((table) => !listed.has(table));
  if (lacking.length === 0) return;
  throw new BackupRefused('backup_broken', `${file} lacks ${lacking.join(', ')}. Nothing was kept.`);
}

async function listOf(programs: PostgresPrograms, file: string): Promise<readonly { schema: string; table: string }[]> {
  const list = await run(programs, { program: 'pg_restore', words: ['--list'], input: payloadOf(file) });
  return [...list.matchAll(/^\d+; \d+ \d+ TABLE DATA (\S+) (\S+)/gm)].map(([, schema = '', table = '']) => ({
    schema,
    table,
  }));
}

/**
 * Before anything is dropped: the dump has our tables where they are to be restored, and the programs that restore
 * them read it, reach the database and are understood there.
 * @throws BackupRefused
 */
export async function requireLoadable(
  database: Patient,
  programs: PostgresPrograms,
  { file, tables }: { file: string; tables: readonly string[] },
): Promise<void> {
  const list = await listOf(programs, file);
  const { name, schema } = await placeOf(database);
  const here = new Set(list.filter((each) => each.schema === schema).map(({ table }) => table));
  if (!tables.every((table) => here.has(table))) {
    const schemas = [...new Set(list.filter(({ table }) => tables.includes(table)).map((each) => `"${each.schema}"`))];
    throw new BackupRefused(
      'backup_of_another_schema',
      `${file} has the tables of Gatehouse in the schema ${schemas.join(' and ')}, this database has them in "${schema}". ` +
        'Nothing was changed. Restore it where search_path names the same schema as when it was made.',
    );
  }
  // No schema has the name of the mark: everything is done but nothing restored.
  await load(programs, { words: wordsOf(RESTORE_MARK), database: name, input: payloadOf(file) });
}

export const isEmptyPostgres = ({ withPatientConnection }: Patient): Promise<boolean> =>
  withPatientConnection(async (db) => (await tablesOf(askWith(db))).length === 0);

/** Milliseconds. PostgreSQL takes a moment to let go of a connection whose process has ended. */
const LEAVING_MS = 3_000;

/** @throws BackupRefused `database_in_use` */
export const requireUnused = ({ withPatientConnection }: Patient): Promise<void> =>
  withPatientConnection(async (db) => {
    const startedAt = performance.now();
    while ((await othersIn(db)).size > 0 && performance.now() - startedAt < LEAVING_MS) await sleep(100);
    await requireNobodyElse(db);
  });

async function requireNobodyElse(db: Kysely<unknown>): Promise<void> {
  const others = await othersIn(db);
  if (others.size === 0) return;
  throw new BackupRefused(
    'database_in_use',
    `Gatehouse runs on this database (from ${[...others].join(', ')}): stop every process of it first.`,
  );
}

/** Where other processes of ours ask from. */
async function othersIn(db: Kysely<unknown>): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ client: string | null }>`select host(client_addr) as client from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and (application_name = ${APPLICATION} or application_name like ${`${APPLICATION}: %`})`.execute(db);
  return new Set(rows.map(({ client }) => client ?? 'this machine'));
}

/** From the first statement on no server starts on the database, until `endRestore` is committed. */
export async function loadPostgres(
  database: Patient,
  programs: PostgresPrograms,
  { file }: { file: string },
): Promise<void> {
  await database.withPatientConnection((db) => db.transaction().execute(clear));
  const { name, schema } = await placeOf(database);
  await load(programs, { words: wordsOf(schema), database: name, input: payloadOf(file) });
}

/** A dump has the whole database; what others have beside our schema is there still. */
const wordsOf = (schema: string): readonly string[] => [
  ...['--no-owner', '--no-privileges', '--no-comments', `--schema=${schema}`],
];

const placeOf = ({ withPatientConnection }: Patient): Promise<{ name: string; schema: string }> =>
  withPatientConnection(async (db) => {
    const { rows } = await sql<{ name: string; schema: string | null }>`
      select current_database() as name, current_schema() as schema`.execute(db);
    const [{ name, schema } = { name: '', schema: null }] = rows;
    return { name, schema: schema ?? 'public' };
  });

/** Of our schema everything that the dump may bring again, whoever has made it: a view stops a restore as a table does. */
async function clear(tx: Kysely<unknown>): Promise<void> {
  for (const { kind, found } of CLEARED) {
    const { rows } = await sql<{ name: string }>`${found}`.execute(tx);
    for (const { name } of rows) await sql`drop ${sql.raw(kind)} if exists ${sql.raw(name)} cascade`.execute(tx);
  }
  await sql`create table ${sql.id(RESTORE_MARK)} ()`.execute(tx);
  // Whoever comes now waits for these tables, and finds the mark.
  await requireNobodyElse(tx);
}

const ofExtension = (id: string) =>
  sql`exists (select from pg_depend d where d.objid = ${sql.ref(id)} and d.deptype = 'e')`;

const relations = (...kinds: string[]) => sql`select c.oid::regclass::text as name from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind in (${sql.join(kinds)}) and not ${ofExtension('c.oid')}`;

const FUNCTIONS = sql`select p.oid::regprocedure::text as name from pg_proc p
  where p.pronamespace = current_schema()::regnamespace and p.prokind = 'f' and not ${ofExtension('p.oid')}`;

const TYPES = sql`select t.oid::regtype::text as name from pg_type t left join pg_class c on c.oid = t.typrelid
  where t.typnamespace = current_schema()::regnamespace and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
    and not ${ofExtension('t.oid')}`;

const CLEARED = [
  { kind: 'view', found: relations('v') },
  { kind: 'materialized view', found: relations('m') },
  { kind: 'table', found: relations('r', 'p') },
  { kind: 'sequence', found: relations('S') },
  { kind: 'function', found: FUNCTIONS },
  { kind: 'type', found: TYPES },
] as const;

export const endRestore = async (tx: Db): Promise<void> => {
  await sql`drop table ${sql.id(RESTORE_MARK)}`.execute(tx);
};
