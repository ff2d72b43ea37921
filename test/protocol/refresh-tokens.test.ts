// RFC 6749 section 6, RFC 9700 sections 2.2.2 and 4.14, OpenID Connect Core sections 11 and 12: refresh tokens, with the
// clock moved. Every test has a person and sessions of its own.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grantRole, revokeRole } from '../../src/roles/assignments.ts';
import { banAccount } from '../../src/sessions/ban-account.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { callbackOf, claimsIn, newBrowser, signsIn, type TokenResponse } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  type App,
  ASK,
  answerAt,
  NATIVE,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  signedIn,
  type Tokens,
  tokensOf,
  userinfo,
  WEB,
} from './apps.ts';

const OFFLINE = { scope: 'openid profile email roles offline_access' };
const NO_REFRESH: App = { ...WEB, clientId: 'no-refresh' };
const STAFF: App = { ...WEB, clientId: 'staff' };
const NATIVE_APP = { ...NATIVE, redirectUri: 'com.example.app:/callback' };

let server: TestServer;

beforeAll(async () => {
  const client = (id: string, more: string) =>
    `client_id: ${id}\npreset: web\nredirect_uris: ["${CALLBACK}"]\nclient_secrets: [{ value: "${WEB.secret}" }]\nconsent: skip\n${more}\n`;
  server = await startTestServer({
    clients: {
      'no-refresh': client('no-refresh', 'grant_types: [authorization_code]'),
      staff: client('staff', 'access: { require_any_role: [staff] }\nscope: openid roles offline_access'),
    },
  });
});

afterAll(() => server.stop());

let people = 0;

/** Somebody new, signed in at this app. */
async function somebody(visit: { app?: App; params?: Record<string, string>; roles?: string[] } = {}) {
  people += 1;
  const email = `person-${people}@example.test`;
  const account = await server.person({ email, roles: visit.roles ?? [] });
  return { account, email, ...(await signedIn(server.issuer, { ...visit, email })) };
}

const refreshed = (app: App, tokens: Tokens, params: Record<string, string> = {}) =>
  refresh(server.issuer, app, tokens.refreshToken, params);

const outcomeOf = ({ status, body }: TokenResponse) => (status === 200 ? 'refreshed' : `${status} ${body['error']}`);

async function signsOut(browser: Browser, { idToken }: Tokens): Promise<void> {
  await browser.open(`${server.issuer}/session/end?${new URLSearchParams({ id_token_hint: idToken })}`);
  expect(browser.text.toLowerCase()).toContain('signed out');
}

const isSignedIn = async (browser: Browser): Promise<boolean> => {
  const response = await browser.request(requestOf(server.issuer, WEB, { prompt: 'none' }).url);
  return answerAt(response.headers.get('location')).has('code');
};

test('an app whose file has the grant gets a refresh token without asking for offline_access, until sign-out', async () => {
  for (const app of [WEB, SPA, NATIVE_APP]) {
    const { browser, tokens } = await somebody({ app });
    expect(tokens.scope).toBe('openid profile email roles');
    const first = await refreshed(app, tokens);
    expect(outcomeOf(first)).toBe('refreshed');
    const latest = { ...tokens, ...tokensOf({ refresh_token: tokens.refreshToken, ...first.body }) };
    await signsOut(browser, tokens);
    expect(outcomeOf(await refreshed(app, latest))).toBe('400 invalid_grant');
  }
});

test('an app whose file does not have the grant gets no refresh token, whatever it asks for', async () => {
  const { tokens, browser } = await somebody({ app: NO_REFRESH });
  expect(tokens.body).not.toHaveProperty('refresh_token');
  const asked = await browser.request(requestOf(server.issuer, NO_REFRESH, OFFLINE).url);
  const answer = answerAt(asked.headers.get('location'));
  if (answer.get('error') !== 'invalid_scope') {
    const again = await signedIn(server.issuer, { app: NO_REFRESH, browser, params: OFFLINE });
    expect(again.tokens.scope).not.toContain('offline_access');
    expect(again.tokens.body).not.toHaveProperty('refresh_token');
  }
});

test('an app of the house gets offline access without a question, and keeps it when the person signs out', async () => {
  for (const app of [WEB, SPA, NATIVE_APP]) {
    const { browser, tokens } = await somebody({ app, params: OFFLINE });
    expect(tokens.scope.split(' ')).toContain('offline_access');
    await signsOut(browser, tokens);
    expect(await isSignedIn(browser)).toBe(false);
    const answer = await refreshed(app, tokens);
    expect(outcomeOf(answer)).toBe('refreshed');
    const after = tokensOf(answer.body);
    expect(after.scope.split(' ')).toContain('offline_access');
    expect((await userinfo(server.issuer, after.accessToken)).status).toBe(200);
  }
});

test('another app gets offline access once the person has allowed it, and then without being asked again', async () => {
  const { email, browser, tokens } = await somebody({ app: ASK });
  expect(tokens.scope).not.toContain('offline_access');

  const request = requestOf(server.issuer, ASK, OFFLINE);
  await browser.open(request.url);
  expect(browser.text).toContain('Stay connected');
  await browser.submit({}, 'Allow');
  const code = callbackOf(browser).get('code') ?? '';
  const allowed = tokensOf((await redeemFor(server.issuer, ASK, { code, request })).body);
  expect(allowed.scope.split(' ')).toContain('offline_access');

  // Without a page, in this browser and in another one.
  for (const other of [browser, newBrowser()]) {
    const again = requestOf(server.issuer, ASK, OFFLINE);
    await other.open(again.url);
    if (other !== browser) await signsIn(other, { identifier: email });
    const answer = await redeemFor(server.issuer, ASK, { code: callbackOf(other).get('code') ?? '', request: again });
    expect(tokensOf(answer.body).scope.split(' ')).toContain('offline_access');
  }
  await signsOut(browser, allowed);
  expect(outcomeOf(await refreshed(ASK, allowed))).toBe('refreshed');
  expect(outcomeOf(await refreshed(ASK, tokens))).toBe('400 invalid_grant');
});

test('a person who denies offline access gives nothing', async () => {
  const { browser } = await somebody({ app: ASK });
  await browser.open(requestOf(server.issuer, ASK, OFFLINE).url);
  await browser.submit({}, 'Deny');
  expect(callbackOf(browser).get('error')).toBe('access_denied');
});

test.each([
  ['offline access and then without', OFFLINE, {}],
  ['a sign-in and then offline access', {}, OFFLINE],
])('with %s in one session, sign-out ends what was bound to it and nothing else', async (_what, first, second) => {
  for (const app of [WEB, SPA]) {
    const visit = await somebody({ app, params: first });
    const next = await signedIn(server.issuer, { app, browser: visit.browser, params: second });
    const [offline, bound] = first === OFFLINE ? [visit.tokens, next.tokens] : [next.tokens, visit.tokens];
    await signsOut(visit.browser, bound);
    expect(outcomeOf(await refreshed(app, bound))).toBe('400 invalid_grant');
    expect((await userinfo(server.issuer, bound.accessToken)).status).toBe(401);
    expect(outcomeOf(await refreshed(app, offline))).toBe('refreshed');
  }
});

test('a public client gets a new refresh token each time, and the one before it is spent', async () => {
  const { tokens } = await somebody({ app: SPA });
  const seen = new Set([tokens.refreshToken]);
  let current = tokens;
  for (let round = 0; round < 3; round += 1) {
    const answer = await refreshed(SPA, current);
    expect(outcomeOf(answer)).toBe('refreshed');
    current = tokensOf(answer.body);
    expect(seen).not.toContain(current.refreshToken);
    seen.add(current.refreshToken);
  }
  expect((await userinfo(server.issuer, current.accessToken)).status).toBe(200);
});

test('of ten refreshes at once with one token of a public client one succeeds, and what it got is dead', async () => {
  const { tokens } = await somebody({ app: SPA });
  const answers = await Promise.all(Array.from({ length: 10 }, () => refreshed(SPA, tokens)));
  const accepted = answers.filter(({ status }) => status === 200);
  expect(accepted).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
  expect(outcomeOf(await refreshed(SPA, tokensOf(accepted[0]?.body ?? {})))).toBe('400 invalid_grant');
});

test('a client that authenticates keeps its refresh token, also when it is used ten times at once', async () => {
  const { tokens } = await somebody();
  const answers = await Promise.all(Array.from({ length: 10 }, () => refreshed(WEB, tokens)));
  for (const answer of answers) {
    expect(outcomeOf(answer)).toBe('refreshed');
    expect([undefined, tokens.refreshToken]).toContain(answer.body['refresh_token']);
  }
  expect(new Set(answers.map(({ body }) => claimsIn(body['access_token'])['jti'])).size).toBe(10);
  expect(outcomeOf(await refreshed(WEB, tokens))).toBe('refreshed');
});

test('another client cannot use a refresh token, and does no harm by trying (RFC 6749 section 10.4)', async () => {
  const { tokens } = await somebody({ app: SPA });
  for (const thief of [WEB, ASK, NATIVE_APP]) {
    expect(outcomeOf(await refreshed(thief, tokens))).toBe('400 invalid_grant');
  }
  expect((await refresh(server.issuer, { ...WEB, secret: 'wrong' }, tokens.refreshToken)).status).toBe(401);
  expect(outcomeOf(await refreshed(SPA, tokens))).toBe('refreshed');
});

test('fewer scopes may be asked for, others never; the token keeps what it was given for (T18)', async () => {
  const { tokens } = await somebody({ params: { scope: 'openid email' } });
  for (const scope of ['openid email profile', 'openid offline_access', 'openid nonsense', 'openid items:read']) {
    expect(outcomeOf(await refreshed(WEB, tokens, { scope }))).toBe('400 invalid_scope');
  }
  const narrowed = tokensOf((await refreshed(WEB, tokens, { scope: 'openid' })).body);
  expect(claimsIn(narrowed.accessToken)['scope']).toBe('openid');
  expect(claimsIn(narrowed.idToken)).not.toHaveProperty('email');
  const info = (await (await userinfo(server.issuer, narrowed.accessToken)).json()) as object;
  expect(info).not.toHaveProperty('email');
  const full = tokensOf((await refreshed(WEB, tokens)).body);
  expect(claimsIn(full.accessToken)['scope']).toBe('openid email');
  expect(claimsIn(full.idToken)).toHaveProperty('email');
});

test('roles given and taken are in the next tokens (access token, ID token, userinfo)', async () => {
  const { account, tokens } = await somebody({ roles: ['vendor'] });
  await server.person({ email: 'somebody-with-the-other-role@example.test', roles: ['auditor'] });
  const { db } = server.database;
  const rolesNow = async () => {
    const next = tokensOf((await refreshed(WEB, tokens)).body);
    const info = (await (await userinfo(server.issuer, next.accessToken)).json()) as { roles: unknown };
    return [claimsIn(next.accessToken)['roles'], claimsIn(next.idToken)['roles'], info.roles];
  };
  expect(await rolesNow()).toEqual([['vendor'], ['vendor'], ['vendor']]);
  await grantRole(db, { accountId: account.id, role: 'auditor' });
  expect(await rolesNow()).toEqual([
    ['auditor', 'vendor'],
    ['auditor', 'vendor'],
    ['auditor', 'vendor'],
  ]);
  await revokeRole(db, { accountId: account.id, role: 'auditor' });
  await revokeRole(db, { accountId: account.id, role: 'vendor' });
  expect(await rolesNow()).toEqual([[], [], []]);
});

test('the ID token of a refresh is about the same sign-in (OpenID Connect Core section 12.2)', async () => {
  const { tokens } = await somebody({ app: SPA });
  const before = claimsIn(tokens.idToken);
  movingClock.advance({ minutes: 4 });
  const after = claimsIn(tokensOf((await refreshed(SPA, tokens)).body).idToken);
  for (const name of ['iss', 'sub', 'aud', 'auth_time', 'acr', 'amr']) expect(after[name], name).toEqual(before[name]);
  expect([undefined, before['nonce']]).toContain(after['nonce']);
  expect(Number(after['iat']) - Number(before['iat'])).toBeGreaterThanOrEqual(239);
});

test('who is banned, or has lost the role that an app requires, gets nothing more (T08)', async () => {
  const banned = await somebody({ params: OFFLINE });
  await banAccount(server.deps, { accountId: banned.account.id, reason: 'test' });
  expect(outcomeOf(await refreshed(WEB, banned.tokens))).toBe('400 invalid_grant');
  expect((await userinfo(server.issuer, banned.tokens.accessToken)).status).toBe(401);

  const former = await somebody({ app: STAFF, params: { scope: 'openid offline_access' }, roles: ['staff'] });
  expect(outcomeOf(await refreshed(STAFF, former.tokens))).toBe('refreshed');
  await revokeRole(server.database.db, { accountId: former.account.id, role: 'staff' });
  expect(outcomeOf(await refreshed(STAFF, former.tokens))).toBe('400 invalid_grant');
});

test('an hour without anything ends a session and the tokens bound to it, but not offline access', async () => {
  const bound = await somebody();
  const offline = await somebody({ params: OFFLINE });
  movingClock.advance({ minutes: 62 });
  expect(await isSignedIn(bound.browser)).toBe(false);
  expect(outcomeOf(await refreshed(WEB, bound.tokens))).toBe('400 invalid_grant');
  expect(await isSignedIn(offline.browser)).toBe(false);
  expect(outcomeOf(await refreshed(WEB, offline.tokens))).toBe('refreshed');
});

test.each([
  ['that authenticates', WEB],
  ['that is public', SPA],
])(
  'refreshing counts as activity of the session, up to twelve hours after the sign-in (a client %s)',
  async (_what, app) => {
    const { browser, ...visit } = await somebody({ app });
    let { tokens } = visit;
    let minutes = 0;
    for (; minutes + 50 < 12 * 60; minutes += 50) {
      movingClock.advance({ minutes: 50 });
      const answer = await refreshed(app, tokens);
      expect(`${minutes + 50} minutes: ${outcomeOf(answer)}`).toBe(`${minutes + 50} minutes: refreshed`);
      tokens = tokensOf({ refresh_token: tokens.refreshToken, ...answer.body });
      expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(200);
    }
    expect(await isSignedIn(browser)).toBe(true);
    movingClock.advance({ minutes: 12 * 60 - minutes + 1 });
    expect(outcomeOf(await refreshed(app, tokens))).toBe('400 invalid_grant');
    expect(await isSignedIn(browser)).toBe(false);
  },
);

test('an offline refresh token of a client that authenticates works for 30 days unused, and not a day longer', async () => {
  const { tokens } = await somebody({ params: OFFLINE });
  movingClock.advance({ days: 29 });
  const answer = await refreshed(WEB, tokens);
  expect(outcomeOf(answer)).toBe('refreshed');
  expect((await userinfo(server.issuer, tokensOf(answer.body).accessToken)).status).toBe(200);
  movingClock.advance({ days: 1, minutes: 1 });
  expect(outcomeOf(await refreshed(WEB, tokens))).toBe('400 invalid_grant');
});

test('an offline refresh token of a public client is forgotten after 14 days unused', async () => {
  const [used, unused] = [await somebody({ app: SPA, params: OFFLINE }), await somebody({ app: SPA, params: OFFLINE })];
  movingClock.advance({ days: 13, hours: 23 });
  const answer = await refreshed(SPA, used.tokens);
  expect(outcomeOf(answer)).toBe('refreshed');
  movingClock.advance({ hours: 2 });
  expect(outcomeOf(await refreshed(SPA, unused.tokens))).toBe('400 invalid_grant');
  expect(outcomeOf(await refreshed(SPA, tokensOf(answer.body)))).toBe('refreshed');
});

test('rotation does not carry a public client’s offline access beyond 30 days from the sign-in', async () => {
  const visit = await somebody({ app: SPA, params: OFFLINE });
  let { tokens } = visit;
  for (let day = 0; day < 29; day += 1) {
    movingClock.advance({ days: 1 });
    const answer = await refreshed(SPA, tokens);
    expect(`day ${day + 1}: ${outcomeOf(answer)}`).toBe(`day ${day + 1}: refreshed`);
    tokens = tokensOf(answer.body);
  }
  movingClock.advance({ days: 1, minutes: 1 });
  expect(outcomeOf(await refreshed(SPA, tokens))).toBe('400 invalid_grant');
});
