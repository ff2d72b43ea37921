// A person who is banned or deleted is out at once, everywhere, and nothing breaks on the way.
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { removeAccount } from '../../src/leaving/delete-account.ts';
import { banAccount, unbanAccount } from '../../src/sessions/ban-account.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, redeem, redeemCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import {
  type AppTokens,
  codeOf,
  enrols,
  entersCode,
  errorOf,
  isBackAtApp,
  signedInSessions,
  tokensOf,
  userinfo,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

afterEach(() => {
  expect(server.logLines.filter(({ level }) => level === 'error')).toEqual([]);
});

const deps = () => ({ db: server.database.db, clock: movingClock });

type ShutsOut = (accountId: string) => Promise<unknown>;

const WAYS: [string, ShutsOut][] = [
  ['banned', (accountId) => banAccount(server.deps, { accountId, reason: 'spam' })],
  ['deleted', (accountId) => removeAccount(server.deps, { accountId: accountId })],
  // Only the account's row, as if a request had been under way while the rest was done.
  ['banned a moment ago', (id) => sql`update accounts set status = 'banned' where id = ${id}`.execute(deps().db)],
  ['deleted a moment ago', (id) => sql`delete from accounts where id = ${id}`.execute(deps().db)],
];

/** The sign-in page, or the one that says that this sign-in has ended. */
const FROM_THE_START = /^Sign in to|has ended$/;

const offline = { scope: 'openid profile email roles offline_access' };

const refresh = (tokens: AppTokens) =>
  redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: tokens.refreshToken });

test.each(WAYS)('a person who is %s is out in every browser, with every token', async (way, shutsOut) => {
  const email = `${way.replaceAll(' ', '-')}@example.test`;
  const { id } = await server.person({ email, roles: ['vendor'] });
  const first = await visitsAndSignsIn(server, { identifier: email });
  const bound = await tokensOf(server, first);
  const second = await visitsAndSignsIn(server, { identifier: email, params: offline });
  const lasting = await tokensOf(server, second);
  const unredeemed = await visits(server, {}, first.browser.newTab());
  expect((await userinfo(server, bound)).status).toBe(200);
  await shutsOut(id);
  for (const tokens of [bound, lasting]) {
    expect(await refresh(tokens)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const answer = await userinfo(server, tokens);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
  }
  const { verifier } = unredeemed.request;
  expect(await redeemCode(server.issuer, { code: codeOf(unredeemed), verifier })).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  });
  for (const { browser } of [first, second]) {
    expect(errorOf(await visits(server, { prompt: 'none' }, browser.newTab()))).toBe('login_required');
    const page = await visits(server, {}, browser.newTab());
    expect(page.browser.page.status).toBe(200);
    expect(page.browser.title).toBe('Sign in to Web App');
    expect(page.browser.text).not.toContain(email);
  }
  const again = await visitsAndSignsIn(server, { identifier: email });
  expect(again.browser.page.status).toBe(way.startsWith('banned') ? 403 : 400);
});

test('a person who is let in again signs in anew; what was ended stays ended', async () => {
  const { id } = await server.person({ email: 'ada@example.test' });
  const before = await visitsAndSignsIn(server, { identifier: 'ada@example.test', params: offline });
  const tokens = await tokensOf(server, before);
  expect(await banAccount(server.deps, { accountId: id, reason: undefined })).toBe(1);
  expect(await unbanAccount(server.deps, { accountId: id })).toMatchObject({ status: 'active' });
  expect(errorOf(await visits(server, { prompt: 'none' }, before.browser.newTab()))).toBe('login_required');
  expect((await refresh(tokens)).status).toBe(400);
  expect((await userinfo(server, tokens)).status).toBe(401);
  const after = await visitsAndSignsIn(server, { identifier: 'ada@example.test', browser: before.browser });
  expect((await tokensOf(server, after)).idToken['sub']).toBe(id);
});

test('a new account with the address of a deleted one is another person', async () => {
  const email = 'reused@example.test';
  const former = await server.person({ email, roles: ['vendor'] });
  const visit = await visitsAndSignsIn(server, { identifier: email, params: { client_id: 'ask' } });
  await visit.browser.submit({}, 'Allow');
  const { sub } = (await tokensOf(server, visit)).idToken;
  expect(sub).toBe(former.id);
  await removeAccount(server.deps, { accountId: former.id });
  await server.person({ email });
  const next = await visitsAndSignsIn(server, { identifier: email, params: { client_id: 'ask' } });
  expect(next.browser.title).toContain('asks for access');
  await next.browser.submit({}, 'Allow');
  const { idToken } = await tokensOf(server, next);
  expect(idToken['sub']).not.toBe(sub);
  expect(idToken['roles']).toEqual([]);
});

test.each(WAYS)('a person who is %s in the middle of a sign-in gets no further', async (way, shutsOut) => {
  const before = await signedInSessions(server);
  const at: Record<string, () => Promise<Visit>> = {
    consent: () => arrives('consent', { client_id: 'ask' }),
    enrolment: () => arrives('enrolment', { acr_values: 'mfa' }),
  };
  async function arrives(step: string, params: Record<string, string>): Promise<Visit> {
    const email = `${way.replaceAll(' ', '-')}-at-${step}@example.test`;
    const { id } = await server.person({ email });
    const visit = await visitsAndSignsIn(server, { identifier: email, params });
    await shutsOut(id);
    return visit;
  }
  const consent = await at['consent']!();
  await consent.browser.submit({}, 'Allow');
  expect(consent.browser.title).toMatch(FROM_THE_START);
  const enrolment = await at['enrolment']!();
  await enrolment.browser.submit({ code: '123456' }, 'Confirm');
  expect(enrolment.browser.page.status).toBeLessThan(500);
  await enrolment.browser.open(
    `${server.issuer}${new URL(enrolment.browser.page.url).pathname.replace('/enrolment', '')}`,
  );
  expect(enrolment.browser.title).toMatch(FROM_THE_START);
  expect(await signedInSessions(server)).toBe(before);
});

test('a person who is banned at the second step gets no further, not even with the right code', async () => {
  const { id } = await server.person({ email: 'ben@example.test' });
  const { secret } = await enrols(server, { identifier: 'ben@example.test' });
  const visit = await visitsAndSignsIn(server, { identifier: 'ben@example.test' });
  await banAccount(server.deps, { accountId: id, reason: undefined });
  await entersCode(visit, secret);
  expect(isBackAtApp(visit)).toBe(false);
  expect(visit.browser.title).toMatch(FROM_THE_START);
  const again = await visitsAndSignsIn(server, { identifier: 'ben@example.test', browser: visit.browser });
  expect(again.browser.page.status).toBe(403);
});

test('a person who is deleted while confirming the password, or choosing an account, signs in as somebody else', async () => {
  await server.person({ email: 'other@example.test' });
  for (const prompt of ['login', 'select_account', 'consent']) {
    const email = `gone-at-${prompt.replace('_', '-')}@example.test`;
    const { id } = await server.person({ email });
    const { browser } = await visitsAndSignsIn(server, { identifier: email });
    const visit = await visits(server, { prompt }, browser);
    await removeAccount(server.deps, { accountId: id });
    const button = { login: 'Confirm', select_account: email, consent: 'Allow' }[prompt];
    await browser.submit(prompt === 'login' ? { password: 'correct horse battery staple' } : {}, button);
    expect(browser.page.status, prompt).toBeLessThan(500);
    expect(isBackAtApp(visit), prompt).toBe(false);
    const fresh = await visitsAndSignsIn(server, { identifier: 'other@example.test', browser });
    expect(isBackAtApp(fresh), prompt).toBe(true);
  }
});

test.each(WAYS)('signing out still works for a person who is %s', async (way, shutsOut) => {
  const email = `${way.replaceAll(' ', '-')}-signs-out@example.test`;
  const { id } = await server.person({ email });
  const visit = await visitsAndSignsIn(server, { identifier: email });
  const { idTokenText } = await tokensOf(server, visit);
  await shutsOut(id);
  const hint = new URLSearchParams({ id_token_hint: idTokenText });
  for (const query of ['', `?${hint}`]) {
    const answer = await visit.browser.newTab().open(`${server.issuer}/session/end${query}`);
    expect(answer.page.status).toBe(200);
    expect(answer.title).toMatch(/sign(ed)? out/i);
  }
});

test('a stranger’s browser is not told who exists', async () => {
  const answer = await visits(server, { prompt: 'none', login_hint: 'ada@example.test' }, newBrowser());
  expect(errorOf(answer)).toBe('login_required');
});
