// People take along everything that is kept about them, without a secret in it; nobody else's.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listEventsOf } from '../../src/audit/audit-log.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { addMember } from '../../src/roles/members.ts';
import { createRole } from '../../src/roles/roles.ts';
import { answerOf, developmentPlace } from '../cli/command-line.ts';
import { type Posted, startPosted } from '../support/forgotten.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser } from '../support/sign-in.ts';
import { enrols, visitsAndSignsIn } from '../support/visits.ts';

let posted: Posted;

beforeAll(async () => {
  posted = await startPosted();
});
afterAll(() => posted.stop());

test('one file holds it all: profile, roles, groups, factors without secrets, sessions, devices, apps, events, mails', async () => {
  const { server } = posted;
  const jane = await server.person({ email: 'jane@example.test', name: 'Jane Doe', roles: ['vendor'] });
  const terms = { terms_version: '7', terms_accepted_at: movingClock.now() };
  await server.database.db.updateTable('accounts').set(terms).where('id', '=', jane.id).execute();
  await server.person({ email: 'other@example.test', name: 'Somebody Else' });
  await visitsAndSignsIn(server, { identifier: 'other@example.test' });
  const { browser, secret } = await enrols(server, { identifier: 'jane@example.test' });
  await browser.open(`${server.issuer}/account/data`);
  expect(browser.title).toBe('My data');
  await browser.submit({}, 'Download');
  expect(browser.page.headers.get('content-disposition')).toMatch(
    /^attachment; filename="account-\d{4}-\d\d-\d\d\.json"$/,
  );
  expect(browser.page.headers.get('content-type')).toContain('application/json');
  expect(browser.page.headers.get('cache-control')).toContain('no-store');
  const data = JSON.parse(browser.page.text) as Record<string, unknown>;
  expect(data).toMatchObject({
    issuer: server.issuer,
    account: { sub: jane.id, email: 'jane@example.test', name: 'Jane Doe', terms: { version: '7' } },
    roles: ['vendor'],
    second_factors: { authenticators: [{ name: expect.any(String) }], recovery_codes_left: 10 },
    sessions: [{ apps: expect.arrayContaining(['web']) }],
    apps: [{ client_id: 'web' }],
  });
  expect(Object.keys(data)).toEqual([
    'exported_at',
    'issuer',
    'account',
    'profile',
    'attributes',
    'roles',
    'given_roles',
    'groups',
    'second_factors',
    'sessions',
    'devices',
    'apps',
    'events',
    'mails',
  ]);
  const { db } = server.database;
  const row = await db
    .selectFrom('accounts')
    .select('password_hash')
    .where('id', '=', jane.id)
    .executeTakeFirstOrThrow();
  for (const kept of [secret, row.password_hash ?? '', 'argon2', 'Somebody Else', 'other@example.test']) {
    expect(browser.page.text).not.toContain(kept);
  }
  const cookies = (await browser.jar.getCookies(server.issuer))
    .map(({ value }) => value)
    .filter((value) => value.length > 20);
  expect(cookies.length).toBeGreaterThan(0);
  for (const value of cookies) expect(browser.page.text).not.toContain(value);
  expect((await listEventsOf(db, jane.id, { limit: 1 }))[0]?.event).toBe('account.data_downloaded');
});

test('the file says which roles were given, which came by a group, and until when', async () => {
  const { server } = posted;
  const { id } = await server.person({ email: 'member@example.test', roles: ['vendor'] });
  const deps = { db: server.database.db, clock: movingClock };
  await createRole(deps, { name: 'shop-admin', description: 'Runs the shop' });
  await createGroup(deps, { name: 'shop-team', description: 'Who runs the shop', roles: ['shop-admin'] });
  const expiresAt = new Date(movingClock.now().getTime() + 86_400_000);
  await addMember(deps, { group: 'shop-team', accountId: id, expiresAt });
  const data = await answerOf(developmentPlace(server.dataDir), ['user', 'export-data', 'member@example.test']);
  expect(data).toMatchObject({
    account: { password_changed_at: null },
    roles: ['shop-admin', 'vendor'],
    given_roles: [{ role: 'vendor', since: expect.any(String), until: null }],
    groups: [{ group: 'shop-team', since: expect.any(String), until: expiresAt.toISOString() }],
  });
});

test('it takes a sign-in of the last five minutes, and a form of this very session', async () => {
  const { server } = posted;
  await server.person({ email: 'late@example.test' });
  const { browser } = await visitsAndSignsIn(server, { identifier: 'late@example.test' });
  await browser.open(`${server.issuer}/account/data`);
  const stale = browser.form({}, 'Download');
  movingClock.advance({ seconds: 301 });
  const cookie = await browser.jar.getCookieString(stale.action);
  const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
  const send = (body: string) => fetch(stale.action, { method: 'POST', redirect: 'manual', headers, body });
  const refused = await send(new URLSearchParams(stale.data).toString());
  expect(refused.status).toBe(303);
  expect(refused.headers.get('location')).toContain('/auth?');
  const stranger = await fetch(stale.action, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(stale.data),
  });
  expect(stranger.status).toBe(303);
  expect((await newBrowser().open(stale.action)).page.status).toBe(405);
});

test('an operator gets the same for who asks for it', async () => {
  const { server } = posted;
  const { id } = await server.person({ email: 'asks@example.test' });
  const data = await answerOf(developmentPlace(server.dataDir), ['user', 'export-data', 'asks@example.test']);
  expect(data).toMatchObject({ account: { sub: id }, profile: {}, sessions: [], apps: [], devices: [] });
});
