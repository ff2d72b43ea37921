// RFC 6750 section 3 and RFC 9470 section 3: what the shop API answers to whom, with tokens of a real server.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { movingClock } from '../../support/moving-clock.ts';
import { redeem } from '../../support/sign-in.ts';
import { API, freePort, type TestServer, WEB_SECRET } from '../../support/start-server.ts';
import {
  AUDIENCE,
  type OpenApi,
  openApi,
  passwordTokens,
  type Reply,
  secondFactorTokens,
  startIssuer,
} from './setting.ts';

const ACCOUNT = { holder: 'Vera Vendor', iban: 'DE89370400440532013000' };

let server: TestServer;
let api: OpenApi;
let people = 0;

const email = () => {
  people += 1;
  return `somebody-${people}@example.test`;
};

beforeAll(async () => {
  server = await startIssuer();
  api = await openApi({ issuer: server.issuer });
});

afterAll(async () => {
  await api?.close();
  await server?.stop();
});

const isProblem = ({ status, headers, body }: Reply): void => {
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toMatchObject({ type: 'about:blank', status, title: expect.any(String) });
};

describe('without a token', () => {
  test.each(['/earnings', '/payouts'])('%s is challenged, and no error is named', async (path) => {
    const reply = await api.get(path);
    expect(reply).toMatchObject({ status: 401, challenge: 'Bearer realm="Shop API"' });
    isProblem(reply);
  });

  test.each(['Basic dmVyYTpwYXNz', 'DPoP abc', 'Bearerabc', 'Negotiate'])('%j is none', async (authorization) => {
    const reply = await api.ask('/earnings', { headers: { authorization } });
    expect(reply).toMatchObject({ status: 401, challenge: 'Bearer realm="Shop API"' });
  });

  test('a body is not read, however large it is', async () => {
    const body = JSON.stringify({ holder: 'x'.repeat(1_000_000) });
    const reply = await api.ask('/payout-account', { method: 'PUT', body });
    expect(reply.status).toBe(401);
  });
});

describe('a token', () => {
  test('is taken with the scheme in any case', async () => {
    const { accessToken } = await passwordTokens(server, { email: email() });
    const reply = await api.ask('/earnings', { headers: { authorization: `bEARER ${accessToken}` } });
    expect(reply).toMatchObject({ status: 200, challenge: null, body: { currency: 'EUR', payout_account: null } });
  });

  test('is not taken out of the address, and not from two headers, be they the same', async () => {
    const { accessToken } = await passwordTokens(server, { email: email() });
    const replies = [
      await api.ask(`/earnings?access_token=${accessToken}`),
      await api.ask(`/earnings?access_token=${accessToken}`, { headers: { authorization: `Bearer ${accessToken}` } }),
    ];
    for (const { status, challenge } of replies) {
      expect(status).toBe(400);
      expect(challenge).toMatch(/^Bearer realm="Shop API", error="invalid_request", error_description="[^"]+"$/);
    }
    for (const second of [accessToken, 'another']) {
      const twice = ['Authorization', `Bearer ${accessToken}`, 'Authorization', `Bearer ${second}`];
      expect(await statusWithHeaders(`${api.url}/earnings`, twice)).toBe(400);
    }
  });

  test.each(['Bearer', 'Bearer ', 'Bearer  abc', 'Bearer a b', 'Bearer a,b', 'Bearer a=b', 'Bearer ä'])(
    'of another form than RFC 6750 knows makes the request malformed: %j',
    async (authorization) => {
      const status = await statusWithHeaders(`${api.url}/earnings`, ['Authorization', authorization]);
      expect(status).toBe(400);
    },
  );

  test('without the scope gets 403, and hears which', async () => {
    const { accessToken } = await secondFactorTokens(server, { email: email(), scope: 'earnings:read' });
    expect((await api.get('/earnings', accessToken)).status).toBe(200);
    const reply = await api.put(ACCOUNT, accessToken);
    expect(reply).toMatchObject({
      status: 403,
      challenge:
        'Bearer realm="Shop API", error="insufficient_scope", error_description="the access token lacks a scope", scope="payout-account:write"',
    });
    isProblem(reply);
  });

  test('of somebody without the role gets 403 and no challenge, as no other token would help', async () => {
    const { accessToken } = await passwordTokens(server, { email: email(), roles: ['vendor'] });
    const reply = await api.get('/payouts', accessToken);
    expect(reply).toMatchObject({ status: 403, challenge: null, body: { detail: 'This needs the role shop-admin.' } });
    isProblem(reply);
    const admin = await passwordTokens(server, { email: email(), roles: ['shop-admin'] });
    expect((await api.get('/payouts', admin.accessToken)).body).toMatchObject({
      payouts: expect.arrayContaining([{ seller: 'Ines', cents: 10200, account: null }]),
    });
  });

  test('of somebody without the role is not sent to sign in again for nothing', async () => {
    const { accessToken } = await passwordTokens(server, { email: email(), roles: ['customer'] });
    expect(await api.put(ACCOUNT, accessToken)).toMatchObject({ status: 403, challenge: null });
  });

  test('of a program works like any other, and can never step up', async () => {
    const form = { grant_type: 'client_credentials', resource: AUDIENCE, scope: 'earnings:read payout-account:write' };
    const { body } = await redeem(server.issuer, form, { clientId: 'robot', secret: WEB_SECRET });
    const token = String(body['access_token']);
    expect((await api.get('/payouts', token)).status).toBe(200);
    expect((await api.put(ACCOUNT, token)).challenge).toContain('insufficient_user_authentication');
  });
});

describe('a second factor', () => {
  const STEP_UP =
    'Bearer realm="Shop API", error="insufficient_user_authentication", error_description="a more recent or stronger authentication is required", acr_values="mfa", max_age="300"';

  test('is asked for in the words of RFC 9470 when there was a password only', async () => {
    const { accessToken } = await passwordTokens(server, { email: email(), roles: ['vendor'] });
    expect((await api.get('/earnings', accessToken)).status).toBe(200);
    const reply = await api.put(ACCOUNT, accessToken);
    expect(reply).toMatchObject({ status: 401, challenge: STEP_UP });
    isProblem(reply);
    expect((await api.get('/earnings', accessToken)).body['payout_account']).toBeNull();
  });

  test('counts for five minutes, and a refreshed token makes it no younger', async () => {
    const tokens = await secondFactorTokens(server, { email: email() });
    const changed = { payout_account: { holder: 'Vera Vendor', iban_ending: '3000' } };
    expect(await api.put(ACCOUNT, tokens.accessToken)).toMatchObject({ status: 200, body: changed });
    movingClock.advance({ seconds: 280 });
    expect((await api.put(ACCOUNT, tokens.accessToken)).status).toBe(200);
    movingClock.advance({ seconds: 40 });
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refreshToken };
    const { body } = await redeem(server.issuer, form);
    const refreshed = String(body['access_token']);
    expect(await api.get('/earnings', refreshed)).toMatchObject({ status: 200, body: changed });
    expect(await api.put(ACCOUNT, refreshed)).toMatchObject({ status: 401, challenge: STEP_UP });
  });
});

describe('the payout account', () => {
  test('is the same after the second request as after the first, and one’s own alone', async () => {
    const [vera, otto] = [
      await secondFactorTokens(server, { email: email() }),
      await secondFactorTokens(server, { email: email() }),
    ];
    const account = { holder: ' Vera ', iban: 'gb82 west 1234 5698 7654 32' };
    const shown = { payout_account: { holder: 'Vera', iban_ending: '5432' } };
    expect((await api.put(account, vera.accessToken)).body).toEqual(shown);
    expect((await api.put(account, vera.accessToken)).body).toEqual(shown);
    expect((await api.get('/earnings', otto.accessToken)).body['payout_account']).toBeNull();
  });

  test('is checked member by member, and nothing changes before it is right', async () => {
    const { accessToken } = await secondFactorTokens(server, { email: email() });
    const wrong = { holder: ' ', iban: 'DE89370400440532013001', access_token: accessToken };
    const reply = await api.put(wrong, accessToken);
    expect(reply.status).toBe(422);
    isProblem(reply);
    expect(Object.keys(reply.body['errors'] as object).sort()).toEqual(['', 'holder', 'iban']);
    const inherited = JSON.parse(`{ "__proto__": {}, "holder": "Vera", "iban": "${ACCOUNT.iban}" }`);
    for (const body of [null, [], 'text', 1, { holder: {}, iban: [] }, { ...ACCOUNT, holder: 'a\nb' }, inherited]) {
      expect((await api.put(body, accessToken)).status, JSON.stringify(body)).toBe(422);
    }
    expect((await api.get('/earnings', accessToken)).body['payout_account']).toBeNull();
  });

  test('is taken as JSON only, and in a few bytes', async () => {
    const { accessToken } = await secondFactorTokens(server, { email: email() });
    const put = async (type: string, body: string) => {
      const headers = { authorization: `Bearer ${accessToken}`, 'content-type': type };
      return (await api.ask('/payout-account', { method: 'PUT', headers, body })).status;
    };
    expect(await put('application/x-www-form-urlencoded', `access_token=${accessToken}`)).toBe(415);
    expect(await put('text/plain', JSON.stringify(ACCOUNT))).toBe(415);
    expect(await put('application/json', '{"holder":')).toBe(400);
    expect(await put('application/json', JSON.stringify({ holder: 'x'.repeat(100_000) }))).toBe(413);
    expect(await put('application/json; charset=utf-8', JSON.stringify(ACCOUNT))).toBe(200);
  });
});

describe('every answer', () => {
  test('is JSON that nobody stores, frames or reads from another page', async () => {
    const { accessToken } = await passwordTokens(server, { email: email() });
    const origin = 'https://evil.test';
    for (const [path, method, status] of [
      ['/earnings', 'GET', 200],
      ['/earnings', 'OPTIONS', 405],
      ['/nothing', 'GET', 404],
      ['/payout-account', 'PUT', 403],
    ] as const) {
      const headers = { authorization: `Bearer ${accessToken}`, origin, 'access-control-request-method': 'PUT' };
      const reply = await api.ask(path, { method, headers });
      expect(reply.status).toBe(status);
      expect(Object.fromEntries(reply.headers)).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'content-type': expect.stringMatching(/^application\/(problem\+)?json$/),
      });
      expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('to another method names those there are', async () => {
    const reply = await api.ask('/payout-account', { method: 'POST' });
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'PUT']);
    expect(await statusWithHeaders(`${api.url}/earnings`, [], 'HEAD')).toBe(401);
  });

  test('goes without a word about tokens into the log', async () => {
    const { accessToken } = await passwordTokens(server, { email: email() });
    await api.put(ACCOUNT, accessToken);
    await api.get('/earnings', `${accessToken}x`);
    expect(api.log.length).toBeGreaterThan(1);
    expect(api.log.join('\n')).not.toContain(accessToken.slice(0, 30));
    expect(api.log.join('\n')).not.toContain(accessToken.slice(-30));
  });
});

test('health needs no token and no server', async () => {
  const alone = await openApi({ issuer: `http://localhost:${await freePort()}` });
  expect(await alone.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  await alone.close();
});

test('metadata (RFC 9728) stand where the audience is the API’s own address, and challenges name them', async () => {
  const url = `http://localhost:${await freePort()}`;
  const own = await openApi({ issuer: server.issuer, url, audience: url });
  const metadataUrl = `${url}/.well-known/oauth-protected-resource`;
  expect((await own.get('/earnings')).challenge).toBe(`Bearer realm="Shop API", resource_metadata="${metadataUrl}"`);
  expect((await own.get('/.well-known/oauth-protected-resource')).body).toMatchObject({
    resource: url,
    authorization_servers: [server.issuer],
    bearer_methods_supported: ['header'],
  });
  await own.close();
  expect((await api.get('/.well-known/oauth-protected-resource')).status).toBe(404);
});

test('a token for another API of the same server is for another audience', async () => {
  const who = { email: email(), scope: 'items:read', resource: API };
  const { accessToken } = await passwordTokens(server, who);
  const reply = await api.get('/earnings', accessToken);
  expect(reply.status).toBe(401);
  expect(reply.challenge).toContain('error="invalid_token", error_description="it is for another audience"');
});

/** fetch joins headers of one name, so this asks by hand. */
const statusWithHeaders = (url: string, headers: readonly string[], method = 'GET') =>
  new Promise<number | undefined>((resolve, reject) => {
    const host = new URL(url).host;
    request(url, { method, headers: ['Host', host, ...headers] }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });
