// gatehouse config plan: what changed files would do to what the running server serves, counted and judged, before they do.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hashClientSecret, sha256 } from '../../src/clients/client-secret.ts';
import { openDatabase } from '../../src/database/database.ts';
import { addMember } from '../../src/roles/members.ts';
import { createRole } from '../../src/roles/roles.ts';
import { refresh, signedIn, WEB } from '../protocol/apps.ts';
import { makeTestDatabase, postgresAvailable } from '../support/database.ts';
import { API, startTestServer, type TestServer, type TestServerOptions, WEB_SECRET } from '../support/start-server.ts';
import { answerOf, developmentPlace, gatehouse, type Place } from './command-line.ts';

const MASTER_SECRET = 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv';

async function started(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({ ...options, env: { GATEHOUSE_SECRET: MASTER_SECRET, ...options.env } });
  onTestFinished(() => server.stop());
  return server;
}

interface Branch extends Place {
  edit(file: string, from: string, to: string): void;
  add(file: string, yaml: string): void;
  remove(file: string): void;
}

/** A copy of the configuration, as somebody has it who changes it; the server does not see it. */
function branchOf(server: TestServer): Branch {
  const cwd = mkdtempSync(path.join(tmpdir(), 'gatehouse-branch-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  cpSync(server.configDir, path.join(cwd, 'config'), { recursive: true });
  const at = (file: string) => path.join(cwd, 'config', file);
  return {
    cwd,
    env: {
      GATEHOUSE_MODE: 'development',
      GATEHOUSE_ISSUER: server.issuer,
      GATEHOUSE_DATA_DIR: server.dataDir,
      GATEHOUSE_SECRET: MASTER_SECRET,
      PORT: new URL(server.issuer).port,
      ...(server.databaseUrl === undefined ? {} : { DATABASE_URL: server.databaseUrl }),
    },
    edit(file, from, to) {
      const before = readFileSync(at(file), 'utf8');
      if (!before.includes(from)) throw new Error(`${file} does not say ${from}`);
      writeFileSync(at(file), before.replace(from, to));
    },
    add: (file, yaml) => writeFileSync(at(file), yaml),
    remove: (file) => rmSync(at(file)),
  };
}

const plan = (place: Place, ...words: string[]) => gatehouse(place, ['config', 'plan', ...words]);

interface Answer {
  readonly comparisons: readonly {
    readonly processes: readonly Record<string, unknown>[];
    readonly clients: readonly Record<string, unknown>[];
    readonly settings: readonly Record<string, unknown>[];
  }[];
  readonly regressions: readonly { id: string; what: string; accepted: boolean }[];
}
const answer = async (place: Place) => (await answerOf(place, ['config', 'plan'])) as unknown as Answer;
const clientIn = ({ comparisons }: Answer, clientId: string) =>
  comparisons[0]?.clients.find((change) => change['client_id'] === clientId);

/** The text without what is different each time. */
const steady = (text: string) =>
  text
    .replace(/[\w.-]+:\d+ \(0\.1\.0\)/g, 'host:1 (0.1.0)')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'NOW')
    .replace(/\b[\w-]{8}(?=, without an end|: requests)/g, 'FINGERPR');

const OFFLINE = { scope: 'openid profile email roles offline_access items:read items:write', resource: API };

/** Ann, a vendor, and Bob are signed in at `web` with a refresh token each, Ann at `ask` too. */
async function withPeople(server: TestServer): Promise<void> {
  await server.person({ email: 'ann@example.test', roles: ['vendor'] });
  await server.person({ email: 'bob@example.test' });
  const ann = await signedIn(server.issuer, { email: 'ann@example.test', params: OFFLINE });
  await signedIn(server.issuer, { email: 'bob@example.test', params: OFFLINE });
  const ask = { ...WEB, clientId: 'ask' };
  const params = { scope: 'openid offline_access' };
  await signedIn(server.issuer, { app: ask, browser: ann.browser, params });
  // A token that was rotated counts once.
  await refresh(server.issuer, WEB, ann.tokens.refreshToken);
}

describe('config plan', () => {
  test('says in one line that nothing changes', async () => {
    const server = await started();
    const { exitCode, stdout, stderr } = await plan(branchOf(server), '--exit-code');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(steady(stdout)).toBe('No changes. Compared with what host:1 (0.1.0) serves since NOW.\n');
  });

  test('says what is added, changed and removed, what that costs, and what gets weaker', async () => {
    const server = await started();
    await withPeople(server);
    const branch = branchOf(server);
    branch.remove('clients/ask.yaml');
    branch.add('clients/new.yaml', 'client_id: new\npreset: spa\nredirect_uris: [https://new.example.test/cb]\n');
    branch.edit('clients/web.yaml', 'https://app.example.test/callback', 'https://elsewhere.example/callback');
    branch.edit('clients/web.yaml', 'email roles', 'email');
    branch.edit('clients/web.yaml', '["items:read", "items:write"]', '["items:read"]');
    branch.edit('clients/web.yaml', WEB_SECRET, 'another-secret-of-at-least-32-characters');
    branch.edit('clients/web.yaml', 'consent: skip', 'access: { require_any_role: [vendor] }\nrequire_pkce: false');
    branch.edit('gatehouse.yaml', 'mfa: optional', 'mfa: required\nsessions: { idle_minutes: 240 }');
    const { exitCode, stdout } = await plan(branch);
    expect(exitCode).toBe(0);
    expect(steady(stdout).split('\n')).toEqual([
      'Compared with what host:1 (0.1.0) serves since NOW:',
      '  − ask  clients/ask.yaml',
      '      removes 1 grant, 1 refresh token, 1 consent, 1 session of 1 person: refused at once, ended after 24 hours',
      '  + new (spa)  config/clients/new.yaml',
      '      redirect_uris',
      '        + https://new.example.test/cb',
      '      allowed_origins',
      '        + https://new.example.test',
      '  ~ web  config/clients/web.yaml',
      '    ! redirect_uris',
      '        + https://elsewhere.example/callback',
      '        − https://app.example.test/callback',
      '        sign-ins that name an address taken out are refused at once',
      '      scope',
      '        − roles',
      '        2 refresh tokens carry what goes',
      '      resources',
      '        − https://api.example.test items:write',
      '        2 refresh tokens carry what goes',
      '    ! require_pkce: true → false',
      '      consent: skip → ask',
      '      access.require_any_role',
      '        + vendor',
      '        1 person who has signed in there would be refused',
      '      client_secrets',
      '        + FINGERPR, without an end',
      '        − FINGERPR: requests with it fail at once',
      '  gatehouse.yaml, in force after the next restart:',
      '    ~ mfa: optional → required',
      '    ! sessions.idle_minutes: 60 → 240',
      '1 client to add, 1 to change, 1 to remove, 2 settings at the next restart.',
      '',
      '3 regressions, weaker than before:',
      '  ! web: new redirect host: https://elsewhere.example',
      '    codes are sent there: whoever answers at that address can sign in as the people who come',
      '    if it is meant: --accept web:redirect_uris',
      '  ! web: PKCE off',
      '    a code that somebody has intercepted can be redeemed or injected (RFC 9700 section 2.1.1)',
      '    if it is meant: --accept web:require_pkce',
      '  ! gatehouse.yaml: sessions.idle_minutes: longer sessions',
      '    a browser left open, or a stolen cookie, works for longer',
      '    if it is meant: --accept gatehouse.yaml:sessions.idle_minutes',
      '',
    ]);
  });

  test('counts the same for programs', async () => {
    const server = await started();
    await withPeople(server);
    const branch = branchOf(server);
    branch.remove('clients/web.yaml');
    branch.edit('clients/ask.yaml', 'consent: ask', 'grant_types: [authorization_code]');
    branch.edit('clients/ask.yaml', ' offline_access', '');
    const found = await answer(branch);
    expect(clientIn(found, 'web')).toMatchObject({
      change: 'removed',
      costs: [{ what: 'everything', grants: 2, refresh_tokens: 2, sessions: 2, consents: 0, people: 2 }],
    });
    expect(clientIn(found, 'ask')).toMatchObject({
      change: 'changed',
      fields: [
        {
          key: 'grant_types',
          before: ['authorization_code', 'refresh_token'],
          after: ['authorization_code'],
          added: [],
          removed: ['refresh_token'],
        },
        { key: 'scope', added: [], removed: ['offline_access'] },
      ],
      costs: [
        { what: 'refresh_tokens', key: 'grant_types', count: 1 },
        { what: 'refresh_tokens', key: 'scope', count: 1 },
      ],
    });
    expect(found.regressions).toEqual([]);
    expect(found.comparisons[0]?.processes).toEqual([expect.objectContaining({ running: true, version: '0.1.0' })]);
  });

  test('does not count tokens for another API with a scope of the same name', async () => {
    const other = 'https://other.example.test';
    const apis = [API, other].map(
      (api) => `  ${api}: { name: An API, scopes: { items:read: See, items:write: Change } }`,
    );
    const web = `client_id: web\npreset: web\nredirect_uris: ["${WEB.redirectUri}"]\nconsent: skip\nclient_secrets: [{ value: "${WEB_SECRET}" }]\nresources:\n  "${API}": [items:read, items:write]\n  "${other}": [items:read]\n`;
    const server = await started({ settings: `resources:\n${apis.join('\n')}\n`, clients: { web } });
    await server.person({ email: 'ann@example.test' });
    await signedIn(server.issuer, { email: 'ann@example.test', params: { ...OFFLINE, resource: other } });
    await signedIn(server.issuer, { email: 'ann@example.test', params: { ...OFFLINE, scope: 'openid items:write' } });
    const cost = async (from: string, to: string) => {
      const branch = branchOf(server);
      branch.edit('clients/web.yaml', from, to);
      return clientIn(await answer(branch), 'web')?.['costs'];
    };
    const costs = (count: number) => [{ what: 'refresh_tokens', key: 'resources', count }];
    expect(await cost('[items:read, items:write]', '[items:write]')).toEqual(costs(0));
    expect(await cost(`  "${API}": [items:read, items:write]\n`, '')).toEqual(costs(1));
    expect(await cost(`  "${other}": [items:read]\n`, '')).toEqual(costs(1));
  });

  test('follows what the server has taken from its files, and only that', async () => {
    const server = await started({ watching: { events: false, intervalMs: 60_000 } });
    const branch = branchOf(server);
    branch.edit('clients/robot.yaml', 'Robot', 'Machine');
    expect(clientIn(await answer(branch), 'robot')).toBeDefined();
    cpSync(path.join(branch.cwd, 'config'), server.configDir, { recursive: true });
    expect(clientIn(await answer(branch), 'robot')).toBeDefined();
    await server.reload();
    await expect.poll(async () => (await answer(branch)).comparisons[0]?.clients).toEqual([]);
    // What the server has refused is not what it serves.
    writeFileSync(path.join(server.configDir, 'clients/robot.yaml'), 'client_id: robot\n');
    await server.reload();
    expect((await answer(branch)).comparisons[0]?.clients).toEqual([]);
  });
});

describe('files with problems', () => {
  test('change nothing, which is said with every problem', async () => {
    const server = await started();
    const branch = branchOf(server);
    branch.edit('clients/web.yaml', 'preset: web', 'preset: wbe');
    branch.remove('clients/ask.yaml');
    const { exitCode, stdout } = await plan(branch, '--exit-code');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('1 problem:\n  config/clients/web.yaml:4  preset: expected');
    expect(stdout).toContain('Nothing changes: a running server goes on with what it has');
    expect(stdout).not.toContain('ask');
    branch.edit('gatehouse.yaml', 'mfa: optional', 'mfa: never');
    const both = await plan(branch, '--json');
    expect(both.exitCode).toBe(1);
    expect(JSON.parse(both.stdout)).toEqual({
      valid: false,
      problems: [
        expect.objectContaining({ file: 'config/gatehouse.yaml', path: 'mfa' }),
        expect.objectContaining({ file: 'config/clients/web.yaml', path: 'preset' }),
      ],
    });
  });

  test('that only the gatehouse.yaml of tomorrow allows are told apart', async () => {
    const server = await started();
    const branch = branchOf(server);
    branch.edit('gatehouse.yaml', 'items:read: See', 'items:delete: Delete your items\n      items:read: See');
    branch.edit('clients/robot.yaml', '["items:read"]', '["items:read", "items:delete"]');
    const { exitCode, stdout } = await plan(branch);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Restart first:');
    expect(stdout).toContain('"items:delete" is not a scope of Example API');
  });
});

describe('exit codes', () => {
  test('tell changes and regressions apart, and accepted ones are none', async () => {
    const server = await started();
    const branch = branchOf(server);
    branch.edit('clients/web.yaml', 'Web App', 'Other App');
    expect((await plan(branch)).exitCode).toBe(0);
    expect((await plan(branch, '--exit-code')).exitCode).toBe(3);
    branch.edit('clients/web.yaml', 'consent: skip', 'require_pkce: false');
    expect((await plan(branch)).exitCode).toBe(0);
    expect((await plan(branch, '--exit-code')).exitCode).toBe(4);
    const accepted = await plan(branch, '--exit-code', '--accept', 'web:require_pkce', '--accept', 'web:gone');
    expect(accepted.exitCode).toBe(3);
    expect(accepted.stdout).toContain('! web: PKCE off (accepted)');
    expect(accepted.stdout).toContain('Nothing to accept: web:gone');
  });
});

describe('what is compared with', () => {
  test('is nothing where no server has ever run', async () => {
    const { dataDir, remove } = await makeTestDatabase();
    onTestFinished(remove);
    const here = developmentPlace(dataDir, {
      'config/clients/one.yaml': 'client_id: one\npreset: native\nredirect_uris: [http://127.0.0.1/callback]\n',
    });
    const { stdout } = await plan(here);
    expect(stdout).toContain('No server has run on this database yet, so everything is new:\n  + one');
    expect(stdout).toContain('1 client to add, 0 to change, 0 to remove.');
  });

  test('is what the last server served, and when, where none is running', async () => {
    const { dataDir, remove } = await makeTestDatabase();
    onTestFinished(remove);
    const server = await startTestServer({ env: { GATEHOUSE_SECRET: MASTER_SECRET, GATEHOUSE_DATA_DIR: dataDir } });
    const branch = branchOf(server);
    const here = { ...branch, env: { ...branch.env, GATEHOUSE_DATA_DIR: dataDir } };
    await server.stop();
    // As after a kill: it could not say that it stops.
    const { db, close } = await openDatabase({ url: undefined, dataDir, poolSize: 1 });
    await sql`update served_configurations set stopped_at = null, seen_at = now()`.execute(db);
    await close();
    branch.edit('clients/web.yaml', 'Web App', 'Other App');
    const { stdout } = await plan(here);
    expect(steady(stdout)).toContain('No server is running. Compared with what host:1 (0.1.0) served last, at NOW:');
    expect(stdout).toContain('client_name: Web App → Other App');
  });

  test.skipIf(!postgresAvailable())('is each of the sets that several processes serve', async () => {
    const first = await started({ database: 'postgres' });
    const url = first.databaseUrl ?? '';
    const env = { DATABASE_URL: url, GATEHOUSE_ISSUER: first.issuer };
    const same = await started({ env });
    const { env: all, ...files } = branchOf(first);
    const { PORT: _, ...rest } = all;
    const branch = { ...files, env: rest };
    expect((await answer(branch)).comparisons.map(({ processes }) => processes.length)).toEqual([2]);
    const other = await started({
      env,
      clients: { extra: 'client_id: extra\npreset: native\nredirect_uris: ["com.example.x:/cb"]\n' },
    });
    const { stdout } = await plan(branch);
    expect(stdout).toContain('3 processes serve 2 different sets. Each is compared with the files.');
    expect(stdout).toContain('No changes. Compared with what');
    expect(stdout).toContain('− extra');
    await other.stop();
    expect((await answer(branch)).comparisons.map(({ processes }) => processes.length)).toEqual([2]);
    expect(same.port).not.toBe(first.port);
  });

  test('leaves out what the server has from an environment that this command does not know', async () => {
    const server = await started();
    const { env, ...branch } = branchOf(server);
    const { PORT: _, GATEHOUSE_ISSUER: __, ...less } = env;
    const { stdout } = await plan({ ...branch, env: less });
    expect(stdout).toContain(
      'Not compared, as the server has it from its environment and this command does not: issuer,',
    );
    expect(stdout).toContain('No changes.');
    const other = await plan({ ...branch, env: { ...env, PORT: '8081' } });
    expect(other.stdout).toContain(`~ server.port: ${new URL(server.issuer).port} → 8081`);
  });

  test('with another master secret says so, and nothing about client secrets', async () => {
    const server = await started();
    const branch = branchOf(server);
    const env = { ...branch.env, GATEHOUSE_SECRET: 'another-master-secret-Kiesel-Tango-Bossa-4711-Quarz' };
    branch.edit('clients/web.yaml', 'Web App', 'Other App');
    const { stdout } = await plan({ ...branch, env });
    expect(stdout).toContain('~ the master secret: it is not the one that the server has.');
    expect(stdout).not.toContain('client_secrets');
  });
});

describe('secrets', () => {
  const AGED = `client_id: aged\npreset: service\nclient_secrets:\n  - { value: ${WEB_SECRET} }\n`;
  const age = ({ database: { db } }: TestServer, days: number) =>
    sql`update served_configurations set clients = replace(clients::text, '"firstSeen": "2', '"firstSeen": "1')::jsonb
      where ${days} > 365`.execute(db);

  test('older than a year are regressions, by the time they were first served or by the date in the file', async () => {
    const server = await started({ clients: { aged: AGED } });
    const branch = branchOf(server);
    expect((await answer(branch)).regressions).toEqual([]);
    await age(server, 400);
    expect((await answer(branch)).regressions).toContainEqual(
      expect.objectContaining({
        id: 'aged:client_secrets',
        what: expect.stringMatching(/is old: served for \d{6} days/),
      }),
    );
    // A date in the file is the better witness.
    branch.edit('clients/aged.yaml', `${WEB_SECRET} }`, `${WEB_SECRET}, created: 2026-11-01 }`);
    expect((await answer(branch)).regressions.filter(({ id }) => id.startsWith('aged'))).toEqual([]);
    branch.edit('clients/aged.yaml', '2026-11-01', '2020-11-01');
    const { stdout } = await plan(branch);
    expect(stdout).toMatch(/! aged: secret [\w-]{8} is old: made \d{4} days ago/);
  });

  test('keep their age when the server is started again', async () => {
    const server = await started({ clients: { aged: AGED } });
    await age(server, 400);
    const again = await server.restart({ clients: { aged: AGED }, env: { GATEHOUSE_SECRET: MASTER_SECRET } });
    onTestFinished(() => again.stop());
    expect((await answer(branchOf(again))).regressions.map(({ id }) => id)).toContain('aged:client_secrets');
  });

  test('are in neither the table nor the output, nor are their hashes', async () => {
    const server = await started({ env: { GATEHOUSE_LOG_LEVEL: 'info' } });
    const branch = branchOf(server);
    const next = 'another-secret-of-at-least-32-characters';
    branch.edit('clients/web.yaml', WEB_SECRET, next);
    const { rows } = await sql<{
      all: string;
    }>`select served_configurations::text as all from served_configurations`.execute(server.database.db);
    const told = [...rows.map((row) => row.all), (await plan(branch)).stdout, (await plan(branch, '--json')).stdout];
    expect(told).toHaveLength(3);
    const hidden = [WEB_SECRET, next].flatMap((secret) => [
      secret,
      hashClientSecret(secret).slice(-43, -35),
      sha256(secret).toString('hex').slice(0, 8),
      sha256(secret).toString('base64').slice(0, 8),
    ]);
    for (const text of told) for (const secret of [...hidden, MASTER_SECRET]) expect(text).not.toContain(secret);
    expect(told[0]).toContain('fingerprint');
  });
});

test('what roles.yaml would change is told too, with how many people would lose what', async () => {
  const roles = 'roles: {editor: {includes: [author]}, author: {}}\ngroups: {staff: {roles: [editor]}}\n';
  const server = await started({ files: { 'roles.yaml': roles } });
  const here = branchOf(server);
  const jane = await server.person({ email: 'jane@example.test' });
  await addMember(server.deps, { group: 'staff', accountId: jane.id });
  expect((await plan(here, '--exit-code')).exitCode).toBe(0);
  here.add('roles.yaml', 'roles: {editor: {description: Edits}, reader: {}, vendor: {}}\n');
  await createRole(server.deps, { name: 'vendor', description: 'By hand' });
  const { stdout, exitCode } = await plan(here, '--exit-code');
  expect(exitCode).toBe(4);
  expect(stdout).toContain(`config/roles.yaml:
  ! role vendor: made by hand as well, so nothing is applied: gatehouse role adopt vendor
  + role reader
  ~ role editor
      description: nothing → Edits
      includes
        − author
    ! 1 person loses what goes
  − role author
    ! 1 person loses it at once, and for good after 24 hours
  − group staff
    ! 1 person loses it at once, and for good after 24 hours`);
  expect(JSON.parse((await plan(here, '--json')).stdout).roles).toMatchObject({
    added: [{ kind: 'role', name: 'reader', people_losing: 0 }],
    removed: [
      { name: 'author', people_losing: 1 },
      { name: 'staff', people_losing: 1 },
    ],
    made_by_hand: [{ kind: 'role', name: 'vendor', line: 1 }],
  });
  here.add('roles.yaml', 'roles: {editor: {includes: [auhtor]}}\n');
  expect(await plan(here)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('config/roles.yaml:1') });
});

describe('roles.yaml', () => {
  const before = `permissions: {"${API}": {items:approve: Approve items}}
roles:
  editor: {mfa: required, includes: [author]}
  author: {permissions: {"${API}": [items:approve]}}
groups: {staff: {roles: [editor]}}
`;

  /** Jane is in the staff: an editor, and so an author. */
  async function withJane() {
    const server = await started({ files: { 'roles.yaml': before } });
    const jane = await server.person({ email: 'jane@example.test' });
    await addMember(server.deps, { group: 'staff', accountId: jane.id });
    const branch = branchOf(server);
    return (roles: string) => {
      branch.add('roles.yaml', roles);
      return async (...accept: readonly string[]) => {
        const words = accept.flatMap((id) => ['--accept', id]);
        const { exitCode } = await plan(branch, '--exit-code', ...words);
        const { regressions } = await answer(branch);
        return { exitCode, regressions: regressions.map(({ id, what }) => `${id}: ${what}`) };
      };
    };
  }

  test('that no longer asks editors for a second factor is weaker, until that is accepted', async () => {
    const planned = (await withJane())(before.replace('mfa: required', 'mfa: optional'));
    const regressions = ['roles.yaml:roles.editor.mfa: no second factor asked of whoever has it'];
    expect(await planned()).toEqual({ exitCode: 4, regressions });
    expect(await planned('roles.yaml:roles.editor.mfa')).toEqual({ exitCode: 3, regressions });
  });

  test('that lets editors, the staff or a service administer is weaker, whichever way they come to it', async () => {
    const propose = await withJane();
    const weaker = async (from: string, to: string) => await propose(before.replace(from, to))();
    const more = (key: string, what: string) => ({
      exitCode: 4,
      regressions: [`roles.yaml:${key}: administers more: ${what}`],
    });
    expect(
      await weaker(`{"${API}": [items:approve]}}`, `{"${API}": [items:approve], gatehouse: [audit:read]}}`),
    ).toEqual(more('roles.author.permissions', 'audit:read'));
    expect(await weaker('[editor]', '[editor, "gatehouse:helpdesk"]')).toMatchObject({
      exitCode: 4,
      regressions: [expect.stringMatching(/^roles.yaml:groups.staff.roles: .*accounts:write/)],
    });
    const through = '[author, keeper]}\n  keeper: {permissions: {gatehouse: [keys:rotate]}}';
    expect(await weaker('[author]}', through)).toEqual({
      exitCode: 4,
      regressions: [
        'roles.yaml:roles.editor.includes: administers more: keys:rotate',
        'roles.yaml:roles.keeper.permissions: administers more: keys:rotate',
      ],
    });
    expect(await weaker('groups:', 'clients: {robot: {roles: ["gatehouse:auditor"]}}\ngroups:')).toMatchObject({
      exitCode: 4,
      regressions: [expect.stringMatching(/^roles.yaml:clients.robot.roles: .*audit:read/)],
    });
  });

  test('that takes rights from people who have them now says from how many', async () => {
    const propose = await withJane();
    const loses = (key: string) => `roles.yaml:${key}: 1 person loses rights that they have now`;
    const narrowed = propose(before.replace('includes: [author]', 'includes: []'));
    expect(await narrowed()).toEqual({ exitCode: 4, regressions: [loses('roles.editor')] });
    expect((await narrowed('roles.yaml:roles.editor')).exitCode).toBe(3);
    const withoutPermission = propose(
      before.replace(`: {"${API}": [items:approve]}`, ': {}').replace(/permissions:.*\n/, ''),
    );
    expect(await withoutPermission()).toMatchObject({
      exitCode: 4,
      regressions: expect.arrayContaining([loses('roles.author'), loses(`permissions.${API}.items:approve`)]),
    });
    expect(await propose(before.replace(/groups:.*\n/, ''))()).toEqual({
      exitCode: 4,
      regressions: [loses('groups.staff')],
    });
  });

  test('that gives an app more permissions of its own, or that nobody has yet, is a change like others', async () => {
    const propose = await withJane();
    const more = before.replace('{items:approve:', '{items:burn: Burn items, items:approve:');
    expect(await propose(more.replace('[items:approve]', '[items:approve, items:burn]'))()).toEqual({
      exitCode: 3,
      regressions: [],
    });
    expect(await propose(`${before.replace('roles:\n', 'roles:\n  reader: {}\n')}`)()).toEqual({
      exitCode: 3,
      regressions: [],
    });
  });
});
