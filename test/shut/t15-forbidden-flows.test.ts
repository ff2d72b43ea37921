// Only the code flow and the three grants are there; nothing brings another one back, not even halfway through a sign-in.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ASK,
  answerAt,
  authorize,
  formFieldsOf,
  NATIVE,
  type Params,
  post,
  ROBOT,
  requestOf,
  SPA,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { callbackOf, newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let person: Browser;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

const CLIENTS = [WEB, SPA, { ...NATIVE, redirectUri: 'com.example.app:/callback' }];

const RESPONSE_TYPES = [
  'token',
  'id_token',
  'none',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
  'nonsense',
];

const GRANTS = [
  'password',
  'implicit',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:saml2-bearer',
  'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:pre-authorized_code',
  'AUTHORIZATION_CODE',
  'authorization_code refresh_token',
  '__proto__',
];

/** What is no answer of the code flow: an access token, an ID token, a code beside the two. */
const CREDENTIALS = ['code', 'access_token', 'id_token', 'token_type', 'response'];

const pushes = (app: { clientId: string; secret?: string }, params: URLSearchParams) => {
  if (app.secret === undefined) params.set('client_id', app.clientId);
  return post(`${server.issuer}/request`, params, { client: app });
};

describe('T15 forbidden flows: CVE-2026-7571 (implicit through a restarted session), RFC 9700 2.1.2 and 2.4', () => {
  test(`0 of ${RESPONSE_TYPES.length * CLIENTS.length * 2} requests for another response type get anything`, async () => {
    let refused = 0;
    for (const response_type of RESPONSE_TYPES) {
      for (const app of CLIENTS) {
        const { url } = requestOf(server.issuer, app, { response_type });
        const answer = answerAt((await person.request(url)).headers.get('location'));
        expect(answer.get('error'), response_type).toMatch(/^(unsupported_response_type|unauthorized_client)$/);
        expect(answer.get('iss')).toBe(server.issuer);
        for (const credential of CREDENTIALS) expect(answer.has(credential)).toBe(false);
        const pushed = await pushes(app, new URL(url).searchParams);
        const { error } = (await pushed.json()) as { error: string };
        expect([pushed.status, error], response_type).toEqual([
          400,
          expect.stringMatching(/^(unsupported_response_type|unauthorized_client)$/),
        ]);
        refused += 2;
      }
    }
    expect(refused).toBe(RESPONSE_TYPES.length * CLIENTS.length * 2);
  });

  test('a response type is not changed on the way: by another tab, at the resume address, beside a pushed request', async () => {
    const browser = await newBrowser().open(requestOf(server.issuer, ASK).url);
    await signsIn(browser, { identifier: 'jane@example.test' });
    // The session restarted by another request, as in the advisory, and the first one gone on with.
    const implicit = requestOf(server.issuer, WEB, { response_type: 'id_token token' });
    const other = await browser.newTab().request(implicit.url);
    expect(answerAt(other.headers.get('location')).get('error')).toBe('unsupported_response_type');
    await browser.submit({}, 'Allow');
    expect([...callbackOf(browser).keys()].sort()).toEqual(['code', 'iss', 'state']);

    const next = await newBrowser().open(requestOf(server.issuer, WEB).url);
    const uid = new URL(next.page.url).pathname.split('/')[2] ?? '';
    const early = await next.request(`${server.issuer}/auth/${uid}?response_type=token&response_mode=fragment`);
    expect(early.headers.get('location') ?? '').not.toContain('access_token');
    await next.open(requestOf(server.issuer, WEB).url);
    await signsIn(next, { identifier: 'jane@example.test' });
    expect([...callbackOf(next).keys()].sort()).toEqual(['code', 'iss', 'state']);

    const pushed = await pushes(WEB, new URL(requestOf(server.issuer, WEB).url).searchParams);
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const beside = new URLSearchParams({ client_id: 'web', request_uri, response_type: 'token' });
    const response = await person.request(`${server.issuer}/auth?${beside}`);
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  });

  test(`0 of ${GRANTS.length * 4} requests with another grant type get a token`, async () => {
    let refused = 0;
    for (const grant_type of GRANTS) {
      const form: Record<string, string> = {
        grant_type,
        username: 'jane@example.test',
        password: 'correct horse battery staple',
        device_code: 'x',
        assertion: 'x',
        subject_token: 'x',
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        'pre-authorized_code': 'x',
        auth_req_id: 'x',
        scope: 'openid',
      };
      for (const client of [WEB, ROBOT, SPA, { ...NATIVE }]) {
        const withId: Record<string, string> = 'secret' in client ? form : { ...form, client_id: client.clientId };
        const response = await post(`${server.issuer}/token`, withId, { client });
        const { error, ...rest } = (await response.json()) as Record<string, unknown>;
        expect([response.status, error], grant_type).toEqual([400, 'unsupported_grant_type']);
        expect(rest).not.toHaveProperty('access_token');
        refused += 1;
      }
    }
    expect(refused).toBe(GRANTS.length * 4);
  });

  test('each client has the grants of its file and no others', async () => {
    const code = { code: 'x', redirect_uri: WEB.redirectUri, code_verifier: 'x'.repeat(43) };
    const wrong: [{ clientId: string; secret?: string }, Record<string, string>][] = [
      [WEB, { grant_type: 'client_credentials' }],
      [SPA, { grant_type: 'client_credentials', client_id: 'spa' }],
      [NATIVE, { grant_type: 'client_credentials', client_id: 'native' }],
      [ROBOT, { grant_type: 'authorization_code', ...code }],
      [ROBOT, { grant_type: 'refresh_token', refresh_token: 'x' }],
    ];
    for (const [client, form] of wrong) {
      const response = await post(`${server.issuer}/token`, form, { client });
      const { error } = (await response.json()) as { error: string };
      expect([response.status, error], JSON.stringify(form)).toEqual([400, 'unauthorized_client']);
    }
  });

  const MODES = [
    'fragment',
    'FRAGMENT',
    'web_message',
    'jwt',
    'query.jwt',
    'fragment.jwt',
    'form_post.jwt',
    'query fragment',
    'x',
  ];

  test(`0 of ${MODES.length * CLIENTS.length * 2} requests for another response mode get a code`, async () => {
    for (const response_mode of MODES) {
      for (const app of CLIENTS) {
        const { url, state } = requestOf(server.issuer, app, { response_mode });
        const location = (await person.request(url)).headers.get('location') ?? '';
        expect(location.startsWith(`${app.redirectUri}?`), `${response_mode}: ${location}`).toBe(true);
        expect(Object.fromEntries(answerAt(location))).toMatchObject({
          error: 'unsupported_response_mode',
          iss: server.issuer,
          state,
        });
        expect(location).not.toContain('#');
        const pushed = await pushes(app, new URL(url).searchParams);
        expect([pushed.status, ((await pushed.json()) as { error: string }).error]).toEqual([
          400,
          'unsupported_response_mode',
        ]);
      }
    }
    const mode = (response_mode: string) => person.request(requestOf(server.issuer, WEB, { response_mode }).url);
    expect(answerAt((await mode('query')).headers.get('location')).has('code')).toBe(true);
    expect(formFieldsOf(await (await mode('form_post')).text())).toHaveProperty('code');
  });

  test('the metadata offers what there is: one response type, two response modes, three grants', async () => {
    const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as Params;
    expect(metadata).toMatchObject({
      response_types_supported: ['code'],
      response_modes_supported: ['query', 'form_post'],
    });
    expect([...(metadata['grant_types_supported'] ?? [])].sort()).toEqual([
      'authorization_code',
      'client_credentials',
      'refresh_token',
    ]);
  });
});
