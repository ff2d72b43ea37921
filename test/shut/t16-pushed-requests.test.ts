// RFC 9126: a pushed request is for one client, once, for a minute, and nothing of it shows on the way.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type App,
  ASK,
  answerAt,
  authorize,
  type Params,
  post,
  redeemFor,
  requestOf,
  SPA,
  tokensOf,
  WEB,
} from '../protocol/apps.ts';
import { Browser } from '../support/browser.ts';
import { startCanary } from '../support/canary.ts';
import { movingClock } from '../support/moving-clock.ts';
import { callbackOf, claimsIn, newBrowser, signsIn } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';

const STRICT: App = { ...WEB, clientId: 'strict' };

let server: TestServer;
let person: Browser;

beforeAll(async () => {
  const strict = `
client_id: strict
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
require_pushed_authorization_requests: true
`;
  server = await startTestServer({ clients: { strict } });
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

interface Pushed {
  readonly requestUri: string;
  /** Where the app sends the browser. */
  readonly url: string;
  readonly request: ReturnType<typeof requestOf>;
}

/** The parameters of a request, pushed by this app as itself. */
const pushes = (app: App, form: URLSearchParams): Promise<Response> => {
  if (app.secret === undefined) form.set('client_id', app.clientId);
  return post(`${server.issuer}/request`, form, { client: app });
};

async function pushed(app: App = WEB, params: Params = {}): Promise<Pushed> {
  const request = requestOf(server.issuer, app, params);
  const response = await pushes(app, new URL(request.url).searchParams);
  expect(response.status).toBe(201);
  const { request_uri: requestUri } = (await response.json()) as { request_uri: string };
  return { requestUri, request, url: frontUrl(app.clientId, requestUri) };
}

const frontUrl = (clientId: string, requestUri: string): string =>
  `${server.issuer}/auth?${new URLSearchParams({ client_id: clientId, request_uri: requestUri })}`;

describe('T16 pushed requests: Keycloak CVE-2024-4540 (pushed values in a cookie), CVE-2026-9793', () => {
  test('a pushed request is answered 201 with an address that is good for at most a minute, and nobody may keep it', async () => {
    const response = await pushes(WEB, new URL(requestOf(server.issuer, WEB).url).searchParams);
    expect(response.status).toBe(201);
    expect(response.headers.get('cache-control')).toContain('no-store');
    const body = (await response.json()) as { request_uri: string; expires_in: number };
    expect(body.request_uri).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{21,}$/);
    expect(body.expires_in).toBeGreaterThan(0);
    expect(body.expires_in).toBeLessThanOrEqual(60);
  });

  test('a person signs in by a pushed request, and the app gets what it pushed for', async () => {
    for (const app of [WEB, SPA, ASK]) {
      const { url, request } = await pushed(app, { scope: 'openid email' });
      const browser = await newBrowser().open(url);
      await signsIn(browser, { identifier: 'jane@example.test' });
      if (app === ASK) await browser.submit({}, 'Allow');
      const answer = callbackOf(browser);
      expect(answer.get('state')).toBe(request.state);
      expect(answer.get('iss')).toBe(server.issuer);
      const tokens = await redeemFor(server.issuer, app, { code: answer.get('code') ?? '', request });
      expect(tokens.status).toBe(200);
      expect(claimsIn(tokensOf(tokens.body).idToken)).toMatchObject({
        nonce: request.nonce,
        email: 'jane@example.test',
      });
    }
  });

  test('offline access can be pushed for', async () => {
    const { url, request } = await pushed(WEB, { scope: 'openid offline_access' });
    const answer = answerAt((await person.request(url)).headers.get('location'));
    const { scope } = tokensOf((await redeemFor(server.issuer, WEB, { code: answer.get('code') ?? '', request })).body);
    expect(scope.split(' ').sort()).toEqual(['offline_access', 'openid']);
  });

  /** Refused on our own page or at the app, but never with a code. */
  async function getsNoCode(url: string, browser: Browser = person): Promise<string> {
    const response = await browser.request(url);
    const location = response.headers.get('location');
    if (location === null) {
      expect(response.status).toBe(400);
      return 'a page';
    }
    const answer = answerAt(location);
    expect(location).toMatch(/^https:\/\/[a-z]+\.example\.test\/callback\?/);
    expect(answer.has('code')).toBe(false);
    return answer.get('error') ?? '';
  }

  test('a pushed request works once', async () => {
    const { url } = await pushed();
    expect(answerAt((await person.request(url)).headers.get('location')).has('code')).toBe(true);
    expect(await getsNoCode(url)).toMatch(/^(a page|invalid_request_uri)$/);

    const signIn = await pushed();
    const browser = await newBrowser().open(signIn.url);
    await signsIn(browser, { identifier: 'jane@example.test' });
    expect(callbackOf(browser).has('code')).toBe(true);
    expect(await getsNoCode(signIn.url, browser)).toMatch(/^(a page|invalid_request_uri)$/);
  });

  test('of two browsers that begin a sign-in with one pushed request only one gets a code', async () => {
    const { url } = await pushed();
    const browsers = [await newBrowser().open(url), await newBrowser().open(url)];
    const outcomes: string[] = [];
    for (const browser of browsers) {
      if (!browser.page.text.includes('name="password"')) continue;
      await signsIn(browser, { identifier: 'jane@example.test' });
      const isBack = browser.page.url.startsWith(CALLBACK);
      outcomes.push(isBack && callbackOf(browser).has('code') ? 'code' : 'none');
    }
    expect(outcomes.filter((outcome) => outcome === 'code')).toHaveLength(1);
  });

  test('of ten uses of one pushed request at once one gets a code', async () => {
    const { url } = await pushed();
    const locations = await Promise.all(
      Array.from({ length: 10 }, async () => (await person.request(url)).headers.get('location')),
    );
    const codes = locations.filter((location) => location !== null && answerAt(location).has('code'));
    expect(codes).toHaveLength(1);
  });

  test('request objects are not taken by value or by address, and nobody fetches one (0 visits)', async () => {
    const canary = await startCanary();
    const jwt = (header: object, claims: object) =>
      [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const claims = {
      client_id: 'web',
      redirect_uri: 'https://evil.test/',
      response_type: 'code',
      iss: 'web',
      aud: server.issuer,
    };
    for (const header of [{ alg: 'none' }, { alg: 'HS256' }, { alg: 'RS256', jku: canary.url }]) {
      const request = `${jwt(header, claims)}.`;
      expect(await getsNoCode(requestOf(server.issuer, WEB, { request }).url)).toBe('request_not_supported');
      const form = new URL(requestOf(server.issuer, WEB, { request }).url).searchParams;
      expect((await pushes(WEB, form)).status).toBe(400);
    }
    for (const uri of [canary.url, `${canary.url}#urn:ietf:params:oauth:request_uri:x`, 'file:///etc/passwd']) {
      expect(await getsNoCode(requestOf(server.issuer, WEB, { request_uri: uri }).url)).toBe(
        'request_uri_not_supported',
      );
    }
    expect(canary.hits()).toBe(0);
    canary.stop();
  });

  test('a pushed request belongs to the client that pushed it', async () => {
    const { requestUri, url } = await pushed();
    for (const clientId of ['spa', 'ask', 'strict', 'nobody']) {
      await getsNoCode(frontUrl(clientId, requestUri));
    }
    await getsNoCode(`${server.issuer}/auth?${new URLSearchParams({ request_uri: requestUri })}`);
    expect(answerAt((await person.request(url)).headers.get('location')).has('code')).toBe(true);
  });

  test('a pushed request expires, and addresses that were never given out are refused', async () => {
    for (const app of [WEB, SPA]) {
      const [early, late] = [await pushed(app), await pushed(app)];
      movingClock.advance({ seconds: 55 });
      expect(answerAt((await person.request(early.url)).headers.get('location')).has('code')).toBe(true);
      movingClock.advance({ seconds: 6 });
      expect(await getsNoCode(late.url)).toMatch(/^(a page|invalid_request_uri)$/);
    }
    const { requestUri } = await pushed();
    for (const uri of [
      'urn:ietf:params:oauth:request_uri:',
      'urn:ietf:params:oauth:request_uri:x',
      requestUri.slice(0, -1),
      requestUri.toUpperCase(),
      `${requestUri}x`,
      'https://evil.test/request.jwt',
      `${server.issuer}/request`,
      'file:///etc/passwd',
      'urn:ietf:params:oauth:request_uri:__proto__',
    ]) {
      await getsNoCode(frontUrl('web', uri));
    }
  });

  test('what stands beside request_uri changes nothing: neither where the answer goes nor what is asked (RFC 9126 section 4)', async () => {
    const { url, request } = await pushed(WEB, { scope: 'openid' });
    const beside = new URLSearchParams({
      redirect_uri: 'https://evil.test/callback',
      scope: 'openid email offline_access',
      state: 'theirs',
      nonce: 'theirs',
      code_challenge: 'a'.repeat(43),
      response_mode: 'form_post',
      prompt: 'none',
      resource: 'https://unknown.example.test',
    });
    const location = (await person.request(`${url}&${beside}`)).headers.get('location') ?? '';
    expect(location.startsWith(`${CALLBACK}?`), location).toBe(true);
    const answer = answerAt(location);
    expect(answer.get('state')).toBe(request.state);
    const redeemed = await redeemFor(server.issuer, WEB, { code: answer.get('code') ?? '', request });
    expect(redeemed.status).toBe(200);
    expect(tokensOf(redeemed.body).scope).toBe('openid');
    expect(claimsIn(tokensOf(redeemed.body).idToken)['nonce']).toBe(request.nonce);
    // A response type is compared, and another one refused.
    const other = await pushed();
    expect(await getsNoCode(`${other.url}&response_type=token`)).toBe('a page');
  });

  test('nothing that was pushed shows in an address or a cookie before the answer', async () => {
    const secret = 'a-value-nobody-on-the-way-should-see';
    const { url, request } = await pushed(WEB, { state: secret, login_hint: `${secret}@example.test`, nonce: secret });
    const seen: string[] = [];
    /** Writes down what a browser is told besides pages. */
    class Watching extends Browser {
      override async request(...of: Parameters<Browser['request']>): Promise<Response> {
        const response = await super.request(...of);
        if (!(response.headers.get('location') ?? '').startsWith(CALLBACK)) {
          seen.push(response.url, response.headers.get('location') ?? '', ...response.headers.getSetCookie());
        }
        return response;
      }
    }
    const browser = new Watching({ stopAt: (next) => next.startsWith(CALLBACK) });
    await browser.open(url);
    await signsIn(browser, { identifier: 'jane@example.test' });
    expect(callbackOf(browser).get('state')).toBe(secret);
    expect(seen.length).toBeGreaterThan(5);
    const all = decodeURIComponent(seen.join('\n'));
    const decoded = seen.flatMap((text) =>
      text.split(/[=;.&~]/).map((part) => Buffer.from(part, 'base64url').toString()),
    );
    for (const value of [
      secret,
      CALLBACK,
      request.verifier,
      new URL(request.url).searchParams.get('code_challenge') ?? '',
    ]) {
      expect(all).not.toContain(value);
      expect(decoded.join('\n')).not.toContain(value);
    }
  });

  test('a wrong request is refused when it is pushed, as the client that pushes', async () => {
    const refused = async (app: App, params: Params, error: string | RegExp) => {
      const response = await pushes(app, new URL(requestOf(server.issuer, app, params).url).searchParams);
      const body = (await response.json()) as { error: string };
      expect(`${response.status} ${body.error}`).toMatch(error);
      expect(body).not.toHaveProperty('request_uri');
    };
    await refused(WEB, { redirect_uri: 'https://evil.test/callback' }, /^400 invalid_/);
    await refused(WEB, { redirect_uri: `${CALLBACK}/` }, /^400 invalid_/);
    await refused(WEB, { redirect_uri: undefined }, '400 invalid_request');
    await refused(WEB, { code_challenge: undefined, code_challenge_method: undefined }, '400 invalid_request');
    await refused(WEB, { code_challenge_method: 'plain' }, '400 invalid_request');
    await refused(WEB, { response_type: 'token' }, '400 unsupported_response_type');
    await refused(WEB, { resource: 'https://unknown.example.test' }, '400 invalid_target');
    await refused(WEB, { request_uri: 'urn:ietf:params:oauth:request_uri:x' }, /^400 /);
    await refused(WEB, { request: 'eyJhbGciOiJub25lIn0.e30.' }, '400 request_not_supported');
    await refused({ ...WEB, secret: 'wrong' }, {}, '401 invalid_client');
    await refused({ ...WEB, clientId: 'nobody' }, {}, '401 invalid_client');
  });

  test('one client cannot push a request in another one’s name', async () => {
    const form = new URL(requestOf(server.issuer, SPA).url).searchParams;
    const response = await post(`${server.issuer}/request`, form, { client: WEB });
    expect([400, 401]).toContain(response.status);
    const unproved = await post(`${server.issuer}/request`, new URL(requestOf(server.issuer, WEB).url).searchParams);
    expect(unproved.status).toBe(401);
  });

  test('a client whose file says so gets nothing for a request that was not pushed', async () => {
    expect(await getsNoCode(requestOf(server.issuer, STRICT).url)).toBe('invalid_request');
    const { url, request } = await pushed(STRICT);
    const answer = answerAt((await person.request(url)).headers.get('location'));
    expect((await redeemFor(server.issuer, STRICT, { code: answer.get('code') ?? '', request })).status).toBe(200);
  });

  test('a request that is very long is not kept', async () => {
    const long = new URL(requestOf(server.issuer, SPA, { login_hint: 'x'.repeat(30_000) }).url).searchParams;
    const refused = await pushes(SPA, long);
    expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([400, 'invalid_request']);
    const usual = new URL(requestOf(server.issuer, SPA, { state: 's'.repeat(2_000) }).url).searchParams;
    expect((await pushes(SPA, usual)).status).toBe(201);
  });

  test('the address of a pushed request stands nowhere in the database, also while somebody signs in by it', async () => {
    const { url, requestUri } = await pushed();
    await newBrowser().open(url);
    const identifier = requestUri.slice('urn:ietf:params:oauth:request_uri:'.length);
    const rows = await server.database.db.selectFrom('oidc_payloads').selectAll().execute();
    expect(rows.some(({ model }) => model === 'Interaction')).toBe(true);
    expect(JSON.stringify(rows)).not.toContain(identifier);
  });
});
