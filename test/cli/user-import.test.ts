// An operator moves people in from another system, beside a running server. Every test has people of its own.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccount, setPasswordHash } from '../../src/accounts/accounts.ts';
import { findCredentials } from '../../src/accounts/finding/find-credentials.ts';
import { noteClients } from '../../src/clients/live/known-clients.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { createRole } from '../../src/roles/roles.ts';
import { hashes } from '../fixtures/password-hashes/hashes.ts';
import { refresh, signedIn, userinfo, WEB } from '../protocol/apps.ts';
import { movingClock } from '../support/moving-clock.ts';
import { callbackOf, claimsIn } from '../support/sign-in.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';
import { answerOf, failureOf, gatehouse, type Outcome, type Place } from './command-line.ts';

const SETTINGS = `mfa: optional${RESOURCES}
attributes:
  department: { label: Department, type: string, scope: profile, edit: operator }
  topics: { label: Topics, type: list, scope: profile, edit: operator }
  staff: { label: Staff, type: boolean, scope: profile, edit: operator }
  floor: { label: Floor, type: number, scope: profile, edit: operator }
`;

let server: TestServer;
const directory = mkdtempSync(path.join(tmpdir(), 'gatehouse-moving-'));

beforeAll(async () => {
  server = await startTestServer({ settings: SETTINGS });
  const { db } = server.deps;
  // As the server does every hour.
  await noteClients({ db, clock: movingClock }, [...server.clients.current().keys()]);
  for (const name of ['reader', 'editor']) await createRole({ db, clock: movingClock }, { name, description: '' });
  for (const name of ['staff', 'board']) {
    await createGroup({ db, clock: movingClock }, { name, description: '', roles: name === 'staff' ? ['reader'] : [] });
  }
});

afterAll(() => server.stop());

const here = (): Place => ({
  cwd: directory,
  env: {
    GATEHOUSE_MODE: 'development',
    GATEHOUSE_DATA_DIR: server.dataDir,
    GATEHOUSE_CONFIG_DIR: server.configDir,
    GATEHOUSE_LOG_LEVEL: 'silent',
  },
});

let files = 0;
function fileOf(content: string, ending = 'jsonl'): string {
  files += 1;
  const file = path.join(directory, `users-${files}.${ending}`);
  writeFileSync(file, content);
  return file;
}

type Row = Record<string, unknown>;

const jsonl = (...rows: readonly Row[]): string => fileOf(`${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);

const imports = (file: string, ...words: string[]): Promise<Outcome> =>
  gatehouse(here(), ['user', 'import', file, ...words]);

/** With `--json`, whatever the exit code. */
async function counted(file: string, ...words: string[]): Promise<Record<string, unknown> & { exitCode: number }> {
  const { stdout, stderr, exitCode } = await imports(file, '--json', ...words);
  if (stderr !== '') throw new Error(stderr);
  return { ...JSON.parse(stdout), exitCode };
}

const badRows = (counts: Record<string, unknown>) => counts['bad_rows'] as { line: number; problems: string[] }[];

const show = (who: string) => answerOf(here(), ['user', 'show', who]);

const howMany = async (): Promise<number> => {
  const accounts = server.deps.db.selectFrom('accounts').select(({ fn }) => fn.countAll().as('count'));
  return Number((await accounts.executeTakeFirstOrThrow()).count);
};

let people = 0;
const address = (): string => `moved-${++people}@example.test`;

describe('passwords move along', () => {
  const people = hashes.map((vector, index) => ({
    ...vector,
    sub: `hash-${index}`,
    email: `hash-${index}@example.test`,
  }));

  beforeAll(async () => {
    const file = jsonl(...people.map(({ sub, email, hash }) => ({ sub, email, password_hash: hash })));
    expect(await counted(file)).toMatchObject({ created: people.length, refused: 0, exitCode: 0 });
  });

  test.each(people)(
    '$tool, $form: the old password signs in, a wrong one does not, and it is argon2id then',
    async (person) => {
      const { email, password, wrong, sub, hash } = person;
      const { db } = server.deps;
      const refused = await visitsAndSignsIn(server, { identifier: email, password: wrong });
      expect(refused.browser.page.text).toContain('name="password"');
      expect((await findCredentials(db, email))?.passwordHash).toBe(hash);

      for (const _time of ['as the other system had it', 'as it is now']) {
        const { browser } = await visitsAndSignsIn(server, { identifier: email, password });
        expect(callbackOf(browser).get('code')).toMatch(/./);
        const found = await findCredentials(db, email);
        expect(found?.account.id).toBe(sub);
        expect(found?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      }
      // It is the same password: nobody has changed it.
      const { password_changed_at } = await db
        .selectFrom('accounts')
        .select('password_changed_at')
        .where('id', '=', sub)
        .executeTakeFirstOrThrow();
      expect(password_changed_at).toBeNull();
    },
  );

  test('somebody whom Django knows no password of comes in without one, and can have a link', async () => {
    const email = address();
    expect(await counted(jsonl({ email, password_hash: '!Ak3jDk20dkKs' }))).toMatchObject({ created: 1 });
    const found = await findCredentials(server.deps.db, email);
    expect(found).toMatchObject({ passwordHash: undefined });
  });

  test('a hash that cannot be verified here is a bad row that names the format, and shows nothing of it', async () => {
    const secret = '$6$rounds=5000$saltsalt$thehashitself';
    const rows = [
      { email: address(), password_hash: secret },
      { email: address(), password_hash: 'pbkdf2_sha256$1000000000000$salt$AAAA' },
      { email: address(), password_hash: 'hunter2-in-clear' },
    ];
    const { stdout, stderr, exitCode } = await imports(jsonl(...rows));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Line 1: password_hash: is SHA-512 crypt ($6$), which is not supported.\n');
    expect(stderr).toContain(
      'Line 2: password_hash: is PBKDF2 with 1000000000000 iterations; 1 to 4000000 are accepted.\n',
    );
    expect(stderr).toContain('Line 3: password_hash: is in no known format, which is not supported.\n');
    expect(stdout + stderr).not.toMatch(/thehashitself|hunter2/);
    for (const { email } of rows) expect(await findCredentials(server.deps.db, email)).toBeUndefined();
  });
});

test('everything that a row can say is there afterwards', async () => {
  const email = address();
  const row = {
    sub: 'auth0|5f7c8ec7',
    email,
    email_verified: true,
    username: 'Moved.Person',
    name: 'Moved Person',
    language: 'de',
    status: 'banned',
    status_reason: 'left in 2019',
    created_at: '2015-03-01T10:00:00Z',
    last_sign_in_at: '2019-01-01T00:00:00+01:00',
    terms_version: '2014-1',
    terms_accepted_at: '2015-03-01',
    roles: ['reader', 'editor until 2099-12-31T00:00:00Z', 'reader until 2001-01-01'],
    groups: ['staff'],
    profile: { given_name: 'Moved', birthdate: '1985-04-12', phone_number: '+49 30 1234567' },
    attributes: { department: 'Sales', topics: ['news', 'offers'], staff: true, floor: 3 },
  };
  expect(await counted(jsonl(row))).toEqual({
    ...{ rows: 1, created: 1, updated: 0, unchanged: 0, refused: 0 },
    ...{ dry_run: false, stopped: false, unreadable: null, bad_rows: [], exitCode: 0 },
  });
  expect(await show(email)).toMatchObject({
    ...{ id: 'auth0|5f7c8ec7', email, email_verified: true, username: 'Moved.Person', name: 'Moved Person' },
    ...{ status: 'banned', status_reason: 'left in 2019', created_at: '2015-03-01T10:00:00.000Z' },
    last_sign_in_at: '2018-12-31T23:00:00.000Z',
    roles: ['editor', 'reader'],
    profile: { given_name: 'Moved', birthdate: '1985-04-12', phone_number: '+49301234567' },
    attributes: { department: 'Sales', topics: ['news', 'offers'], staff: true, floor: 3 },
  });
  const events = server.deps.db.selectFrom('audit_events').select(['event', 'actor', 'details']);
  expect(await events.where('account_id', '=', row.sub).execute()).toEqual([
    {
      event: 'account.created',
      actor: 'operator',
      details: { roles: ['reader', 'editor'], groups: ['staff'], imported: true },
    },
  ]);
  expect(await events.where('event', '=', 'accounts.imported').orderBy('id', 'desc').limit(1).execute()).toEqual([
    {
      event: 'accounts.imported',
      actor: 'operator',
      details: { created: 1, updated: 0, unchanged: 0, refused: 0, file: expect.stringMatching(/^users-\d+\.jsonl$/) },
    },
  ]);
});

describe('a bad row is named with its line and its reason, and nothing of it is kept', () => {
  test('whatever is wrong with it, and the rest goes in', async () => {
    const fine = [address(), address()];
    const twice = address();
    const content = [
      JSON.stringify({ email: fine[0] }),
      '',
      '{"email": ',
      JSON.stringify(['no object']),
      JSON.stringify({ email: 'no address', username: 'x', name: '', status: 'asleep' }),
      JSON.stringify({ mail: address() }),
      JSON.stringify({ email: address(), roles: ['readr'], groups: ['stuff'] }),
      JSON.stringify({ email: address(), profile: { birthdate: '2985-04-12', phone: '1' } }),
      JSON.stringify({ email: address(), attributes: { departement: 'x', floor: 'third' } }),
      JSON.stringify({ email: address(), sub: 'a/b' }),
      JSON.stringify({ email: address(), sub: 'new', created_at: 'yesterday', terms_version: 'x' }),
      JSON.stringify({ email: twice, username: 'twice-named' }),
      JSON.stringify({ email: twice.toUpperCase(), username: 'Twice-Named' }),
      JSON.stringify({ email: address(), roles: ['gatehouse:admin'] }),
      `{"email":"${address()}","name":"\uFFFD"}`,
      JSON.stringify({ email: address(), name: 'x'.repeat(300_000) }),
      JSON.stringify({ email: fine[1] }),
    ].join('\n');
    const before = await howMany();
    const counts = await counted(fileOf(content));
    expect(counts).toMatchObject({ rows: 16, created: 3, refused: 13, exitCode: 1 });
    expect(badRows(counts)).toEqual([
      { line: 3, problems: ['is no JSON object'] },
      { line: 4, problems: ['is no JSON object'] },
      { line: 5, problems: [expect.stringMatching(/^status: invalid option/)] },
      { line: 6, problems: ['email: is missing', '"mail": no such field; did you mean "email"?'] },
      {
        line: 7,
        problems: [
          'roles: there is no role "readr"; did you mean "reader"?',
          'groups: there is no group "stuff"; did you mean "staff"?',
        ],
      },
      { line: 8, problems: ['"profile.phone": no such field'] },
      {
        line: 9,
        problems: [
          'attributes.departement: gatehouse.yaml declares no such attribute; did you mean "department"?',
          expect.stringMatching(/^attributes\.floor: /),
        ],
      },
      { line: 10, problems: [expect.stringMatching(/^sub: expected 1 to 255 letters/)] },
      {
        line: 11,
        problems: [
          'sub: is reserved',
          'created_at: "yesterday" is no time such as 2024-02-29T12:00:00Z',
          'terms_version, terms_accepted_at: one goes only with the other',
        ],
      },
      { line: 13, problems: ['email: stands in line 12 already', 'username: stands in line 12 already'] },
      {
        line: 14,
        problems: ['roles: "gatehouse:admin" makes an administrator of Gatehouse, which takes --allow-administrators'],
      },
      { line: 15, problems: ['is not UTF-8, or has the mark for what was not (U+FFFD)'] },
      { line: 16, problems: ['is longer than 262144 bytes'] },
    ]);
    expect(await howMany()).toBe(before + 3);
  });

  test('nobody administers by way of a role that an operator made for it, either', async () => {
    await answerOf(here(), ['role', 'create', 'desk', '--permission', 'gatehouse:accounts:write']);
    await answerOf(here(), ['role', 'create', 'clerk']);
    await answerOf(here(), ['role', 'create', 'chief', '--include', 'desk']);
    await answerOf(here(), ['group', 'create', 'desks', '--role', 'chief']);
    const file = jsonl(
      { email: address(), roles: ['desk'] },
      { email: address(), roles: ['chief'] },
      { email: address(), groups: ['desks'] },
      { email: address(), roles: ['clerk'] },
    );
    const refusal = (field: string, name: string) =>
      `${field}: "${name}" makes an administrator of Gatehouse, which takes --allow-administrators`;
    const counts = await counted(file);
    expect(counts).toMatchObject({ rows: 4, created: 1, refused: 3, exitCode: 1 });
    expect(badRows(counts)).toEqual([
      { line: 1, problems: [refusal('roles', 'desk')] },
      { line: 2, problems: [refusal('roles', 'chief')] },
      { line: 3, problems: [refusal('groups', 'desks')] },
    ]);
    expect(await counted(file, '--allow-administrators')).toMatchObject({ created: 3, refused: 0, exitCode: 0 });
  });

  test('what belongs to somebody else is theirs', async () => {
    const [mine, theirs] = [address(), address()];
    await counted(jsonl({ sub: 'mine-1', email: mine, username: 'mine-one' }, { sub: 'theirs-1', email: theirs }));
    const counts = await counted(
      jsonl(
        { sub: 'mine-2', email: mine },
        { sub: 'mine-3', email: address(), username: 'MINE-ONE' },
        { sub: 'mine-4', email: theirs.toUpperCase() },
        { sub: 'theirs-1', email: theirs, username: 'mine-one' },
        { sub: 'web', email: address() },
      ),
    );
    expect(badRows(counts)).toEqual([
      { line: 1, problems: ['email: belongs to the account mine-1'] },
      { line: 2, problems: ['username: belongs to the account mine-1'] },
      { line: 3, problems: ['email: belongs to the account theirs-1'] },
      { line: 4, problems: ['email: stands in line 3 already', 'username: stands in line 2 already'] },
      { line: 5, problems: ['sub: is the client_id of an app, which tokens of the app have as sub'] },
    ]);
  });

  test('it says so at a terminal too, and lists them where asked to', async () => {
    const list = path.join(directory, 'refused.jsonl');
    const { stdout, stderr, exitCode } = await imports(
      jsonl({ email: '\u001b[2Jx' }, { email: address() }),
      '--errors',
      list,
    );
    expect(exitCode).toBe(1);
    expect(stderr).toBe('Line 1: email: "\\u001b[2Jx" is no e-mail address.\n');
    expect(stdout).toBe('2 rows: 1 made, 0 unchanged, 1 refused.\n');
    expect(JSON.parse(readFileSync(list, 'utf8'))).toEqual({
      line: 1,
      problems: ['email: "\\u001b[2Jx" is no e-mail address'],
    });
  });
});

describe('running it again', () => {
  test('changes nothing, also after people have signed in and done things here', async () => {
    const vector = hashes.find(({ tool, form }) => tool.startsWith('bcrypt') && form === '$2b$');
    if (vector === undefined) throw new Error('there is no such vector');
    const rows = [
      { sub: 'again-1', email: address(), password_hash: vector.hash, name: 'A', roles: ['reader'], groups: ['board'] },
      { email: address(), email_verified: false, profile: { nickname: 'b' } },
      { email: address(), sub: '4711' },
    ];
    const file = jsonl(...rows);
    expect(await counted(file)).toMatchObject({ created: 3, exitCode: 0 });
    const dump = () =>
      server.deps.db
        .selectFrom('accounts')
        .selectAll()
        .where(
          'email',
          'in',
          rows.map(({ email }) => email),
        )
        .orderBy('email')
        .execute();
    const before = await dump();
    expect(await counted(file)).toMatchObject({
      rows: 3,
      created: 0,
      updated: 0,
      unchanged: 3,
      refused: 0,
      exitCode: 0,
    });
    expect(await dump()).toEqual(before);

    const who = { identifier: rows[0]?.email ?? '', password: vector.password };
    expect(callbackOf((await visitsAndSignsIn(server, who)).browser).get('code')).toMatch(/./);
    await answerOf(here(), ['role', 'grant', 'editor', 'again-1']);
    const after = await dump();
    expect(after).not.toEqual(before);
    for (const words of [[], ['--update']]) {
      expect(await counted(file, ...words)).toMatchObject({ unchanged: 3, refused: 0, exitCode: 0 });
    }
    expect(await dump()).toEqual(after);
  });

  test('with other content names what differs and changes nothing, unless it is told to', async () => {
    const email = address();
    await counted(jsonl({ sub: 'upd-1', email, name: 'Before', roles: ['reader'], profile: { nickname: 'one' } }));
    await answerOf(here(), ['role', 'grant', 'editor', email]);
    const vector = hashes.find(({ form }) => form === 'bcrypt');
    const changed = {
      ...{ sub: 'upd-1', email, name: 'After', email_verified: true, username: 'after-one', groups: ['staff'] },
      ...{ password_hash: vector?.hash, profile: { given_name: 'Given' }, attributes: { floor: 2 } },
    };
    const fields = 'email_verified, username, name, password_hash, groups, profile.given_name, attributes.floor';
    const before = await show(email);
    const refused = await counted(jsonl(changed));
    expect(badRows(refused)).toEqual([{ line: 1, problems: [`the account upd-1 is there, and differs in ${fields}`] }]);
    expect(await show(email)).toEqual(before);
    expect(await counted(jsonl(changed), '--update', '--dry-run')).toMatchObject({
      updated: 1,
      refused: 0,
      exitCode: 0,
    });
    expect(await show(email)).toEqual(before);

    expect(await counted(jsonl(changed), '--update')).toMatchObject({ updated: 1, refused: 0, exitCode: 0 });
    expect(await show(email)).toMatchObject({
      ...{ name: 'After', email_verified: true, username: 'after-one', roles: ['editor', 'reader'] },
      ...{ profile: { nickname: 'one', given_name: 'Given' }, attributes: { floor: 2 } },
    });
    expect((await findCredentials(server.deps.db, email))?.passwordHash).toBe(vector?.hash);
    expect(await counted(jsonl(changed))).toMatchObject({ unchanged: 1, exitCode: 0 });
  });

  test('never moves an address, lifts a ban, or brings back a password that was changed here', async () => {
    const email = address();
    const vector = hashes.find(({ form }) => form === 'bcrypt_sha256');
    const row = { sub: 'keep-1', email, password_hash: vector?.hash, status: 'active' };
    await counted(jsonl(row));
    const refused = await counted(jsonl({ ...row, email: address() }), '--update');
    expect(badRows(refused)).toEqual([
      { line: 1, problems: ['the account keep-1 is there, and differs in email; an import does not change email'] },
    ]);
    const { db, clock } = server.deps;
    await setPasswordHash(
      db,
      {
        accountId: 'keep-1',
        passwordHash:
          '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      },
      clock,
    );
    expect(await counted(jsonl(row), '--update')).toMatchObject({ unchanged: 1 });
    await answerOf(here(), ['user', 'ban', 'keep-1']);
    expect(badRows(await counted(jsonl(row), '--update'))[0]?.problems[0]).toMatch(/does not change status$/);
    expect(await findAccount(db, 'keep-1')).toMatchObject({ status: 'banned', email });
  });
});

test('a dry run finds the same problems and writes nothing', async () => {
  const file = jsonl(
    { email: address(), roles: ['reader'] },
    { email: address(), roles: ['nobody-has-this'] },
    { email: address(), username: 'dry-run' },
    { email: address(), username: 'dry-run' },
  );
  const everything = async () => {
    const { rows } = await server.deps.db.executeQuery<{ n: string }>({
      ...server.deps.db
        .selectNoFrom(({ selectFrom, fn }) => [
          selectFrom('accounts').select(fn.countAll().as('n')).as('accounts'),
          selectFrom('audit_events').select(fn.countAll().as('n')).as('events'),
          selectFrom('role_assignments').select(fn.countAll().as('n')).as('assignments'),
        ])
        .compile(),
    });
    return rows;
  };
  const before = await everything();
  const dry = await counted(file, '--dry-run');
  expect(await everything()).toEqual(before);
  expect(dry).toMatchObject({ dry_run: true, created: 2, refused: 2, exitCode: 1 });
  const { stdout } = await imports(file, '--dry-run');
  expect(stdout).toBe('4 rows: 2 to make, 0 unchanged, 2 refused.\nNothing was written (--dry-run).\n');
  const real = await counted(file);
  expect(real).toEqual({ ...dry, dry_run: false });
});

describe('an id of another system', () => {
  test.each(['42', '0', 'auth0|abc', 'user@old.example', 'urn:old:7', 'A_b-c.d~e=f', 'x'.repeat(255)])(
    '%s is the sub of every token, and works wherever ids do',
    async (sub) => {
      const email = address();
      const password_hash = hashes.find(({ form, password }) => form === '$2b$' && password.length < 72)?.hash;
      expect(await counted(jsonl({ sub, email, password_hash, email_verified: true }))).toMatchObject({ created: 1 });
      const { db, clock } = server.deps;
      await setPasswordHash(db, { accountId: sub, passwordHash: await server.hasher.hash(PASSWORD) }, clock);
      const { tokens, browser } = await signedIn(server.issuer, {
        email,
        params: { scope: 'openid email offline_access' },
      });
      expect(claimsIn(tokens.idToken)['sub']).toBe(sub);
      expect(await (await userinfo(server.issuer, tokens.accessToken)).json()).toMatchObject({ sub, email });
      const next = await refresh(server.issuer, WEB, tokens.refreshToken);
      expect(next.status).toBe(200);
      await browser.open(`${server.issuer}/account/sessions`);
      expect(browser.page.status).toBe(200);
      expect(browser.text).toContain('Web App');
      const sessions = await answerOf(here(), ['user', 'sessions', `id:${sub}`]);
      expect(sessions).toMatchObject({ id: sub, email });
      await answerOf(here(), ['user', 'end-sessions', `id:${sub}`]);
      await answerOf(here(), ['user', 'delete', `id:${sub}`, '--yes']);
      expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
      // T46: whoever comes next under this id would be taken for the one before.
      expect(badRows(await counted(jsonl({ sub, email: address() })))).toEqual([
        { line: 1, problems: ['sub: was that of an account that has been deleted, and is not given again'] },
      ]);
    },
  );

  test('that is another person’s address is nobody’s at the command line until it is said whose', async () => {
    const [first, second] = [address(), address()];
    await counted(jsonl({ sub: second, email: first }, { sub: 'second-1', email: second }));
    const { code, message } = await failureOf(here(), ['user', 'ban', second]);
    expect(code).toBe('ambiguous');
    expect(message).toContain(`"id:${second}" for the first and "id:second-1" for the second`);
    expect(await show(`id:${second}`)).toMatchObject({ email: first });
    expect(await show('id:second-1')).toMatchObject({ email: second });
  });
});

describe('CSV', () => {
  test('with a byte order mark, CRLF, quotes and cells of several lines; lines are counted as an editor does', async () => {
    const [first, second, third] = [address(), address(), address()];
    const content = [
      '\uFEFFemail,email_verified,name,roles,groups,profile.street_address,attributes.topics,attributes.staff',
      `${first},True,"Doe, ""Jane""",reader; editor,staff,"1 Long Road\r\nBack door",news;offers,yes`,
      '',
      `${second},0,,nobody-has-this,,,,`,
      `${third},,Third,,,"One\r\nTwo\r\nThree",,`,
      'no-address,,,,,,,',
      `${address()},too,few`,
    ].join('\r\n');
    const counts = await counted(fileOf(content, 'csv'));
    expect(counts).toMatchObject({ rows: 5, created: 2, refused: 3, exitCode: 1 });
    expect(badRows(counts)).toEqual([
      { line: 5, problems: ['roles: there is no role "nobody-has-this"'] },
      { line: 9, problems: ['email: "no-address" is no e-mail address'] },
      { line: 10, problems: ['has 3 cells, where the first line names 8 columns'] },
    ]);
    expect(await show(first)).toMatchObject({
      ...{ email_verified: true, name: 'Doe, "Jane"', roles: ['editor', 'reader'] },
      ...{
        profile: { street_address: '1 Long Road\nBack door' },
        attributes: { topics: ['news', 'offers'], staff: true },
      },
    });
  });

  test('says which column it does not know before anything is done', async () => {
    const counts = await counted(fileOf(`email,user_name\n${address()},x\n`, 'csv'));
    expect(counts).toMatchObject({ created: 0, exitCode: 1 });
    expect(counts['unreadable']).toBe(
      'The first line has to name the columns: there is no column "user_name"; did you mean "username"?.',
    );
  });

  test('goes in as far as it can be read, which the audit log says too', async () => {
    const email = address();
    const file = fileOf(`email,name\n${email},A\n${address()},"B\n`, 'csv');
    const { stdout, exitCode } = await imports(file);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      '1 row: 1 made, 0 unchanged, 0 refused.\nThe file could not be read to its end. Line 3: a quote is not closed.\n',
    );
    expect(await show(email)).toMatchObject({ name: 'A' });
    const { events } = await answerOf(here(), ['audit', 'list', '--event', 'accounts.imported']);
    expect((events as Row[])[0]).toMatchObject({
      outcome: 'failure',
      details: { file: path.basename(file), reason: 'unreadable', created: 1, refused: 0 },
    });
  });
});

test('at a terminal progress is one line that is written over, and ends with the answer', async () => {
  const rows = Array.from({ length: 600 }, () => ({ email: address() }));
  rows.splice(550, 0, { email: 'nobody' });
  const { stdout, stderr } = await gatehouse(here(), ['user', 'import', jsonl(...rows)], { typed: '' });
  const clear = '\r\u001b[K';
  const half = '500 rows: 500 made, 0 unchanged, 0 refused';
  expect(stderr).toBe(
    [
      `${clear}${half}`,
      `${clear}Line 551: email: "nobody" is no e-mail address.\n${half}`,
      `${clear}601 rows: 600 made, 0 unchanged, 1 refused${clear}`,
    ].join(''),
  );
  expect(stdout).toBe('601 rows: 600 made, 0 unchanged, 1 refused.\n');
});

test('rows come from stdin as well, and progress is shown every so often', async () => {
  const rows = Array.from({ length: 12_000 }, (_, index) => JSON.stringify({ email: `many-${index}@example.test` }));
  const answer = await gatehouse(here(), ['user', 'import', '-', '--format', 'jsonl'], { stdin: rows.join('\n') });
  expect(answer).toEqual({
    exitCode: 0,
    stdout: '12,000 rows: 12,000 made, 0 unchanged, 0 refused.\n',
    stderr: '10,000 rows: 10,000 made, 0 unchanged, 0 refused\n',
  });
  expect(await failureOf(here(), ['user', 'import', '-'])).toMatchObject({ code: 'invalid' });
  expect(await failureOf(here(), ['user', 'import', '/there/is/none.csv'])).toMatchObject({ code: 'file_system' });
});
