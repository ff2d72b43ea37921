// RFC 6749 section 4.1.2, RFC 9207 (iss), OpenID Connect Core section 3.1.2, OAuth 2.0 Form Post Response Mode:
// how an app is answered, with success and with each error.
import { createHash } from 'node:crypto';
import { parse } from 'node-html-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { callbackOf, claimsIn, newBrowser, signsIn } from '../support/sign-in.ts';
import { CALLBACK, SPA_CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  type App,
  ASK,
  answerAt,
  authorize,
  NATIVE,
  type Params,
  redeemFor,
  requestOf,
  SPA,
  signedIn,
  WEB,
} from './apps.ts';

const STAFF: App = { ...WEB, clientId: 'staff' };
const NARROW: App = { ...WEB, clientId: 'narrow' };

let server: TestServer;
/** Signed in with a password, without roles. */
let person: Browser;

beforeAll(async () => {
  const staff = `
client_id: staff
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
access: { require_any_role: [staff] }
`;
  const narrow = `
client_id: narrow
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
scope: openid
`;
  server = await startTestServer({ clients: { staff, narrow } });
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

/** The app's answer, with the browser's cookies or, signed out, without any. */
async function answerTo(url: string, browser: Browser = person): Promise<URLSearchParams> {
  const response = await browser.request(url);
  expect(response.status, await response.text()).toBe(303);
  const location = response.headers.get('location') ?? '';
  expect(location.startsWith(CALLBACK) || location.startsWith(SPA_CALLBACK), location).toBe(true);
  return answerAt(location);
}

const ERRORS: readonly (Params & { error: string; signedOut?: 'yes' })[] = [
  { error: 'login_required', prompt: 'none', signedOut: 'yes' },
  { error: 'login_required', prompt: 'none', max_age: '0' },
  { error: 'consent_required', client_id: ASK.clientId, prompt: 'none' },
  { error: 'access_denied', client_id: STAFF.clientId, prompt: 'none' },
  { error: 'unmet_authentication_requirements', prompt: 'none', acr_values: 'mfa' },
  { error: 'invalid_request', code_challenge: undefined },
  { error: 'invalid_request', code_challenge_method: 'plain' },
  { error: 'invalid_request', prompt: 'none login' },
  { error: 'invalid_request', prompt: 'nonsense' },
  { error: 'invalid_request', max_age: '-1' },
  { error: 'invalid_request', max_age: 'soon' },
  { error: 'invalid_request', id_token_hint: 'nonsense' },
  { error: 'invalid_request', response_type: undefined },
  { error: 'invalid_target', resource: 'https://unknown.example.test' },
  { error: 'invalid_target', resource: 'no-uri' },
  { error: 'unsupported_response_type', response_type: 'token' },
  { error: 'unsupported_response_mode', response_mode: 'web_message' },
  { error: 'unsupported_response_mode', response_mode: 'query.jwt' },
  { error: 'request_not_supported', request: 'eyJhbGciOiJub25lIn0.e30.' },
  { error: 'request_uri_not_supported', request_uri: 'https://app.example.test/request.jwt' },
  { error: 'registration_not_supported', registration: '{}' },
];

test.each(ERRORS)(
  'an app that may be answered hears $error with state and iss, and gets no code: %o',
  async (given) => {
    const { error, signedOut, ...params } = given;
    const request = requestOf(server.issuer, WEB, params);
    const answer = await answerTo(request.url, signedOut === 'yes' ? newBrowser() : person);
    expect(answer.get('error')).toBe(error);
    expect(answer.get('iss')).toBe(server.issuer);
    expect(answer.get('state')).toBe(request.state);
    expect([...answer.keys()].filter((key) => !['error', 'error_description', 'iss', 'state'].includes(key))).toEqual(
      [],
    );
  },
);

test('the issuer comes with the code, once, byte for byte as in the metadata (T13)', async () => {
  const answer = await answerTo(requestOf(server.issuer, WEB).url);
  const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as {
    issuer: string;
  };
  expect(answer.getAll('iss')).toEqual([metadata.issuer]);
  expect([...answer.keys()].sort()).toEqual(['code', 'iss', 'state']);
});

test('a person who denies, and one who goes back, is heard of as access_denied with iss and state', async () => {
  const denied = await newBrowser().open(requestOf(server.issuer, ASK).url);
  await signsIn(denied, { identifier: 'jane@example.test' });
  await denied.submit({}, 'Deny');
  const gone = requestOf(server.issuer, WEB);
  const back = await newBrowser().open(gone.url);
  await back.submit({}, 'Cancel');
  for (const browser of [denied, back]) {
    const answer = callbackOf(browser);
    expect(answer.get('error')).toBe('access_denied');
    expect(answer.get('iss')).toBe(server.issuer);
    expect(answer.has('code')).toBe(false);
  }
  expect(callbackOf(back).get('state')).toBe(gone.state);
});

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
const CLIENTS = [WEB, SPA, { ...NATIVE, redirectUri: 'com.example.app:/callback' }];

test.each(RESPONSE_TYPES)('no client gets anything for response_type=%s (T15)', async (response_type) => {
  for (const app of CLIENTS) {
    const response = await person.request(requestOf(server.issuer, app, { response_type }).url);
    const answer = answerAt(response.headers.get('location'));
    expect(answer.get('error')).toMatch(/^(unsupported_response_type|unauthorized_client)$/);
    expect(answer.get('iss')).toBe(server.issuer);
    for (const credential of ['code', 'access_token', 'id_token']) expect(answer.has(credential)).toBe(false);
  }
});

const STATES = {
  'letters of many alphabets': 'żółw-漢字-🙂-\u00e9-e\u0301',
  'quotes and markup': `"'<script>alert(1)</script>&amp;\`\\`,
  'what looks like more parameters': 'a=b&code=stolen&iss=https://evil.test#x?y',
  'blanks and plus signs': ' a + b%20c ',
  'a line break and a header': 'x\r\nSet-Cookie: stolen=1\r\n\r\n<html>',
  'an encoded line break': 'x%0d%0aSet-Cookie:%20stolen=1',
  'two kilobytes': 'Zz9~-._'.repeat(300).slice(0, 2048),
  'JSON in base64url': Buffer.from(JSON.stringify({ csrf: 'x'.repeat(40), to: '/?a=b' })).toString('base64url'),
};

test.each(Object.entries(STATES))(
  'state with %s comes back untouched, with a code and with an error (T14)',
  async (_what, state) => {
    const code = await person.request(requestOf(server.issuer, WEB, { state }).url);
    const error = await newBrowser().request(requestOf(server.issuer, WEB, { state, prompt: 'none' }).url);
    for (const response of [code, error]) {
      const answer = answerAt(response.headers.get('location'));
      expect(answer.getAll('state')).toEqual([state]);
      expect(answer.getAll('iss')).toEqual([server.issuer]);
      expect(answer.get('code')).not.toBe('stolen');
      expect(response.headers.get('set-cookie') ?? '').not.toContain('stolen');
    }
    expect(answerAt(code.headers.get('location')).has('code')).toBe(true);
    expect(answerAt(error.headers.get('location')).get('error')).toBe('login_required');
  },
);

test('state comes back untouched through every page of a sign-in, and by form', async () => {
  const state = Object.values(STATES).slice(0, 4).join('');
  const browser = await newBrowser().open(requestOf(server.issuer, ASK, { state }).url);
  await signsIn(browser, { identifier: 'jane@example.test' });
  await browser.submit({}, 'Allow');
  expect(callbackOf(browser).get('state')).toBe(state);
  const form = await person.request(requestOf(server.issuer, WEB, { state, response_mode: 'form_post' }).url);
  expect(fieldsOf(await form.text())['state']).toBe(state);
});

test('without state there is none in the answer', async () => {
  const answer = await answerTo(requestOf(server.issuer, WEB, { state: undefined }).url);
  expect([...answer.keys()].sort()).toEqual(['code', 'iss']);
});

test('the nonce stands in the ID token as it was sent, and none where none was sent', async () => {
  const nonce = `ñ"<&>-${'x'.repeat(200)}`;
  const withNonce = await signedIn(server.issuer, { browser: person, params: { nonce } });
  expect(claimsIn(withNonce.tokens.idToken)['nonce']).toBe(nonce);
  const without = await signedIn(server.issuer, { browser: person, params: { nonce: undefined } });
  expect(claimsIn(without.tokens.idToken)).not.toHaveProperty('nonce');
});

function fieldsOf(html: string): Record<string, string> {
  const inputs = parse(html).querySelectorAll('form input');
  return Object.fromEntries(inputs.map((input) => [input.getAttribute('name'), input.getAttribute('value') ?? '']));
}

test.each([
  ['a code', {}],
  ['an error', { prompt: 'none', max_age: '0' }],
])(
  'by form post an app gets %s on a page whose script our policy allows, and only that script',
  async (what, params) => {
    const request = requestOf(server.issuer, WEB, { response_mode: 'form_post', ...params });
    const response = await person.request(request.url);
    const html = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
    const document = parse(html);
    const form = document.querySelector('form');
    expect(form?.getAttribute('action')).toBe(CALLBACK);
    expect(form?.getAttribute('method')?.toLowerCase()).toBe('post');
    const fields = fieldsOf(html);
    expect(fields).toMatchObject({ iss: server.issuer, state: request.state });
    expect(Object.keys(fields)).toContain(what === 'a code' ? 'code' : 'error');

    const scripts = document.querySelectorAll('script');
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256')
      .update(scripts[0]?.textContent ?? '')
      .digest('base64');
    const policy = new Map(
      (response.headers.get('content-security-policy') ?? '').split(';').map((directive) => {
        const [name = '', ...sources] = directive.trim().split(' ');
        return [name, sources] as const;
      }),
    );
    expect(policy.get('script-src')).toContain(`'sha256-${hash}'`);
    expect(policy.get('script-src')?.join(' ')).not.toMatch(/unsafe|\*/);
    expect(policy.get('default-src')).toEqual(["'none'"]);
    expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    // The form leaves for the app, and form-action would hold the app's own redirects against us.
    expect(policy.has('form-action')).toBe(false);
    // Nothing runs by an attribute: those have no hash in the policy.
    expect(html).not.toMatch(/\son[a-z]+\s*=/i);
  },
);

test('a code from a form post is redeemed like any other', async () => {
  const request = requestOf(server.issuer, WEB, { response_mode: 'form_post' });
  const fields = fieldsOf(await (await person.request(request.url)).text());
  expect((await redeemFor(server.issuer, WEB, { code: fields['code'] ?? '', request })).status).toBe(200);
});

test('a scope that does not exist, or that the client may not have, is never granted (T18)', async () => {
  const asked: [App, string][] = [
    [SPA, 'openid nonsense'],
    [SPA, 'openid admin offline_access_'],
    [SPA, 'openid items:read'],
    [SPA, 'openid gatehouse:admin'],
    [NARROW, 'openid email'],
    [NARROW, 'openid profile roles'],
    [NARROW, 'openid offline_access'],
  ];
  for (const [app, scope] of asked) {
    const response = await person.request(requestOf(server.issuer, app, { scope }).url);
    if (answerAt(response.headers.get('location')).get('error') === 'invalid_scope') continue;
    const { tokens } = await signedIn(server.issuer, { app, browser: person, params: { scope } });
    expect(tokens.scope).toBe('openid');
    expect(claimsIn(tokens.accessToken)['scope']).toBe('openid');
    expect(claimsIn(tokens.idToken)).not.toHaveProperty('email');
  }
});
