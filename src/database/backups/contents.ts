// What is in a database, in figures: the same before and after a backup, or the backup is not good.
import { type Kysely, sql } from 'kysely';

export interface Contents {
  /** Of PostgreSQL. */
  readonly engine: string;
  /** Applied, in order. */
  readonly migrations: readonly string[];
  /** By table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Asks one statement and gives the rows. */
export type Ask = (statement: string) => Promise<readonly unknown[]>;

export const askWith =
  (db: Kysely<unknown>): Ask =>
  async (statement) =>
    (await sql.raw(statement).execute(db)).rows;

const TABLES = `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = current_schema() and c.relkind in ('r', 'p')
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
  order by c.relname`;

export const tablesOf = async (ask: Ask): Promise<readonly string[]> =>
  ((await ask(TABLES)) as { name: string }[]).map(({ name }) => name);

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (name: string): string => `'${name.replaceAll("'", "''")}'`;

export async function contentsOf(ask: Ask): Promise<Contents> {
  const tables = await tablesOf(ask);
  const [{ engine } = { engine: '' }] = (await ask(`select current_setting('server_version') as engine`)) as {
    engine: string;
  }[];
  if (!tables.includes('kysely_migration')) return { engine, migrations: [], rows: {} };
  const counting = tables.map(
    (name) => `select ${literal(name)} as name, count(*)::float8 as rows from ${quoted(name)}`,
  );
  const counts = (await ask(counting.join(' union all '))) as { name: string; rows: number }[];
  const names = (await ask('select name from kysely_migration order by name')) as { name: string }[];
  return {
    engine,
    migrations: names.map(({ name }) => name),
    rows: Object.fromEntries(counts.map(({ name, rows }) => [name, rows])),
  };
}

/** What differs, in words; undefined where nothing does. */
export function difference(expected: Contents, found: Contents): string | undefined {
  if (expected.migrations.join() !== found.migrations.join()) return 'other migrations';
  const tables = new Set([...Object.keys(expected.rows), ...Object.keys(found.rows)]);
  const wrong = [...tables].find((table) => expected.rows[table] !== found.rows[table]);
  return wrong && `${found.rows[wrong] ?? 'no'} rows in ${wrong}, not ${expected.rows[wrong] ?? 'none'}`;
}
