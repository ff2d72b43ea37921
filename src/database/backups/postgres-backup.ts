// A PostgreSQL database as pg_dump writes it, and back.
import type { Writable } from 'node:stream';
import { type Kysely, sql } from 'kysely';
import type { Db, OpenDatabase } from '../database.ts';
import { RESTORE_MARK } from '../migrator.ts';
import { payloadOf } from './backup-file.ts';
import { askWith, type Contents, contentsOf, tablesOf } from './contents.ts';
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
  const list = await run(programs, { program: 'pg_restore', words: ['--list'], input: payloadOf(file) });
  const listed = new Set([...list.matchAll(/^\d+; \d+ \d+ TABLE DATA \S+ (\S+)/gm)].map(([, table]) => table));
  const lacking = tables.filter((table) => !listed.has(table));
  if (lacking.length === 0) return;
  throw new BackupRefused('backup_broken', `${file} lacks ${lacking.join(', ')}. Nothing was kept.`);
}

export const isEmptyPostgres = ({ withPatientConnection }: Patient): Promise<boolean> =>
  withPatientConnection(async (db) => (await tablesOf(askWith(db))).length === 0);

/** @throws BackupRefused `database_in_use` */
export const requireUnused = ({ withPatientConnection }: Patient): Promise<void> =>
  withPatientConnection(requireNobodyElse);

async function requireNobodyElse(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ client: string | null }>`select host(client_addr) as client from pg_stat_activity
    where datname = current_database() and application_name = 'gatehouse' and pid <> pg_backend_pid()`.execute(db);
  if (rows.length === 0) return;
  const from = new Set(rows.map(({ client }) => client ?? 'this machine'));
  throw new BackupRefused(
    'database_in_use',
    `Gatehouse runs on this database (from ${[...from].join(', ')}): stop every process of it first.`,
  );
}

/** From the first statement on no server starts on the database, until `endRestore` is committed. */
export async function loadPostgres(
  database: Patient,
  programs: PostgresPrograms,
  { file }: { file: string },
): Promise<void> {
  await database.withPatientConnection((db) => db.transaction().execute(clear));
  const words = ['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges', '--no-comments'];
  const where = ['--no-password', `--dbname=${await nameOf(database)}`];
  await run(programs, { program: 'pg_restore', words: [...words, ...where], input: payloadOf(file) });
}

const nameOf = ({ withPatientConnection }: Patient): Promise<string> =>
  withPatientConnection(async (db) => {
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db);
    return rows[0]?.name ?? '';
  });

async function clear(tx: Kysely<unknown>): Promise<void> {
  for (const kind of ['table', 'function'] as const) {
    const { rows } = await sql<{ name: string }>`${kind === 'table' ? OUR_TABLES : OUR_FUNCTIONS}`.execute(tx);
    for (const { name } of rows) await sql`drop ${sql.raw(kind)} if exists ${sql.raw(name)} cascade`.execute(tx);
  }
  await sql`create table ${sql.id(RESTORE_MARK)} ()`.execute(tx);
  // Whoever comes now waits for these tables, and finds the mark.
  await requireNobodyElse(tx);
}

const OUR_TABLES = sql`select c.oid::regclass::text as name from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = current_schema() and c.relkind in ('r', 'p')
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`;

const OUR_FUNCTIONS = sql`select p.oid::regprocedure::text as name from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = current_schema() and p.prokind = 'f'
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`;

export const endRestore = async (tx: Db): Promise<void> => {
  await sql`drop table ${sql.id(RESTORE_MARK)}`.execute(tx);
};
