// OAuth 2.0 Form Post Response Mode, RFC 6749 section 3.3: how an app is answered by form, and with which scopes.
// Errors, iss, state and nonce: test/shut/t13-issuer-parameter, t14-state-and-nonce.
import { createHash } from 'node:crypto';
import { parse } from 'node-html-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { claimsIn } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import { type App, answerAt, authorize, formFieldsOf, redeemFor, requestOf, SPA, signedIn, WEB } from './apps.ts';

const NARROW: App = { ...WEB, clientId: 'narrow' };

let server: TestServer;
/** Signed in with a password, without roles. */
let person: Browser;

beforeAll(async () => {
  const narrow = `
client_id: narrow
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
scope: openid
`;
  server = await startTestServer({ clients: { narrow } });
  await server.person({ email: 'jane@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

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
    const fields = formFieldsOf(html);
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
  const fields = formFieldsOf(await (await person.request(request.url)).text());
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
