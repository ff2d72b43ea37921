// What a migration says to the database, and whether the release before can go on with what comes of it.
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';

type Migration = { up(db: Kysely<never>): Promise<void> };

/** In order, without a database: a statement that asks is answered with no rows. */
export async function statementsOf({ up }: Migration): Promise<readonly string[]> {
  const said: string[] = [];
  const connection = {
    async executeQuery<R>({ sql }: CompiledQuery): Promise<QueryResult<R>> {
      said.push(sql);
      return { rows: [] };
    },
    async *streamQuery() {},
  };
  const driver = Object.assign(new DummyDriver(), { acquireConnection: async () => connection });
  const dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  };
  await up(new Kysely<never>({ dialect }));
  return said;
}

/**
 * Statements, or parts of them, that the release before may not survive. Whatever is not known to be harmless is one.
 * `earlier`: of the migrations before. What one of them made as an index that is not unique may go: nothing names it.
 */
export function contractions(statements: readonly string[], earlier: readonly string[] = []): readonly string[] {
  const indexes = new Set(
    earlier.flatMap(normalized).map((statement) => /^create index (\w+) on /.exec(statement)?.[1]),
  );
  const made = new Set<string>();
  return statements.flatMap(normalized).flatMap((statement) => {
    const table = /^create table (?:if not exists )?([\w.]+)/.exec(statement)?.[1];
    if (table !== undefined) made.add(table);
    const about = /^(?:alter table (?:only )?|create unique index .*? on |create .*?trigger .*? on )([\w.]+)/.exec(
      statement,
    );
    if (table !== undefined || made.has(about?.[1] ?? '')) return [];
    if (statement.startsWith('alter table')) return actionsOf(statement).filter((action) => !isExpansion(action));
    if (indexes.has(/^drop index (\w+)$/.exec(statement)?.[1] ?? '')) return [];
    return HARMLESS.some((form) => form.test(statement)) ? [] : [statement];
  });
}

/** Functions can be made freely: what calls them is the question. */
const HARMLESS: readonly RegExp[] = [
  /^create index /,
  /^create (?:or replace )?function /,
  /^comment on /,
  /^(?:select|insert|update|with) /,
];

function isExpansion(action: string): boolean {
  // What is unique is named by `on conflict`, too.
  if (/^drop constraint \w+_(?:check|fkey)$|^alter column \w+ (?:drop not null|set default )/.test(action)) return true;
  if (!/^add column /.test(action) || /\b(?:unique|primary key|check)\b/.test(action)) return false;
  return !/\bnot null\b/.test(action) || /\bdefault\b|\bgenerated\b/.test(action);
}

/** The actions of one alter table, which commas outside of brackets divide. */
function actionsOf(statement: string): readonly string[] {
  const actions = statement.replace(/^alter table (?:if exists )?(?:only )?[\w.]+ /, '');
  let depth = 0;
  const marked = [...actions].map((letter) => {
    depth += { '(': 1, ')': -1 }[letter] ?? 0;
    return letter === ',' && depth === 0 ? '\n' : letter;
  });
  return marked
    .join('')
    .split('\n')
    .map((action) => action.trim());
}

/** Several statements in one text become several; bodies of functions, strings and quotes of names go. */
const normalized = (text: string): readonly string[] =>
  text
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/--.*$/gm, '')
    .toLowerCase()
    .replaceAll('"', '')
    .replace(/\s+/g, ' ')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
