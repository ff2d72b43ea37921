// RFC 7662 and RFC 7009 for access tokens, which are JWTs (RFC 9068) and have no row of their own.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { banAccount } from '../../src/sessions/ban-account.ts';
import { movingClock } from '../support/moving-clock.ts';
import { redeem } from '../support/sign-in.ts';
import { API, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { type App, ASK, post, refresh, SPA, signedIn, userinfo, WEB } from './apps.ts';

const API_SERVER: App = { clientId: 'api-server', secret: WEB_SECRET, redirectUri: '' };
const FOR_API = { scope: 'openid email items:read', resource: API };

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
  const email = `reader-${people}@example.test`;
  const account = await server.person({ email, roles: ['reader'] });
  return { account, email, ...(await signedIn(server.issuer, { app, email, params })) };
}

async function introspection(client: App, token: string, hint?: string): Promise<Record<string, unknown>> {
  const form = { token, ...(hint === undefined ? {} : { token_type_hint: hint }) };
  const response = await post(`${server.issuer}/token/introspection`, form, { client });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

const revokes = (client: App, token: string) => post(`${server.issuer}/token/revocation`, { token }, { client });

const INACTIVE = { active: false };

test('an API learns that a token meant for it is active, whose it is, and what it allows', async () => {
  const { account, tokens } = await somebody(WEB, FOR_API);
  for (const hint of [undefined, 'access_token', 'refresh_token']) {
    const answer = await introspection(API_SERVER, tokens.accessToken, hint);
    expect(answer).toMatchObject({
      active: true,
      iss: server.issuer,
      sub: account.id,
      client_id: 'web',
      roles: ['reader'],
      acr: 'pwd',
      token_type: 'Bearer',
    });
    expect(answer['aud']).toContain(API);
    expect(String(answer['scope']).split(' ')).toContain('items:read');
    expect(Number(answer['exp']) - Number(answer['iat'])).toBe(300);
  }
});

test('an API is told nothing about a token for somebody else; a client is told about its own', async () => {
  const { tokens } = await somebody(WEB);
  expect(await introspection(API_SERVER, tokens.accessToken)).toEqual(INACTIVE);
  expect(await introspection(ASK, tokens.accessToken)).toEqual(INACTIVE);
  expect(await introspection(WEB, tokens.accessToken)).toMatchObject({ active: true });
});

test('a robot’s own token is active until it is revoked', async () => {
  const { body } = await redeem(
    server.issuer,
    { grant_type: 'client_credentials', resource: API, scope: 'items:read' },
    { clientId: 'robot', secret: WEB_SECRET },
  );
  const token = String(body['access_token']);
  expect(await introspection(API_SERVER, token)).toMatchObject({
    active: true,
    client_id: 'robot',
    roles: ['deployer'],
  });
  const robot: App = { clientId: 'robot', secret: WEB_SECRET, redirectUri: '' };
  expect((await revokes(robot, token)).status).toBe(200);
  expect(await introspection(API_SERVER, token)).toEqual(INACTIVE);
  expect(await introspection(robot, token)).toEqual(INACTIVE);
});

test('a revoked access token is inactive at once, here and at userinfo, and nothing else is', async () => {
  const { tokens } = await somebody(WEB);
  const { body } = await refresh(server.issuer, WEB, tokens.refreshToken);
  const other = String(body['access_token']);
  const answer = await revokes(WEB, tokens.accessToken);
  expect([answer.status, await answer.text(), answer.headers.get('content-type')]).toEqual([200, '', null]);
  expect(await introspection(WEB, tokens.accessToken)).toEqual(INACTIVE);
  expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
  expect(await introspection(WEB, other)).toMatchObject({ active: true });
  expect((await userinfo(server.issuer, other)).status).toBe(200);
  expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(200);
  expect((await revokes(WEB, tokens.accessToken)).status).toBe(200);
});

test('another client cannot revoke it', async () => {
  const { tokens } = await somebody(WEB);
  expect((await revokes(ASK, tokens.accessToken)).status).toBe(200);
  expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(200);
});

test('a token is inactive once its grant is revoked, its session ended, its person banned, or its time up', async () => {
  const revoked = await somebody(WEB);
  await revokes(WEB, revoked.tokens.refreshToken);
  const left = await somebody(WEB);
  await left.browser.open(`${server.issuer}/session/end?id_token_hint=${left.tokens.idToken}`);
  const banned = await somebody(WEB, { scope: 'openid offline_access' });
  await banAccount(server.deps, { accountId: banned.account.id, reason: undefined });
  for (const { tokens } of [revoked, left, banned])
    expect(await introspection(WEB, tokens.accessToken)).toEqual(INACTIVE);

  const expired = await somebody(WEB);
  expect(await introspection(WEB, expired.tokens.accessToken)).toMatchObject({ active: true });
  movingClock.advance({ seconds: 301 });
  expect(await introspection(WEB, expired.tokens.accessToken)).toEqual(INACTIVE);
});

test('what is no access token of ours is inactive, and no error', async () => {
  const { tokens } = await somebody(SPA);
  const [header = '', payload = '', signature = ''] = tokens.accessToken.split('.');
  const forged = [
    tokens.idToken,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`,
    'e30.e30.e30',
    'e30..',
    '..',
    '~',
    `~${tokens.idToken}`,
  ];
  for (const token of forged) {
    expect(await introspection(WEB, token), token).toEqual(INACTIVE);
    expect((await revokes(WEB, token)).status, token).toBe(200);
  }
});

test('a parameter that comes twice is refused, and so is a body that is too long', async () => {
  const { tokens } = await somebody(WEB);
  for (const path of ['/token/introspection', '/token/revocation']) {
    const twice = await fetch(`${server.issuer}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`web:${WEB_SECRET}`).toString('base64')}` },
      body: new URLSearchParams([
        ['token', tokens.accessToken],
        ['token', tokens.accessToken],
      ]),
    });
    expect(twice.status).toBe(400);
    const long = await post(`${server.issuer}${path}`, { token: 'x'.repeat(60_000) }, { client: WEB });
    expect([400, 413]).toContain(long.status);
  }
});
