// RFC 7662 (introspection) and RFC 7009 (revocation) for refresh tokens, and the errors both have.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { banAccount } from '../../src/sessions/ban-account.ts';
import { movingClock } from '../support/moving-clock.ts';
import { API, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { type App, ASK, post, refresh, SPA, signedIn, tokensOf, userinfo, WEB } from './apps.ts';

const OFFLINE = { scope: 'openid email offline_access' };
/** A resource server that may introspect tokens for the API. */
const API_SERVER: App = { clientId: 'api-server', secret: WEB_SECRET, redirectUri: '' };

let server: TestServer;

beforeAll(async () => {
  const apiServer = `
client_id: api-server
preset: service
client_secrets: [{ value: "${WEB_SECRET}" }]
introspect: ["${API}"]
`;
  server = await startTestServer({ clients: { 'api-server': apiServer } });
});

afterAll(() => server.stop());

let people = 0;

async function somebody(app: App, params: Record<string, string> = {}) {
  people += 1;
  const email = `person-${people}@example.test`;
  const account = await server.person({ email });
  return { account, email, ...(await signedIn(server.issuer, { app, email, params })) };
}

type Sent = Parameters<typeof post>[2];

const introspects = (client: App, token: string, more: Record<string, string> = {}) =>
  post(`${server.issuer}/token/introspection`, { token, ...more }, { client });

async function introspection(client: App, token: string, more: Record<string, string> = {}) {
  const response = await introspects(client, token, more);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toContain('no-store');
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  return (await response.json()) as Record<string, unknown>;
}

const revokes = (form: Record<string, string>, sent: Sent = { client: WEB }, path = '/token/revocation') =>
  post(`${server.issuer}${path}`, form, sent);

const INACTIVE = { active: false };

/* Introspection */

test('a client is told about its own refresh token: that it is active, whose, for what and how long', async () => {
  const { account, tokens } = await somebody(WEB, OFFLINE);
  for (const hint of [
    {},
    { token_type_hint: 'refresh_token' },
    { token_type_hint: 'access_token' },
    { token_type_hint: 'x' },
  ]) {
    const answer = await introspection(WEB, tokens.refreshToken, hint as Record<string, string>);
    expect(answer).toMatchObject({ active: true, client_id: 'web', sub: account.id, iss: server.issuer });
    expect(String(answer['scope']).split(' ').sort()).toEqual(['email', 'offline_access', 'openid']);
    const lifetime = Number(answer['exp']) - Number(answer['iat']);
    expect(lifetime).toBeGreaterThan(29 * 86_400);
    expect(lifetime).toBeLessThanOrEqual(30 * 86_400);
    expect(JSON.stringify(answer)).not.toContain(tokens.refreshToken);
  }
});

test('nobody is told anything about another client’s refresh token, or about one that does not exist', async () => {
  const { tokens } = await somebody(WEB, { ...OFFLINE, scope: `${OFFLINE.scope} items:read`, resource: API });
  for (const client of [ASK, API_SERVER]) expect(await introspection(client, tokens.refreshToken)).toEqual(INACTIVE);
  for (const token of ['nonsense', tokens.refreshToken.slice(1), `${tokens.refreshToken}x`, '__proto__']) {
    expect(await introspection(WEB, token)).toEqual(INACTIVE);
  }
});

test('a public client cannot introspect, and whoever does not prove who it is gets no answer', async () => {
  const { tokens } = await somebody(SPA);
  const form = { token: tokens.refreshToken };
  const url = `${server.issuer}/token/introspection`;
  const answer = await post(url, { ...form, client_id: 'spa' });
  if (answer.status === 200) expect(await answer.json()).toEqual(INACTIVE);
  else expect(answer.status).toBe(401);
  expect((await post(url, form, { client: { ...WEB, secret: 'wrong' } })).status).toBe(401);
  expect((await post(url, { ...form, client_id: 'web' })).status).toBe(401);
  expect((await post(url, form)).status).toBe(400);
  expect((await fetch(`${url}?token=${tokens.refreshToken}`)).status).toBe(404);
  expect((await post(url, {}, { client: WEB })).status).toBe(400);
});

test('a refresh token is inactive once spent, signed out, banned or expired', async () => {
  const spent = await somebody(SPA, OFFLINE);
  await refresh(server.issuer, SPA, spent.tokens.refreshToken);
  const left = await somebody(WEB);
  await left.browser.open(`${server.issuer}/session/end?id_token_hint=${left.tokens.idToken}`);
  const banned = await somebody(WEB, OFFLINE);
  await banAccount(server.deps, { accountId: banned.account.id, reason: undefined });
  for (const { tokens } of [left, banned]) expect(await introspection(WEB, tokens.refreshToken)).toEqual(INACTIVE);

  const idle = await somebody(WEB);
  const offline = await somebody(WEB, OFFLINE);
  expect(await introspection(WEB, idle.tokens.refreshToken)).toMatchObject({ active: true });
  movingClock.advance({ minutes: 62 });
  expect(await introspection(WEB, idle.tokens.refreshToken)).toEqual(INACTIVE);
  expect(await introspection(WEB, offline.tokens.refreshToken)).toMatchObject({ active: true });
  movingClock.advance({ days: 30 });
  expect(await introspection(WEB, offline.tokens.refreshToken)).toEqual(INACTIVE);
});

/* Revocation */

test('a revoked refresh token takes everything of its grant along, and nothing of another sign-in', async () => {
  for (const [app, sent] of [
    [WEB, { client: WEB }],
    [SPA, {}],
  ] as const) {
    const { email, tokens } = await somebody(app, OFFLINE);
    const elsewhere = await signedIn(server.issuer, { app, email, params: OFFLINE });
    const client = app === SPA ? { client_id: 'spa' } : {};
    const answer = await revokes({ token: tokens.refreshToken, ...client } as Record<string, string>, sent);
    expect(answer.status).toBe(200);
    const after = await refresh(server.issuer, app, tokens.refreshToken);
    expect([after.status, after.body['error']]).toEqual([400, 'invalid_grant']);
    expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
    expect((await userinfo(server.issuer, elsewhere.tokens.accessToken)).status).toBe(200);
    expect((await refresh(server.issuer, app, elsewhere.tokens.refreshToken)).status).toBe(200);
  }
});

test('the answer to a revocation is a status and nothing else, not even a content type', async () => {
  const { tokens } = await somebody(WEB);
  for (const path of ['/token/revocation', '/Token/Revocation', '/token/revocation/']) {
    const answer = await revokes({ token: tokens.refreshToken }, { client: WEB }, path);
    expect(answer.status, path).toBe(200);
    expect(await answer.text()).toBe('');
    expect(answer.headers.get('content-type'), path).toBeNull();
    expect(answer.headers.get('cache-control')).toContain('no-store');
  }
});

test('revoking what is revoked, expired, unknown or misdescribed succeeds too (RFC 7009 section 2.2)', async () => {
  const { tokens } = await somebody(WEB, OFFLINE);
  const hint = { token_type_hint: 'access_token' };
  expect((await revokes({ token: tokens.refreshToken, ...hint })).status).toBe(200);
  expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(400);
  for (const token of [tokens.refreshToken, 'nonsense', '__proto__', 'x'.repeat(2000)]) {
    expect((await revokes({ token, token_type_hint: 'nonsense' })).status).toBe(200);
  }
});

test('a client cannot revoke another one’s token', async () => {
  const { tokens } = await somebody(WEB);
  for (const [form, sent] of [
    [{}, { client: ASK }],
    [{ client_id: 'spa' }, {}],
    [{}, { client: { ...WEB, secret: 'wrong' } }],
    [{ client_id: 'web' }, {}],
    [{}, {}],
  ] as const) {
    const answer = await revokes({ token: tokens.refreshToken, ...form } as Record<string, string>, sent);
    expect([200, 400, 401]).toContain(answer.status);
  }
  expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(200);
  expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(200);
});

test('a revocation without a token, or by somebody who does not prove who it is, is an error', async () => {
  expect((await revokes({})).status).toBe(400);
  expect((await revokes({ token: '' })).status).toBe(400);
  expect((await revokes({ token: 'x' }, { client: { ...WEB, secret: 'wrong' } })).status).toBe(401);
  expect((await revokes({ token: 'x', client_id: 'web' }, {})).status).toBe(401);
});

test('a person whose app revoked its token signs in again in the same browser', async () => {
  for (const app of [WEB, SPA]) {
    const { browser, tokens } = await somebody(app);
    const client = app === SPA ? { client_id: 'spa' } : {};
    await revokes(
      { token: tokens.refreshToken, ...client } as Record<string, string>,
      app === WEB ? { client: WEB } : {},
    );
    const again = await signedIn(server.issuer, { app, browser });
    expect((await userinfo(server.issuer, again.tokens.accessToken)).status).toBe(200);
    const next = await refresh(server.issuer, app, again.tokens.refreshToken);
    expect(next.status).toBe(200);
    expect(tokensOf(next.body).accessToken).not.toBe(again.tokens.accessToken);
  }
});
