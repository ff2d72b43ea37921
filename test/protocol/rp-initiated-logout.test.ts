// OpenID Connect RP-Initiated Logout 1.0, and T19.
import { createPublicKey } from 'node:crypto';
import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { claimsIn, newBrowser } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import { answerAt, headerOf, refresh, requestOf, SPA, signedIn, userinfo, WEB } from './apps.ts';

const HOME = 'https://app.example.test/';
const WITH_QUERY = 'https://app.example.test/bye?from=gatehouse';

let server: TestServer;
/** Somebody who is signed in and stays it. */
let stayer: Awaited<ReturnType<typeof signsInAs>>;

beforeAll(async () => {
  const web = `
client_id: web
client_name: Web App
preset: web
redirect_uris: ["${CALLBACK}"]
post_logout_redirect_uris: ["${HOME}", "${WITH_QUERY}"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
scope: openid profile email roles offline_access
`;
  server = await startTestServer({ clients: { web } });
  await server.person({ email: 'jane@example.test', name: 'Jane Doe' });
  await server.person({ email: 'joe@example.test' });
  stayer = await signsInAs();
});

afterAll(() => server.stop());

const signsInAs = (email = 'jane@example.test') => signedIn(server.issuer, { email });

const endUrl = (params: Record<string, string> = {}): string =>
  `${server.issuer}/session/end?${new URLSearchParams(params)}`;

const isSignedIn = async (browser: Browser): Promise<boolean> => {
  const response = await browser.request(requestOf(server.issuer, WEB, { prompt: 'none' }).url);
  return answerAt(response.headers.get('location')).has('code');
};

const STATES = ['x1', 'ünï"<\'&=+ %0d%0a', 'a\r\nb'];

test.each(STATES)(
  'an app that shows an ID token of this session signs the person out without a question (state %j)',
  async (state) => {
    const { browser, tokens } = await signsInAs();
    const cookies = await browser.jar.getCookieString(server.issuer);
    const response = await browser.request(
      endUrl({ id_token_hint: tokens.idToken, post_logout_redirect_uri: HOME, state }),
    );
    expect(response.status).toBe(303);
    const location = new URL(response.headers.get('location') ?? '');
    expect(location.origin + location.pathname).toBe(HOME);
    expect([...location.searchParams]).toEqual([['state', state]]);

    expect(await isSignedIn(browser)).toBe(false);
    const after = await refresh(server.issuer, WEB, tokens.refreshToken);
    expect([after.status, after.body['error']]).toEqual([400, 'invalid_grant']);
    expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
    // The session is dead on the server too, not only its cookie in this browser.
    const copied = await fetch(requestOf(server.issuer, WEB, { prompt: 'none' }).url, {
      redirect: 'manual',
      headers: { cookie: cookies },
    });
    expect(answerAt(copied.headers.get('location')).get('error')).toBe('login_required');
  },
);

test('without an address to return to the person sees that they are signed out', async () => {
  const { browser, tokens } = await signsInAs();
  await browser.open(endUrl({ id_token_hint: tokens.idToken }));
  expect(browser.page.status).toBe(200);
  expect(browser.text).toMatch(/signed out/i);
  expect(new URL(browser.page.url).origin).toBe(server.issuer);
  expect(await isSignedIn(browser)).toBe(false);
});

test('an address with a query keeps it, and gets a state only if one was sent', async () => {
  const { browser, tokens } = await signsInAs();
  const response = await browser.request(
    endUrl({ id_token_hint: tokens.idToken, post_logout_redirect_uri: WITH_QUERY }),
  );
  expect(response.headers.get('location')).toBe(WITH_QUERY);
});

test('an ID token that has expired names its session all the same', async () => {
  const { browser, tokens } = await signsInAs();
  movingClock.advance({ minutes: 30 });
  const response = await browser.request(endUrl({ id_token_hint: tokens.idToken, post_logout_redirect_uri: HOME }));
  expect(response.headers.get('location')).toBe(HOME);
  expect(await isSignedIn(browser)).toBe(false);
});

test('signing out at one app ends the session at all of them', async () => {
  const web = await signsInAs();
  const spa = await signedIn(server.issuer, { app: SPA, browser: web.browser });
  await web.browser.open(endUrl({ id_token_hint: web.tokens.idToken }));
  expect((await refresh(server.issuer, SPA, spa.tokens.refreshToken)).status).toBe(400);
  expect((await userinfo(server.issuer, spa.tokens.accessToken)).status).toBe(401);
});

test('other browsers of the person stay signed in', async () => {
  const [here, there] = [await signsInAs(), await signsInAs()];
  await here.browser.open(endUrl({ id_token_hint: here.tokens.idToken }));
  expect(await isSignedIn(there.browser)).toBe(true);
  expect((await refresh(server.issuer, WEB, there.tokens.refreshToken)).status).toBe(200);
});

test('without an ID token the person is asked on our page, and nothing has happened until they confirm', async () => {
  const { browser, tokens } = await signsInAs();
  await browser.open(endUrl());
  expect(browser.page.status).toBe(200);
  expect(browser.title).toContain('Sign out');
  expect(await isSignedIn(browser)).toBe(true);

  await browser.open(endUrl({ client_id: 'web', post_logout_redirect_uri: HOME, state: 'bye' }));
  expect(browser.text).toContain('Web App');
  expect(await isSignedIn(browser)).toBe(true);
  await browser.open(endUrl({ client_id: 'web', post_logout_redirect_uri: HOME, state: 'bye' }));
  const { action, data } = browser.form({}, 'Sign out');
  const response = await browser.request(action, { method: 'POST', form: data });
  // A page, not a redirect: see test/browser/sign-out.test.ts.
  expect([response.status, response.headers.get('location')]).toEqual([200, null]);
  expect(await response.text()).toContain(`content="0; url=${HOME}?state=bye"`);
  expect(await isSignedIn(browser)).toBe(false);
  expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(400);
  expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
});

test('an ID token of another session or of another person does not sign anybody out unasked', async () => {
  const [jane, elsewhere, joe] = [await signsInAs(), await signsInAs(), await signsInAs('joe@example.test')];
  const spa = await signedIn(server.issuer, { app: SPA, browser: joe.browser });
  for (const hint of [joe.tokens.idToken, spa.tokens.idToken]) {
    await jane.browser.open(endUrl({ id_token_hint: hint }));
    expect(await isSignedIn(jane.browser)).toBe(true);
  }
  await elsewhere.browser.open(endUrl({ id_token_hint: joe.tokens.idToken, post_logout_redirect_uri: HOME }));
  expect(elsewhere.browser.title).toContain('Sign out');
  expect(await isSignedIn(elsewhere.browser)).toBe(true);
  // The same person in another browser, and in this one before the last sign-out.
  await elsewhere.browser.open(endUrl({ id_token_hint: jane.tokens.idToken }));
  expect(await isSignedIn(elsewhere.browser)).toBe(true);
  await jane.browser.open(endUrl({ id_token_hint: jane.tokens.idToken }));
  await signedIn(server.issuer, { email: 'jane@example.test', browser: jane.browser });
  await jane.browser.open(endUrl({ id_token_hint: jane.tokens.idToken }));
  expect(jane.browser.title).toContain('Sign out');
  expect(await isSignedIn(jane.browser)).toBe(true);
});

test('an ID token from a refresh, or from a second tab, names the session as well as the first one', async () => {
  for (const app of [WEB, SPA]) {
    const { browser, tokens } = await signedIn(server.issuer, { app, email: 'jane@example.test' });
    const second = await signedIn(server.issuer, { app, browser });
    const refreshed = await refresh(server.issuer, app, tokens.refreshToken);
    const hints = [tokens.idToken, second.tokens.idToken, String(refreshed.body['id_token'])];
    expect(new Set(hints.map((hint) => claimsIn(hint)['sid'])).size).toBe(1);
    await browser.open(endUrl({ id_token_hint: hints[2] ?? '' }));
    expect(await isSignedIn(browser)).toBe(false);
  }
});

const FOREIGN = [
  'https://evil.test/',
  'https://app.example.test',
  'https://app.example.test/other',
  'https://app.example.test//',
  'https://app.example.test/?x=1',
  'https://app.example.test/#x',
  'https://app.example.test/bye',
  'https://app.example.test/bye?from=gatehouse&to=evil',
  'https://app.example.test:8443/',
  'http://app.example.test/',
  'HTTPS://app.example.test/',
  'https://app.example.test.evil.test/',
  'https://app.example.test@evil.test/',
  'https://app.example.test\\@evil.test/',
  'https://evil.test\\app.example.test/',
  '//evil.test/',
  '/\\evil.test/',
  '/',
  CALLBACK,
  'javascript:alert(1)',
  'data:text/html,x',
  ' https://app.example.test/',
  'https://app.example.test/\r\nLocation: https://evil.test/',
];

describe('T19 forced sign-out and open redirects: Keycloak CVE-2020-10734; ASVS 10.6.2', () => {
  test.each(FOREIGN)(
    'nobody is sent to %j, which is not in the client’s file, and nobody is signed out',
    async (uri) => {
      const { browser, tokens } = stayer;
      for (const who of [{ id_token_hint: tokens.idToken }, { client_id: 'web' }]) {
        for (const each of [browser, newBrowser()]) {
          const response = await each.request(
            endUrl({ ...who, post_logout_redirect_uri: uri } as Record<string, string>),
          );
          expect(response.status).toBe(400);
          expect(response.headers.get('location')).toBeNull();
          expect(await response.text()).not.toContain('http-equiv="refresh"');
        }
      }
      expect(await isSignedIn(browser)).toBe(true);
    },
  );

  test('an address without a client, even a registered one, is not gone to, before or after the question', async () => {
    const { browser } = await signsInAs();
    for (const uri of [HOME, 'https://evil.test/']) {
      const anonymous = await newBrowser().request(endUrl({ post_logout_redirect_uri: uri }));
      expect(anonymous.headers.get('location') ?? server.issuer).toMatch(new RegExp(`^${server.issuer}`));
    }
    await browser.open(endUrl({ post_logout_redirect_uri: 'https://evil.test/', state: 'x' }));
    expect(new URL(browser.page.url).origin).toBe(server.issuer);
    const { action, data } = browser.form({}, 'Sign out');
    const response = await browser.request(action, { method: 'POST', form: data });
    expect(new URL(response.headers.get('location') ?? '').origin).toBe(server.issuer);
  });

  test('who is not signed in is not asked: back to the app if it may be, else to our page', async () => {
    const { tokens } = await signsInAs();
    for (const who of [{ id_token_hint: tokens.idToken }, { client_id: 'web' }]) {
      const params = { ...who, post_logout_redirect_uri: HOME, state: 'x' } as Record<string, string>;
      const response = await newBrowser().request(endUrl(params));
      expect(response.headers.get('location')).toBe(`${HOME}?state=x`);
    }
    const page = await newBrowser().open(endUrl());
    expect(page.page.status).toBe(200);
    expect(page.text).toMatch(/signed out/i);
    expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(200);
  });

  test('a picture or link on another site signs nobody out', async () => {
    const { browser } = await signsInAs();
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ]) {
      for (const params of [{}, { client_id: 'web', post_logout_redirect_uri: HOME }]) {
        await browser.request(endUrl(params as Record<string, string>), { headers });
        expect(await isSignedIn(browser)).toBe(true);
      }
    }
    expect((await browser.request(`${server.issuer}/session/end/confirm`)).status).toBe(404);
    expect(await isSignedIn(browser)).toBe(true);
  });

  test('the confirmation needs the token of this very session (CSRF)', async () => {
    const [jane, joe] = [await signsInAs(), await signsInAs('joe@example.test')];
    await jane.browser.open(endUrl());
    const { action, data } = jane.browser.form({}, 'Sign out');
    await joe.browser.open(endUrl());
    const theirs = joe.browser.form({}, 'Sign out').data;
    const posts: Record<string, string>[] = [
      { logout: 'yes' },
      { logout: 'yes', xsrf: '' },
      { logout: 'yes', xsrf: 'nonsense' },
      theirs,
    ];
    for (const form of posts) {
      const response = await jane.browser.request(action, { method: 'POST', form });
      expect([400, 403]).toContain(response.status);
      expect(response.headers.get('location')).toBeNull();
      expect(await isSignedIn(jane.browser)).toBe(true);
    }
    expect((await jane.browser.request(action, { method: 'POST', form: data })).status).toBe(303);
    expect(await isSignedIn(jane.browser)).toBe(false);
  });

  test('a hint that we did not sign is refused, and nobody is signed out', async () => {
    const { browser, tokens } = await signsInAs();
    const claims = claimsIn(tokens.idToken);
    const header = headerOf(tokens.idToken) as { alg: string; kid: string };
    const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: Record<string, string>[] };
    const pem = createPublicKey({ key: keys[0] as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const stranger = await generateKeyPair('RS256');
    const [head, body, signature = ''] = tokens.idToken.split('.');
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged: Record<string, string> = {
      'a changed signature': `${head}.${body}.${signature.slice(0, -6)}AAAAAA`,
      'no signature': `${head}.${body}.`,
      'changed claims': `${head}.${encode({ ...claims, sub: 'somebody' })}.${signature}`,
      'alg none': `${encode({ ...header, alg: 'none' })}.${body}.`,
      'HS256 with our public key': await new SignJWT(claims)
        .setProtectedHeader({ ...header, alg: 'HS256' })
        .sign(Buffer.from(pem)),
      'a stranger’s key': await new SignJWT(claims).setProtectedHeader(header).sign(stranger.privateKey),
      'no JWT': 'nonsense',
      'empty parts': '..',
      'no JSON': 'eA.eA.eA',
      'an access token': tokens.accessToken,
      'an unknown client': `${head}.${encode({ ...claims, aud: 'nobody' })}.${signature}`,
      'a list of clients': `${head}.${encode({ ...claims, aud: ['web', 'spa'] })}.${signature}`,
      'an object as client': `${head}.${encode({ ...claims, aud: { web: 1 } })}.${signature}`,
      'a number as client': `${head}.${encode({ ...claims, aud: 1 })}.${signature}`,
      'no client': `${head}.${encode({ ...claims, aud: undefined })}.${signature}`,
      'null for claims': `${head}.${encode(null)}.${signature}`,
    };
    for (const [what, hint] of Object.entries(forged)) {
      const response = await browser.request(endUrl({ id_token_hint: hint, post_logout_redirect_uri: HOME }));
      expect(response.status, what).toBe(400);
      expect(response.headers.get('location'), what).toBeNull();
      // The same hint at the authorization endpoint, where it says who is expected.
      const asked = await browser.request(requestOf(server.issuer, WEB, { id_token_hint: hint, prompt: 'none' }).url);
      expect(asked.status, what).toBe(303);
      expect(answerAt(asked.headers.get('location')).get('error'), what).toBe('invalid_request');
    }
    expect(await isSignedIn(browser)).toBe(true);
  });

  test('a client_id beside the hint has to be the hint’s', async () => {
    const { browser, tokens } = await signsInAs();
    const response = await browser.request(endUrl({ id_token_hint: tokens.idToken, client_id: 'spa' }));
    expect(response.status).toBe(400);
    expect((await browser.request(endUrl({ client_id: 'nobody' }))).status).toBe(400);
    expect(await isSignedIn(browser)).toBe(true);
  });
});
