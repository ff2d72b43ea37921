// All accounts go out as a file, and come in again elsewhere as they were.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { createRole } from '../../src/roles/roles.ts';
import { type DatabaseKind, makeTestDatabase, postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { answerOf, developmentPlace, gatehouse, type Place } from './command-line.ts';

const SETTINGS = `attributes:
  department: { label: Department, type: string, scope: profile, edit: operator }
  topics: { label: Topics, type: list, scope: profile, edit: operator }
  staff: { label: Staff, type: boolean, scope: profile, edit: operator }
  floor: { label: Floor, type: number, scope: profile, edit: operator }
`;

const HASH = '$2b$10$RILkz6xEIYCfg3CmXk5zdeksJobSeLqOqSzqBppdY.odRXgS.Y4gG';

/** Whatever CSV, JSON or a spreadsheet could make something else of. */
const PEOPLE: readonly Record<string, unknown>[] = [
  { sub: '42', email: 'plain@example.test' },
  {
    ...{ sub: 'auth0|=1-1', email: 'all@example.test', email_verified: true, username: 'Every.Thing' },
    ...{
      name: `=HYPERLINK("x";'y')`,
      language: 'de-AT',
      password_hash: HASH,
      status: 'banned',
      status_reason: '-1, "so"',
    },
    ...{ created_at: '2015-03-01T10:00:00.123Z', last_sign_in_at: '2019-01-01T00:00:00.000Z' },
    ...{ terms_version: '1.0', terms_accepted_at: '2015-03-01T00:00:00.000Z' },
    roles: ['editor until 2099-12-31T00:00:00.000Z', 'gatehouse:auditor', 'reader'],
    groups: ['board until 2098-01-01T00:00:00.000Z', 'staff'],
    profile: { nickname: "'@nick", phone_number: '+49301234567', street_address: 'Long Road 1\nBack, door' },
    attributes: { department: "''=A1", topics: ['news; or not', '[x]', '"quoted"'], staff: false, floor: -3.5 },
  },
  {
    sub: 'apostrophe',
    email: 'apostrophe@example.test',
    name: "'t Hart",
    attributes: { department: '- none -', topics: ['a'] },
  },
];

interface Side {
  readonly place: Place;
  inDatabase<T>(work: (db: Db) => Promise<T>): Promise<T>;
}

async function side(kind: DatabaseKind): Promise<Side & { remove(): Promise<void> }> {
  const database = await makeTestDatabase(kind);
  const { cwd, env } = developmentPlace(database.dataDir, { 'config/gatehouse.yaml': SETTINGS });
  const inDatabase = async <T>(work: (db: Db) => Promise<T>): Promise<T> => {
    const open = await openDatabase({ url: database.url, dataDir: database.dataDir, poolSize: 1 });
    try {
      return await work(open.db);
    } finally {
      await open.close();
    }
  };
  await inDatabase(async (db) => {
    for (const name of ['reader', 'editor']) await createRole({ db, clock: movingClock }, { name, description: '' });
    for (const name of ['staff', 'board']) {
      await createGroup({ db, clock: movingClock }, { name, description: '', roles: [] });
    }
  });
  const place = { cwd, env: { ...env, ...(database.url !== undefined && { DATABASE_URL: database.url }) } };
  return { place, inDatabase, remove: database.remove };
}

/** Everything that an account is made of, but when it was last written. */
const everything = (db: Db) =>
  Promise.all([
    db.selectFrom('accounts').selectAll().orderBy('id').execute(),
    db.selectFrom('profiles').select(['account_id', 'claims', 'attributes']).orderBy('account_id').execute(),
    db
      .selectFrom('role_assignments')
      .select(['account_id', 'role', 'expires_at'])
      .orderBy('account_id')
      .orderBy('role')
      .execute(),
    db
      .selectFrom('group_members')
      .select(['account_id', 'group_name', 'expires_at'])
      .orderBy('account_id')
      .orderBy('group_name')
      .execute(),
  ]).then(([accounts, ...others]) => [
    accounts.map(({ updated_at: _, email_verified_at, ...account }) => ({
      ...account,
      verified: email_verified_at !== null,
    })),
    ...others,
  ]);

const kinds: readonly DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];

describe.each(kinds)('on %s', (kind) => {
  test.each(['jsonl', 'csv'])('what goes out as %s comes in elsewhere as it was', async (format) => {
    const [from, to] = [await side(kind), await side(kind)];
    const source = path.join(from.place.cwd, 'source.jsonl');
    writeFileSync(source, PEOPLE.map((person) => JSON.stringify(person)).join('\n'));
    await answerOf(from.place, ['user', 'import', source, '--allow-administrators']);
    const out = path.join(from.place.cwd, `out.${format}`);
    const exported = await answerOf(from.place, [
      'user',
      'export',
      '--format',
      format,
      '--out',
      out,
      '--with-password-hashes',
    ]);
    expect(exported).toEqual({ accounts: 3, file: out });
    expect(statSync(out).mode & 0o077).toBe(0);

    const imported = await answerOf(to.place, ['user', 'import', out, '--allow-administrators']);
    expect(imported).toMatchObject({ rows: 3, created: 3, refused: 0 });
    expect(await to.inDatabase(everything)).toEqual(await from.inDatabase(everything));
    for (const each of [from, to]) {
      expect(await answerOf(each.place, ['user', 'import', out, '--allow-administrators'])).toMatchObject({
        unchanged: 3,
      });
      await each.remove();
    }
  });
});

test('who took the accounts along, and whether with their hashes, is written down', async () => {
  const { place, remove } = await side('pglite');
  await answerOf(place, ['user', 'export', '--out', path.join(place.cwd, 'plain.jsonl')]);
  await answerOf(place, [
    ...['user', 'export', '--format', 'csv', '--out', path.join(place.cwd, 'whole.csv')],
    '--with-password-hashes',
  ]);
  const { events } = await answerOf(place, ['audit', 'list', '--event', 'accounts.exported']);
  expect(events).toMatchObject([
    { actor: 'operator', details: { format: 'csv', credentials: true } },
    { actor: 'operator', details: { format: 'jsonl', credentials: false } },
  ]);
  await remove();
});

test('hashes leave only where asked for, and what is being deleted not at all', async () => {
  const { place, inDatabase, remove } = await side('pglite');
  const source = path.join(place.cwd, 'source.jsonl');
  writeFileSync(source, PEOPLE.map((person) => JSON.stringify(person)).join('\n'));
  await answerOf(place, ['user', 'import', source, '--allow-administrators']);
  await inDatabase((db) =>
    db.updateTable('accounts').set({ status: 'deleting', delete_at: new Date() }).where('id', '=', '42').execute(),
  );
  const { stdout, stderr, exitCode } = await gatehouse(place, ['user', 'export']);
  expect([exitCode, stderr]).toEqual([0, '']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ sub }) => sub).sort()).toEqual(['apostrophe', 'auth0|=1-1']);
  expect(stdout).not.toContain('password_hash');
  expect(stdout).not.toContain('$2b$');
  const csv = (await gatehouse(place, ['user', 'export', '--format', 'csv'])).stdout;
  // Nothing that a spreadsheet would compute begins a cell.
  expect(csv).not.toMatch(/(?:^|,)"?[=+@-]/m);
  expect(csv).toContain(`,'+49301234567,`);
  await remove();
  expect(readFileSync(source, 'utf8')).toContain(HASH);
});
