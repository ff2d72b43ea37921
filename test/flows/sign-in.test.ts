// Signing in with a password, from the app's request to the code it gets.
import argon2 from 'argon2';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { banAccount } from '../../src/sessions/ban-account.ts';
import { movingClock } from '../support/moving-clock.ts';
import { authorizationRequest, callbackOf, claimsIn, newBrowser, redeemCode, signsIn } from '../support/sign-in.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { errorOf, isBackAtApp, signedInSessions, tokensOf, visits, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

test('a person signs in with a password, and the app reads who they are and their roles', async () => {
  const jane = await server.person({ email: 'jane@example.test', name: 'Jane', roles: ['vendor'] });
  const request = authorizationRequest(server.issuer);
  const browser = await newBrowser().open(request.url);
  expect(browser.title).toContain('Web App');
  await signsIn(browser, { identifier: 'Jane@Example.test' });
  const answer = callbackOf(browser);
  expect(answer.get('state')).toBe(request.state);
  expect(answer.get('iss')).toBe(server.issuer);
  const tokens = await redeemCode(server.issuer, { code: answer.get('code') ?? '', verifier: request.verifier });
  expect(tokens.status).toBe(200);
  expect(claimsIn(tokens.body['id_token'])).toMatchObject({
    sub: jane.id,
    email: 'jane@example.test',
    name: 'Jane',
    roles: ['vendor'],
    acr: 'pwd',
    amr: ['pwd'],
    nonce: request.nonce,
  });
  const accessToken = String(tokens.body['access_token']);
  expect(claimsIn(accessToken)).toMatchObject({ sub: jane.id, roles: ['vendor'], client_id: 'web' });
  const userinfo = await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  expect(userinfo.status).toBe(200);
  expect(await userinfo.json()).toMatchObject({ sub: jane.id, email: 'jane@example.test', roles: ['vendor'] });
});

test('a person is found by e-mail or username in any spelling', async () => {
  const ada = await server.person({ email: 'Ada.L@Example.test', username: 'Ada-L' });
  const spellings = [
    'ada.l@example.test',
    'ADA.L@EXAMPLE.TEST',
    '  Ada.L@example.test ',
    'ada.l@example.test.',
    'ada.l＠ｅｘａｍｐｌｅ.test',
    'ada-l',
    ' ADA-L ',
    'ａｄａ-ｌ',
  ];
  for (const identifier of spellings) {
    const visit = await visitsAndSignsIn(server, { identifier });
    expect(isBackAtApp(visit), identifier).toBe(true);
    expect((await tokensOf(server, visit)).idToken['sub'], identifier).toBe(ada.id);
  }
});

test('what only looks like a person’s identifier does not sign them in', async () => {
  await server.person({ email: 'mia@example.test', username: 'mia-m' });
  const strangers = [
    'mia@example.test@example.test',
    'mia@@example.test',
    'mіa@example.test', // with a Cyrillic letter
    'mia@example.test%00',
    'mia',
    '%',
    '',
  ];
  for (const identifier of strangers) {
    const { browser } = await visitsAndSignsIn(server, { identifier });
    expect(browser.page.status, identifier).toBe(400);
    expect(browser.title).toContain('Sign in to');
  }
});

test('a wrong password, an unknown account and a banned one get the very same page', async () => {
  await server.person({ email: 'known0@example.test' });
  const banned = await server.person({ email: 'banned@example.test' });
  const noPassword = await server.person({ email: 'keyles@example.test' });
  await banAccount(server.deps, { accountId: banned.id, reason: undefined });
  await sql`update accounts set password_hash = null where id = ${noPassword.id}`.execute(server.database.db);
  const identifiers = ['known0@example.test', 'nobody@example.test', 'banned@example.test', 'keyles@example.test'];
  const pages = [];
  for (const identifier of identifiers) {
    const { browser } = await visitsAndSignsIn(server, { identifier, password: 'something else altogether' });
    const { status, headers, text, url } = browser.page;
    const uid = /interaction\/([^/?]+)/.exec(url)?.[1] ?? 'no uid';
    const { csrf = 'no token' } = browser.form({ password: '' }).data;
    const masked = text.replaceAll(uid, 'UID').replaceAll(csrf, 'CSRF').replaceAll(identifier, 'IDENTIFIER');
    pages.push({ status, text: masked, headers: headersToCompare(headers), cookies: headers.getSetCookie() });
  }
  expect(pages[0]).toMatchObject({ status: 400, cookies: [] });
  expect(pages[0]?.text).toContain('do not match');
  expect(pages[0]?.text).toContain('value="IDENTIFIER"');
  expect(new Set(pages.map((page) => JSON.stringify(page))).size).toBe(1);
});

test('a suspended person with the right password is told so, and is not signed in', async () => {
  const ben = await server.person({ email: 'ben@example.test' });
  await banAccount(server.deps, { accountId: ben.id, reason: 'spam' });
  const before = await signedInSessions(server);
  const visit = await visitsAndSignsIn(server, { identifier: 'ben@example.test' });
  expect(visit.browser.page.status).toBe(403);
  expect(visit.browser.text).toContain('suspended');
  expect(visit.browser.text).not.toContain('spam');
  await visit.browser.open(`${server.issuer}${new URL(visit.browser.page.url).pathname}`);
  expect(visit.browser.title).toContain('Sign in to');
  expect(await signedInSessions(server)).toBe(before);
});

test('the time of the last sign-in is kept', async () => {
  const leo = await server.person({ email: 'leo@example.test' });
  const lastSignIn = async () => {
    const rows = await sql<{ at: Date | null }>`
      select last_sign_in_at as at from accounts where id = ${leo.id}`.execute(server.database.db);
    return rows.rows[0]?.at ?? null;
  };
  await visitsAndSignsIn(server, { identifier: 'leo@example.test', password: 'not the right password' });
  expect(await lastSignIn()).toBeNull();
  const before = movingClock.now().getTime() - 1000;
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: 'leo@example.test' }))).toBe(true);
  expect((await lastSignIn())?.getTime()).toBeGreaterThan(before);
});

test('a password hashed with weaker parameters is hashed anew when its owner signs in, and only then', async () => {
  const { db } = server.database;
  const rosa = await server.person({ email: 'rosa@example.test' });
  const weak = await argon2.hash(PASSWORD, { type: argon2.argon2id, memoryCost: 8192, timeCost: 1, parallelism: 1 });
  const storedHash = async () => {
    const rows = await sql<{ hash: string }>`
      select password_hash as hash from accounts where id = ${rosa.id}`.execute(db);
    return rows.rows[0]?.hash ?? '';
  };
  await sql`update accounts set password_hash = ${weak} where id = ${rosa.id}`.execute(db);
  await visitsAndSignsIn(server, { identifier: 'rosa@example.test', password: 'not the right password' });
  expect(await storedHash()).toBe(weak);
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: 'rosa@example.test' }))).toBe(true);
  const renewed = await storedHash();
  expect(renewed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: 'rosa@example.test' }))).toBe(true);
  expect(await storedHash()).toBe(renewed);
});

test('a person who cancels goes back to the app, which hears access_denied with its state', async () => {
  const visit = await visits(server);
  await visit.browser.submit({}, 'Cancel and go back');
  expect(errorOf(visit)).toBe('access_denied');
  expect(callbackOf(visit.browser).get('iss')).toBe(server.issuer);
  expect(callbackOf(visit.browser).has('code')).toBe(false);
});

test('after the last form a page without script goes on by itself, and has a link', async () => {
  await server.person({ email: 'uma@example.test' });
  const { browser } = await visits(server);
  const { action, data } = browser.form({ identifier: 'uma@example.test', password: PASSWORD }, 'Sign in');
  const posted = await browser.request(action, { method: 'POST', form: data });
  expect(posted.status).toBe(303);
  const page = await browser.request(new URL(posted.headers.get('location') ?? '', action).href);
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(html).toMatch(new RegExp(`<meta http-equiv="refresh" content="0; url=${server.issuer}/auth/[\\w-]+">`));
  expect(html).toMatch(new RegExp(`<a [^>]*href="${server.issuer}/auth/[\\w-]+"[^>]*><span>Continue`));
  expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
});

test('what a person typed is shown again as text, whatever it is', async () => {
  const { browser } = await visits(server);
  const typed = `"><script>alert(1)</script>&amp;`;
  await signsIn(browser, { identifier: typed });
  expect(browser.page.text).not.toContain('<script>alert');
  expect(browser.document.querySelector('#identifier')?.getAttribute('value')).toBe(typed);
});

test('a password that is far too long is just wrong, and one that is longer than any form is refused unread', async () => {
  await server.person({ email: 'zoe@example.test' });
  const long = await visitsAndSignsIn(server, { identifier: 'zoe@example.test', password: 'x'.repeat(4000) });
  expect(long.browser.page.status).toBe(400);
  expect(long.browser.text).toContain('do not match');
  const { browser } = await visits(server);
  const { action, data } = browser.form({ identifier: 'zoe@example.test', password: 'x'.repeat(20_000) }, 'Sign in');
  expect((await browser.request(action, { method: 'POST', form: data })).status).toBe(413);
});

test('an unknown account takes as long to refuse as a known one', async () => {
  await server.person({ email: 'tim@example.test' });
  const { browser } = await visits(server);
  const milliseconds: Record<string, number[]> = { 'tim@example.test': [], 'tom@example.test': [] };
  for (let round = 0; round < 9; round += 1) {
    for (const [identifier, samples] of Object.entries(milliseconds)) {
      const { action, data } = browser.form({ identifier, password: 'not the right password' }, 'Sign in');
      const before = performance.now();
      await (await browser.request(action, { method: 'POST', form: data })).text();
      samples.push(performance.now() - before);
    }
  }
  // The fastest of each: whatever else the machine does only makes answers slower. Without a hash it is a fifth.
  const [known = 0, unknown = 0] = Object.values(milliseconds).map((samples) => Math.min(...samples));
  expect(unknown / known).toBeGreaterThan(0.6);
});

function headersToCompare(headers: Headers): Record<string, string> {
  const { date: _date, 'x-request-id': _id, ...others } = Object.fromEntries(headers);
  return others;
}
