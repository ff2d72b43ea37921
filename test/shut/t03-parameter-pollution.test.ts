// Each parameter comes once and in one place: two of a name, half in the address, a list, or other letters are no way past a check.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AUTHORIZATION,
  answerAt,
  authorize,
  post,
  ROBOT,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  signedIn,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { basic } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

let server: TestServer;
let person: Browser;
let issued = 0;
let refusals = 0;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

const authUrl = (params: Record<string, string>, tail = ''): string =>
  `${server.issuer}/auth?${new URLSearchParams(params)}${tail}`;

const pair = (name: string, value: string): string => `&${new URLSearchParams({ [name]: value })}`;

/** An error page of ours, or an error at the app; never a code or a sign-in. */
async function isAnError(response: Response, what: string): Promise<void> {
  refusals += 1;
  const location = response.headers.get('location');
  if (location === null) return expect(response.status, what).toBe(400);
  expect(location, what).toMatch(/^https:\/\/app\.example\.test\/callback[?#]/);
  const answer = answerAt(location);
  if (answer.has('code')) issued += 1;
  expect(answer.has('code'), what).toBe(false);
  expect(answer.get('error'), what).toBe('invalid_request');
}

/** 400 or 401 in JSON, with nothing that could be used. */
async function isRefused(response: Response, what: string, error: unknown = 'invalid_request'): Promise<void> {
  refusals += 1;
  const body = (await response.json()) as Record<string, unknown>;
  if ('access_token' in body || 'request_uri' in body) issued += 1;
  expect([response.status, body['error']], what).toEqual([400, error]);
  for (const name of ['access_token', 'refresh_token', 'id_token', 'request_uri', 'active']) {
    expect(body, what).not.toHaveProperty(name);
  }
}

describe('T03 parameter pollution: CVE-2026-9689, ASVS 15.3.7', () => {
  test('each parameter of an authorization request twice, with the same value, another or none, is an error', async () => {
    const { prompt: _prompt, ...params } = AUTHORIZATION;
    expect((await person.request(authUrl(params))).headers.get('location')).toContain('code=');
    const all = { ...AUTHORIZATION, id_token_hint: 'x', request_uri: 'x', request: 'x', registration: 'x' };
    for (const [name, value] of Object.entries(all)) {
      for (const second of [value, 'other', '']) {
        const twice = authUrl({ ...params, [name]: value }, pair(name, second));
        const response = await person.request(twice);
        if (name in AUTHORIZATION) await isAnError(response, `${name}=${value}&${name}=${second}`);
        else expect(answerAt(response.headers.get('location')).has('code'), name).toBe(false);
      }
    }
  });

  test('each parameter of each token request twice is an error, and neither code nor refresh token is burnt', async () => {
    const authorized = await authorize(server.issuer, { browser: person });
    const { tokens } = await signedIn(server.issuer, { app: SPA, browser: person });
    const client = { client_id: 'web', client_secret: WEB_SECRET };
    const forms = [
      {
        grant_type: 'authorization_code',
        code: authorized.code,
        redirect_uri: CALLBACK,
        code_verifier: authorized.request.verifier,
        ...client,
      },
      { grant_type: 'refresh_token', refresh_token: tokens.refreshToken, scope: 'openid', client_id: 'spa' },
      {
        grant_type: 'client_credentials',
        scope: 'items:read',
        client_id: 'robot',
        client_secret: WEB_SECRET,
      },
    ];
    for (const form of forms) {
      for (const [name, value] of Object.entries(form)) {
        for (const second of [value, 'other', '']) {
          const body = `${new URLSearchParams(form as Record<string, string>)}${pair(name, second)}`;
          await isRefused(await post(`${server.issuer}/token`, body), `${form.grant_type} ${name}`);
        }
      }
    }
    expect((await redeemFor(server.issuer, WEB, authorized)).status).toBe(200);
    expect((await refresh(server.issuer, SPA, tokens.refreshToken)).status).toBe(200);
  });

  test('a resource twice at the token endpoint is no token for both', async () => {
    const form = `grant_type=client_credentials${pair('resource', API)}${pair('resource', 'https://other.example.test')}`;
    const response = await post(`${server.issuer}/token`, form, { client: ROBOT });
    expect(response.status).toBe(400);
    expect(await response.json()).not.toHaveProperty('access_token');
  });

  test('each parameter of a pushed request twice is an error', async () => {
    for (const [name, value] of Object.entries(AUTHORIZATION)) {
      for (const second of [value, 'other', '']) {
        const form = `${new URLSearchParams(AUTHORIZATION)}${pair(name, second)}`;
        await isRefused(await post(`${server.issuer}/request`, form, { client: WEB }), name);
      }
    }
  });

  test('each parameter of introspection and revocation twice is an error, and the token is not revoked by it', async () => {
    const { tokens } = await signedIn(server.issuer, { browser: person });
    for (const path of ['/token/introspection', '/token/revocation']) {
      for (const token of [tokens.accessToken, tokens.refreshToken]) {
        const form = { token, token_type_hint: 'access_token', client_id: 'web', client_secret: WEB_SECRET };
        for (const [name, value] of Object.entries(form)) {
          for (const second of [value, 'other', '']) {
            const body = `${new URLSearchParams(form)}${pair(name, second)}`;
            await isRefused(await post(`${server.issuer}${path}`, body), `${path} ${name}`);
          }
        }
      }
    }
    expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(200);
  });

  test('parameters in the address do not complete or change a form that is posted', async () => {
    const authorized = await authorize(server.issuer, { browser: person });
    const form: Record<string, string> = {
      grant_type: 'authorization_code',
      code: authorized.code,
      redirect_uri: CALLBACK,
      code_verifier: authorized.request.verifier,
    };
    for (const name of Object.keys(form)) {
      const { [name]: moved = '', ...rest } = form;
      const address = `${server.issuer}/token?${new URLSearchParams({ [name]: moved })}`;
      const response = await post(address, rest, { client: WEB });
      expect(response.status, name).toBe(400);
    }
    const whole = await fetch(`${server.issuer}/token?${new URLSearchParams(form)}`, {
      method: 'POST',
      headers: { authorization: basic('web', WEB_SECRET) },
    });
    expect(whole.status).toBe(400);
    // Beside a form that is whole an address says nothing: neither a client nor a code of its own.
    const beside = new URLSearchParams({ client_id: 'spa', code: 'x', grant_type: 'client_credentials', scope: 'x' });
    const response = await post(`${server.issuer}/token?${beside}`, form, { client: WEB });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ scope: 'openid profile email roles' });

    const pushed = new URL(requestOf(server.issuer, WEB).url).searchParams;
    const evil = new URLSearchParams({ redirect_uri: 'https://evil.test/', client_id: 'spa' });
    const accepted = await post(`${server.issuer}/request?${evil}`, pushed, { client: WEB });
    const { request_uri } = (await accepted.json()) as { request_uri: string };
    const front = authUrl({ client_id: 'web', request_uri });
    expect((await person.request(front)).headers.get('location')?.startsWith(`${CALLBACK}?`)).toBe(true);
    pushed.delete('redirect_uri');
    await isRefused(await post(`${server.issuer}/request?redirect_uri=${CALLBACK}`, pushed, { client: WEB }), 'PAR');
    const { tokens } = await signedIn(server.issuer, { browser: person });
    for (const path of ['/token/introspection', '/token/revocation']) {
      const inAddress = `${server.issuer}${path}?${new URLSearchParams({ token: tokens.accessToken })}`;
      await isRefused(await post(inAddress, {}, { client: WEB }), path);
    }
  });

  test('a client is the one it proves to be: another client_id beside the header, or in the address, is an error', async () => {
    for (const [path, form] of [
      ['/token', { grant_type: 'client_credentials' }],
      ['/token/introspection', { token: 'x' }],
      ['/token/revocation', { token: 'x' }],
      ['/request', Object.fromEntries(new URL(requestOf(server.issuer, WEB).url).searchParams)],
    ] as const) {
      for (const client_id of ['spa', 'robot', 'nobody', 'WEB', 'web ', 'web\u200b']) {
        const response = await post(`${server.issuer}${path}`, { ...form, client_id } as Record<string, string>, {
          client: WEB,
        });
        await isRefused(response, `${path} ${client_id}`);
      }
      for (const extra of [{ client_secret: WEB_SECRET }, { client_assertion: 'x', client_assertion_type: 'x' }]) {
        const twoProofs = { ...form, client_id: 'web', ...extra } as Record<string, string>;
        await isRefused(await post(`${server.issuer}${path}`, twoProofs, { client: WEB }), path);
      }
    }
    const mismatch = await person.request(authUrl({ ...AUTHORIZATION, client_id: 'spa' }));
    expect([mismatch.status, mismatch.headers.get('location')]).toEqual([400, null]);
  });

  test('lists and other letters are other names: they neither stand for a parameter nor change it', async () => {
    const { prompt: _prompt, ...params } = AUTHORIZATION;
    const needed = ['client_id', 'redirect_uri', 'response_type', 'code_challenge'];
    for (const name of needed) {
      const { [name]: value = '', ...rest } = params;
      for (const spelt of [
        `${name}[]`,
        `${name}[0]`,
        name.toUpperCase(),
        ` ${name}`,
        `${name} `,
        `${name}.x`,
        `x.${name}`,
      ]) {
        const response = await person.request(authUrl(rest, pair(spelt, value)));
        await isAnError(response, spelt);
      }
    }
    for (const [name, value] of Object.entries(params)) {
      for (const spelt of [`${name}[]`, `${name}[0]`, name.toUpperCase(), `__proto__[${name}]`]) {
        const tail = pair(spelt, 'https://evil.test/') + pair(spelt, value);
        const location = (await person.request(authUrl(params, tail))).headers.get('location') ?? '';
        expect(location.startsWith(`${CALLBACK}?code=`), spelt).toBe(true);
      }
    }
    const { code, request } = await authorize(server.issuer, { browser: person });
    const form = { grant_type: 'authorization_code', redirect_uri: CALLBACK, code_verifier: request.verifier };
    for (const spelt of ['code[]', 'CODE', 'code[0]', ' code']) {
      await isRefused(await post(`${server.issuer}/token`, { ...form, [spelt]: code }, { client: WEB }), spelt);
    }
    expect((await redeemFor(server.issuer, WEB, { code, request })).status).toBe(200);
  });

  test('separators that only some servers know are none: neither semicolons nor bars divide parameters', async () => {
    const { prompt: _prompt, state: _state, ...params } = AUTHORIZATION;
    const state = 'a;redirect_uri=https://evil.test/;client_id=spa|x';
    const location = (await person.request(authUrl(params, `&state=${state}`))).headers.get('location') ?? '';
    expect(location.startsWith(`${CALLBACK}?`)).toBe(true);
    expect(answerAt(location).get('state')).toBe(state);
    const body = `grant_type=client_credentials;scope=items:read`;
    const response = await post(`${server.issuer}/token`, body, { client: ROBOT });
    await isRefused(response, 'a semicolon', 'unsupported_grant_type');
  });

  test('nothing was issued by any of them', () => {
    console.info(`T03: ${issued} of ${refusals} polluted requests got a code, a token or a request_uri`);
    expect(refusals).toBeGreaterThan(250);
    expect(issued).toBe(0);
  });
});
