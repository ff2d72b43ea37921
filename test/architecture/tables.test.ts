// A table is written by one file: the tables and their owners are read from the source.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

const BY_KYSELY = /\b(?:insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(\s*['"`](\w+)/g;
const BY_SQL =
  /\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate)\s+"?(?!set\b)([a-z]\w*)"?(?=[\s(])[^'"]*?\b(?:set|values|select|where|using|as)\b/gi;
const UNNAMED = /\b(?:insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\(\s*[^'"`\s]/;

interface Source {
  readonly file: string;
  readonly text: string;
}

function sources(): Source[] {
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file: `src/${file}`, text: readFileSync(path.join(root, 'src', file), 'utf8') }));
}

/** Table → the files that write it. SQL is looked for in sql`…` only. */
function writers(all: readonly Source[]): Map<string, Set<string>> {
  const byTable = new Map<string, Set<string>>();
  for (const { file, text } of all) {
    const statements = [...text.matchAll(/\bsql(?:<[^`]*>)?`([^`]*)`/g)].map((match) => match[1] ?? '').join('\n;\n');
    for (const match of [...text.matchAll(BY_KYSELY), ...statements.matchAll(BY_SQL)]) {
      const table = match[1] ?? '';
      byTable.set(table, (byTable.get(table) ?? new Set()).add(file));
    }
  }
  return byTable;
}

const shared = (byTable: ReadonlyMap<string, ReadonlySet<string>>): string[] =>
  [...byTable]
    .filter(([, files]) => files.size > 1)
    .map(([table, files]) => `${table}: ${[...files].sort().join(', ')}`);

test('a table is written by one file', () => {
  expect(shared(writers(sources()))).toEqual([]);
});

test('every statement that writes names its table, so that its owner can be told', () => {
  expect(
    sources()
      .filter(({ text }) => UNNAMED.test(text))
      .map(({ file }) => file),
  ).toEqual([]);
});

test('a second writer would be found, by kysely or by SQL', () => {
  const owner = { file: 'src/roles/roles.ts', text: "db.insertInto('roles').values(role)" };
  const intruders = [
    "db.deleteFrom('roles').where('name', '=', name)",
    "db\n  .updateTable(\n    'roles',\n  ).set({ name })",
    'sql`delete from roles where name = $' + '{name}`',
    'sql<{ name: string }>`with gone as (update roles set name = null returning name) select name from gone`',
    'sql`INSERT INTO "roles" (name) VALUES (1)`',
  ];
  for (const text of intruders) {
    expect(shared(writers([owner, { file: 'src/admin/page.ts', text }]))).toEqual([
      'roles: src/admin/page.ts, src/roles/roles.ts',
    ]);
  }
});

test('reading, and the words of everyday language, are nobody’s write', () => {
  const reader = {
    file: 'src/admin/page.ts',
    text: "// update roles as you like\ndb.selectFrom('roles').selectAll(); sql`select name from roles for update`",
  };
  expect([...writers([reader]).keys()]).toEqual([]);
});
