// RFC 9700 sections 2.1 and 4.1.3, RFC 6749 section 3.1.2.4, RFC 8252 section 7.3: answers go to registered addresses only.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type App, answerAt, authorize, NATIVE, type Params, post, requestOf, SPA, WEB } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { newBrowser, redeemCode } from '../support/sign-in.ts';
import { CALLBACK, NATIVE_CALLBACK, SPA_CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';

const TENANT: App = {
  clientId: 'tenant',
  secret: WEB.secret ?? '',
  redirectUri: 'https://tenant.example.test/callback?tenant=a%20b',
};
const LOCAL: App = { clientId: 'local', secret: WEB.secret ?? '', redirectUri: 'http://localhost:4000/callback' };

const webClient = ({ clientId, secret, redirectUri }: App) => `
client_id: ${clientId}
preset: web
redirect_uris: ["${redirectUri}"]
client_secrets: [{ value: "${secret}" }]
consent: skip
`;

let server: TestServer;
/** Signed in: whatever is accepted is answered with a redirect at once. */
let person: Browser;

beforeAll(async () => {
  server = await startTestServer({ clients: { tenant: webClient(TENANT), local: webClient(LOCAL) } });
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

/** Nothing on the answer may lead anywhere but to our own pages or to what the client's file names. */
async function leadsNowhere(url: string, registered: App, browsers = [person, newBrowser()]): Promise<void> {
  for (const browser of browsers) {
    const response = await browser.request(url);
    const html = await response.text();
    expect(response.status, url).toBe(400);
    expect(response.headers.get('location'), url).toBeNull();
    expect(response.headers.get('refresh'), url).toBeNull();
    expect(html, url).not.toMatch(/http-equiv="?refresh/i);
    const targets = [...html.matchAll(/(?:href|src|action)="([^"]*)"/g)].map((match) => match[1] ?? '');
    const own = [
      server.issuer,
      ...(/^https?:/.test(registered.redirectUri) ? [new URL(registered.redirectUri).origin] : []),
    ];
    for (const target of targets) {
      expect(own, `${target} on the answer to ${url}`).toContain(new URL(target, server.issuer).origin);
    }
  }
}

const urlWith = (app: App, redirectUri: string | undefined, params: Params = {}): string =>
  requestOf(server.issuer, app, { redirect_uri: redirectUri, ...params }).url;

const FOREIGN = [
  'https://evil.test/callback',
  'https://evil.test/https://app.example.test/callback',
  'https://app.example.test.evil.test/callback',
  'https://app.example.testevil.test/callback',
  'https://app.example.test@evil.test/callback',
  'https://app.example.test:pass@evil.test/callback',
  'https://user@app.example.test/callback',
  'https://app.example.test\\@evil.test/callback',
  'https://evil.test\\@app.example.test/callback',
  'https://app.example.test\\evil.test',
  'https://sub.app.example.test/callback',
  'https://example.test/callback',
  'https://*.example.test/callback',
  'https://app.example.test:8443/callback',
  'https://app.example.test:443/callback',
  'https://app.example.test./callback',
  'http://app.example.test/callback',
  'HTTPS://app.example.test/callback',
  'https://APP.example.test/callback',
  'https://app.example.test/Callback',
  'https://app.example.test/callback/',
  'https://app.example.test/callback/evil',
  'https://app.example.test/callbackevil',
  'https://app.example.test/',
  'https://app.example.test/callback?',
  'https://app.example.test/callback?next=https://evil.test',
  'https://app.example.test/callback;x=1',
  'https://app.example.test/callback#',
  'https://app.example.test/callback#@evil.test/',
  'https://app.example.test/callback/../evil',
  'https://app.example.test/evil/../callback',
  'https://app.example.test/callback/..%2fevil',
  'https://app.example.test/callback%252f..',
  'https://app.example.test/callback/..;/evil',
  'https://app.example.test/%63allback',
  'https://app.example.test//callback',
  '//app.example.test/callback',
  '//evil.test/callback',
  '///evil.test/callback',
  '/\\evil.test/callback',
  '/callback',
  'callback',
  'app.example.test/callback',
  'https:app.example.test/callback',
  'https:/app.example.test/callback',
  'https:\\\\app.example.test/callback',
  ' https://app.example.test/callback',
  'https://app.example.test/callback ',
  '\thttps://app.example.test/callback',
  'https://app.example.test/call\tback',
  'https://app.example.test/callback\r\nLocation: https://evil.test/',
  'https://app.example.test/callback\n',
  'https://аpp.example.test/callback',
  'https://xn--pp-6kc.example.test/callback',
  'https://app。example。test/callback',
  'https://app.example.test/call\u200bback',
  'https://app.example.test/callback,https://evil.test/',
  'https://app.example.test/callback https://evil.test/',
  'http://127.0.0.1/callback',
  'http://localhost/callback',
  'http://localhost:80@evil.test/callback',
  'http://[::1]/callback',
  'http://0x7f.1/callback',
  'http://2130706433/callback',
  'com.example.app:/callback',
  'urn:ietf:wg:oauth:2.0:oob',
  'javascript:alert(1)',
  'javascript://app.example.test/callback%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'file:///etc/passwd',
  'blob:https://app.example.test/callback',
  '',
];

describe('T01 redirect_uri matching: CVE-2023-6291, CVE-2024-1132, CVE-2022-3782, CVE-2024-8883, CVE-2026-3872, CVE-2026-7504, CVE-2024-52289, CVE-2026-28512, CVE-2020-15234, CVE-2020-15233, CVE-2026-5467, CVE-2026-41479, CVE-2026-54072', () => {
  /** The same tricks on another address: `app.example.test` is the client's own host wherever it stands. */
  const mutationsFor = (app: App): readonly string[] => {
    const host = new URL(app.redirectUri).host;
    const others = [WEB, SPA].filter(({ clientId }) => clientId !== app.clientId).map(({ redirectUri }) => redirectUri);
    const mutated = FOREIGN.map((uri) => uri.replaceAll('app.example', host.replace('.test', '')));
    return [...new Set([...mutated, ...others])].filter((uri) => uri !== app.redirectUri);
  };

  /** The loopback address of a native app: any port, and nothing else. */
  const LOOPBACK = [
    'http://127.0.0.1:49152/callback/',
    'http://127.0.0.1:49152/callback/evil',
    'http://127.0.0.1:49152/callback?x=1',
    'http://127.0.0.1:49152/callback#x',
    'http://127.0.0.1:49152@evil.test/callback',
    'http://127.0.0.1@evil.test:49152/callback',
    'http://user@127.0.0.1:49152/callback',
    'http://127.0.0.1:49152\\@evil.test/callback',
    'http://127.0.0.1.evil.test:49152/callback',
    'http://evil.test:49152/callback',
    'http://127.0.0.2:49152/callback',
    'http://127.1:49152/callback',
    'http://0x7f.0.0.1:49152/callback',
    'http://2130706433:49152/callback',
    'http://localhost:49152/callback',
    'http://[::1]:49152/callback',
    'https://127.0.0.1:49152/callback',
    'http://127.0.0.1:70000/callback',
    'http://127.0.0.1:-1/callback',
    'http://127.0.0.1:4x/callback',
    ' http://127.0.0.1:49152/callback',
    'http://127.0.0.1:49152/Callback',
    'http://127.0.0.1:49152/evil/../callback',
    'http://127.0.0.1:49152/./callback',
    'http:127.0.0.1:49152/callback',
    'http:\\\\127.0.0.1:49152\\callback',
    'HTTP://127.0.0.1:49152/callback',
    'com.example.app:/other',
    'com.example.app://callback',
    'com.example.app:/callback?x=1',
    'com.example.app.evil:/callback',
    'COM.EXAMPLE.APP:/callback',
  ];

  const MUTATIONS: readonly (readonly [App, readonly string[]])[] = [
    [WEB, mutationsFor(WEB)],
    [SPA, mutationsFor(SPA)],
    [NATIVE, [...LOOPBACK, ...FOREIGN.filter((uri) => uri !== 'com.example.app:/callback' && uri !== NATIVE_CALLBACK)]],
  ];

  test('the registered address is answered, so that what follows can fail', async () => {
    for (const app of [WEB, SPA, NATIVE]) {
      const response = await person.request(urlWith(app, app.redirectUri));
      expect(response.status).toBe(303);
      const location = response.headers.get('location') ?? '';
      expect(location.startsWith(`${app.redirectUri}?`), location).toBe(true);
      expect(answerAt(location).has('code')).toBe(true);
    }
    for (const [, uris] of MUTATIONS) expect(uris.length).toBeGreaterThanOrEqual(60);
  });

  test.each(MUTATIONS.map(([app, uris]) => [uris.length, app.clientId, app, uris] as const))(
    '0 of %d spellings send anybody anywhere for the client %s, signed in or not',
    async (_count, _clientId, app, uris) => {
      for (const uri of uris) await leadsNowhere(urlWith(app, uri), app);
    },
  );

  test('no spelling is taken with prompt=none or by form post either, where the answer would need no page', async () => {
    for (const uri of MUTATIONS[0]?.[1] ?? []) {
      await leadsNowhere(urlWith(WEB, uri, { prompt: 'none', response_mode: 'form_post' }), WEB, [newBrowser()]);
    }
  });

  test.each(MUTATIONS.map(([app, uris]) => [uris.length, app.clientId, app, uris] as const))(
    '0 of %d spellings can be pushed for the client %s',
    async (_count, _clientId, app, uris) => {
      for (const uri of [...uris, undefined]) {
        const form = new URL(urlWith(app, uri)).searchParams;
        const response = await post(`${server.issuer}/request`, form, { client: app });
        const body = (await response.json()) as Record<string, unknown>;
        expect([response.status, Object.hasOwn(body, 'request_uri')], String(uri)).toEqual([400, false]);
        expect(['invalid_request', 'invalid_redirect_uri']).toContain(body['error']);
      }
    },
  );

  test.each(MUTATIONS.map(([app, uris]) => [uris.length, app.clientId, app, uris] as const))(
    '0 of %d spellings redeem a code that was sent to the registered address of %s, and none burns it',
    async (_count, _clientId, app, uris) => {
      const { code, request } = await authorize(server.issuer, { app, browser: person });
      for (const redirectUri of [...uris, `${app.redirectUri}?`]) {
        const answer = await redeemCode(server.issuer, { code, verifier: request.verifier, redirectUri }, app);
        expect(answer.status, redirectUri).toBe(400);
        expect(['invalid_grant', 'invalid_request'], redirectUri).toContain(answer.body['error']);
      }
      // The port of the authorization request counts too, though any port would have done there.
      if (app === NATIVE) {
        const redirectUri = 'http://127.0.0.1:49152/callback';
        expect((await redeemCode(server.issuer, { code, verifier: request.verifier, redirectUri }, app)).status).toBe(
          400,
        );
      }
      const { redirectUri } = app;
      expect((await redeemCode(server.issuer, { code, verifier: request.verifier, redirectUri }, app)).status).toBe(
        200,
      );
    },
  );

  test('a request without redirect_uri is refused, though the client has only one', async () => {
    await leadsNowhere(urlWith(WEB, undefined), WEB);
  });

  test('nothing is sent to a foreign address because another parameter is wrong first', async () => {
    const wrong: Params[] = [
      { response_type: 'token' },
      { response_type: 'nonsense' },
      { response_type: undefined },
      { response_mode: 'web_message' },
      { response_mode: 'fragment' },
      { scope: 'nonsense' },
      { prompt: 'none login' },
      { code_challenge: undefined },
      { code_challenge_method: 'plain' },
      { request: 'eyJhbGciOiJub25lIn0.e30.' },
      { request_uri: 'https://evil.test/request' },
      { registration: '{}' },
      { max_age: '-1' },
      { resource: 'https://unknown.example.test' },
      { id_token_hint: 'nonsense' },
    ];
    for (const params of wrong) await leadsNowhere(urlWith(WEB, 'https://evil.test/callback', params), WEB);
  });

  test('a client that does not exist, has no people to sign in, or is not named gets nobody sent anywhere', async () => {
    const evil = { clientId: 'web', redirectUri: 'https://evil.test/callback' };
    for (const client_id of ['unknown', 'robot', undefined, '', 'WEB', 'web ', '__proto__']) {
      for (const redirectUri of [evil.redirectUri, CALLBACK]) {
        await leadsNowhere(urlWith({ ...evil, redirectUri }, redirectUri, { client_id }), WEB);
      }
    }
  });

  test('redirect_uri given twice reaches neither address', async () => {
    const twice = (first: string, second: string) =>
      `${urlWith(WEB, first)}&redirect_uri=${encodeURIComponent(second)}`;
    await leadsNowhere(twice(CALLBACK, 'https://evil.test/callback'), WEB);
    await leadsNowhere(twice('https://evil.test/callback', CALLBACK), WEB);
  });

  test('client_id given twice reaches no address of either client', async () => {
    await leadsNowhere(`${urlWith(WEB, SPA_CALLBACK)}&client_id=spa`, WEB);
    await leadsNowhere(`${urlWith(SPA, SPA_CALLBACK)}&client_id=web`, SPA);
  });

  test('a native app gets its answer at any port of its loopback address', async () => {
    for (const uri of [NATIVE_CALLBACK, 'http://127.0.0.1:49152/callback', 'http://127.0.0.1:65535/callback']) {
      const response = await person.request(urlWith(NATIVE, uri));
      expect(response.headers.get('location')?.startsWith(`${uri}?`), uri).toBe(true);
    }
    const own = await person.request(urlWith(NATIVE, 'com.example.app:/callback'));
    expect(own.headers.get('location')).toMatch(/^com\.example\.app:\/callback\?/);
  });

  test('a web app on localhost is answered at its registered port only', async () => {
    const response = await person.request(urlWith(LOCAL, LOCAL.redirectUri));
    expect(response.headers.get('location')?.startsWith(`${LOCAL.redirectUri}?`)).toBe(true);
    for (const uri of [
      'http://localhost:4001/callback',
      'http://localhost/callback',
      'http://127.0.0.1:4000/callback',
    ]) {
      await leadsNowhere(urlWith(LOCAL, uri), LOCAL);
    }
  });

  test('a query in a registered address stays as it is, and the answer is added to it', async () => {
    const response = await person.request(urlWith(TENANT, TENANT.redirectUri));
    const location = response.headers.get('location') ?? '';
    expect(location).toMatch(/^https:\/\/tenant\.example\.test\/callback\?tenant=a(%20|\+)b&/);
    expect(answerAt(location).get('tenant')).toBe('a b');
    expect(answerAt(location).has('code')).toBe(true);
    for (const uri of [
      'https://tenant.example.test/callback',
      'https://tenant.example.test/callback?tenant=a+b',
      'https://tenant.example.test/callback?tenant=b',
      'https://tenant.example.test/callback?tenant=a%20b&tenant=c',
    ]) {
      await leadsNowhere(urlWith(TENANT, uri), TENANT);
    }
  });
});
