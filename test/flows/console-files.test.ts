// What the console says of files, secrets and keys: what wants an administrator, and where it stands.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SPA, signedIn } from '../protocol/apps.ts';
import { type AdministratorInTest, administrator } from '../support/administrators.ts';
import { PROGRAMS, program } from '../support/api.ts';
import { movingClock } from '../support/moving-clock.ts';
import { API, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

const DAY_MS = 86_400_000;
const day = (days: number): string => new Date(movingClock.now().getTime() + days * DAY_MS).toISOString();

const ENDING = `
client_id: ending
client_name: Ending App
preset: spa
redirect_uris: [https://ending.example.test/cb]
access:
  require_any_group: [staff]
  attributes: { department: { in: [sales, support] } }
roles: { claim: realm.roles, as: nested, strip_prefix: shop-, in: [id_token] }
`;
const service = (id: string, days: number) =>
  `client_id: ${id}\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}", created: ${day(-300)}, expires: ${day(days)} }]\n`;

let server: TestServer;
let root: AdministratorInTest;

beforeAll(async () => {
  server = await startTestServer({
    files: { 'roles.yaml': 'roles: {editor: {}}\ngroups: {staff: {}}\n' },
    settings: `mfa: optional
attributes: { department: { label: Department, scope: profile, type: string, edit: operator } }
resources:
  ${API}: { name: Example API, scopes: { "items:read": See, "items:write": Change } }
`,
    clients: { ...PROGRAMS, ending: ENDING, soon: service('soon', 5), over: service('over', -1) },
  });
  root = await administrator(server);
});

afterAll(() => server.stop());

const opens = (place: string) => root.browser.open(`${server.issuer}/admin${place}`);

function edit(file: string, from: string, to: string): void {
  const place = path.join(server.configDir, file);
  writeFileSync(`${place}.swp`, readFileSync(place, 'utf8').replace(from, to));
  renameSync(`${place}.swp`, place);
}

const soon = { timeout: 8000, interval: 50 };

/** What a program is told, with these scopes. */
async function problemsFor(clientId: string, scope?: string): Promise<() => Promise<readonly string[]>> {
  const { call } = await program(server, { clientId, ...(scope && { scope }) });
  return async () => (await call('GET', '/file-problems')).body.items;
}

describe('a file that cannot be used', () => {
  test.each([
    {
      file: 'clients/ending.yaml',
      mistake: ['preset: spa', 'preset: spaa'],
      at: '/clients',
      line: /clients\/ending\.yaml:4 +preset: expected .* did you mean "spa"/,
      attention: '1 problem in the client files',
    },
    {
      file: 'roles.yaml',
      mistake: ['roles: {editor: {}}', 'roles: {editor: {includes: [edtior]}}'],
      at: '/roles',
      line: /roles\.yaml:1 +roles\.editor\.includes\[0\]: "edtior" is not a role of this file/,
      attention: 'roles.yaml has problems',
    },
    {
      file: 'gatehouse.yaml',
      mistake: ['mfa: optional', 'mfa: never'],
      at: '/configuration',
      line: /gatehouse\.yaml:1 +mfa: expected "optional" or "required", found "never"/,
      attention: 'gatehouse.yaml has problems',
    },
  ])('is named with its line where $at is looked at: $file', async ({ file, mistake, at, line, attention }) => {
    const [from = '', to = ''] = mistake;
    const problems = await problemsFor('keeper');
    edit(file, from, to);
    await expect.poll(problems, soon).toEqual([expect.stringMatching(line)]);
    expect((await opens('')).text).toContain(attention);
    expect((await opens(at)).text).toMatch(line);
    edit(file, to, from);
    await expect.poll(problems, soon).toEqual([]);
    expect((await opens(at)).text).not.toMatch(line);
  });

  test('is told to a program as far as it may read what the file is about', async () => {
    const [problems, problemsOfApps] = [await problemsFor('keeper'), await problemsFor('second', 'clients:read')];
    edit('roles.yaml', 'roles: {editor: {}}', 'roles: {editor: {includes: [edtior]}}');
    await expect.poll(problems, soon).toEqual([expect.stringContaining('roles.yaml')]);
    expect(await problemsOfApps()).toEqual([]);
    edit('roles.yaml', 'roles: {editor: {includes: [edtior]}}', 'roles: {editor: {}}');
  });
});

describe('an app', () => {
  test('shows what its file asks of people, and how it reads roles', async () => {
    const { text } = await opens('/clients/ending');
    for (const said of ['staff', 'department in [sales, support]', 'realm.roles', 'nested', 'shop-', 'id_token']) {
      expect(text).toContain(said);
    }
  });

  test('shows the grants that stand', async () => {
    await server.person({ email: 'gil@example.test' });
    await signedIn(server.issuer, { app: SPA, email: 'gil@example.test' });
    const fact = (await opens('/clients/spa')).document.querySelectorAll('dt').find(({ text }) => text === 'Grants');
    expect(fact?.nextElementSibling?.text.trim()).toBe('1');
    const { call } = await program(server);
    expect((await call('GET', '/clients/spa')).body).toMatchObject({ use: { people: 1, grants: 1 } });
  });

  test('shows how often people have signed in there in the last 30 days, also where nobody asked them anything', async () => {
    const { call } = await program(server);
    const shown = async () => {
      const { document } = await opens('/clients/web');
      const fact = document.querySelectorAll('dt').find(({ text }) => text === 'Sign-ins, 30 days');
      const { body } = await call('GET', '/clients/web');
      expect(fact?.nextElementSibling?.text.trim()).toBe(String(body.use.sign_ins_30_days));
      return body.use as { people: number; sign_ins_30_days: number };
    };
    const before = await shown();
    await server.person({ email: 'hal@example.test' });
    const { browser } = await signedIn(server.issuer, { email: 'hal@example.test' });
    await signedIn(server.issuer, { email: 'hal@example.test', browser });
    expect(await shown()).toMatchObject({
      people: before.people + 1,
      sign_ins_30_days: before.sign_ins_30_days + 2,
    });
    // Long ago, and at the edge.
    const { db } = server.database;
    await sql`insert into app_sign_in_days (client_id, day, lane, count) values
      ('web', date_trunc('day', now(), 'UTC') - interval '30 days', 0, 1000),
      ('web', date_trunc('day', now(), 'UTC') - interval '29 days', 0, 40)`.execute(db);
    expect((await shown()).sign_ins_30_days).toBe(before.sign_ins_30_days + 42);
    expect((await opens('')).text).toContain('Apps');
  });

  test('whose last secret ends soon, or has ended, wants attention and says when on its page', async () => {
    const overview = (await opens('')).text;
    expect(overview).toContain('The last secret of soon expires in 5 days.');
    expect(overview).toContain('Every secret of over has expired: the app is locked out.');
    const { text } = await opens('/clients/soon');
    expect(text).toMatch(/Made.*Expires/s);
    expect((await opens('/clients/over')).text).toContain('expired');
  });
});

test('a key that has signed for more than a year wants attention', async () => {
  expect((await opens('')).text).not.toContain('The key that signs tokens');
  await server.database.db
    .updateTable('signing_keys')
    .set({ activated_at: new Date(movingClock.now().getTime() - 400 * DAY_MS) })
    .where('stage', '=', 'active')
    .execute();
  expect((await opens('')).text).toContain('The key that signs tokens is 400 days old.');
});
