// An issuer on https, behind a proxy that ends TLS: cookies, addresses and headers are those of https.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { throughProxy } from '../support/proxy.ts';
import { basic, callbackOf, claimsIn, newBrowser } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { isBackAtApp, visits, visitsAndSignsIn } from '../support/visits.ts';

const ISSUER = 'https://auth.example.org';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ env: { GATEHOUSE_ISSUER: ISSUER } });
  await server.person({ email: 'ada@example.test' });
});

afterAll(() => server.stop());

const browserOverHttps = (): Browser => newBrowser({ send: throughProxy(server.port) });

/** Every Set-Cookie of a sign-in from the first request to the last. */
async function cookiesOfASignIn(): Promise<string[]> {
  const cookies: string[] = [];
  const send = throughProxy(server.port);
  const browser = newBrowser({
    send: async (url, request) => {
      const response = await send(url, request);
      cookies.push(...response.headers.getSetCookie());
      return response;
    },
  });
  const visit = await visitsAndSignsIn(server, { identifier: 'ada@example.test', browser });
  expect(isBackAtApp(visit)).toBe(true);
  return cookies;
}

test('every cookie is Secure, HttpOnly and Lax, and bound to this host by its name', async () => {
  const cookies = await cookiesOfASignIn();
  expect(cookies.length).toBeGreaterThan(4);
  for (const cookie of cookies) {
    const [pair = '', ...rest] = cookie.split('; ');
    const attributes = rest.map((attribute) => attribute.toLowerCase());
    expect(pair).toMatch(/^__(Host|Secure)-gatehouse_/);
    expect(attributes).toEqual(expect.arrayContaining(['secure', 'httponly', 'samesite=lax']));
    expect(cookie.toLowerCase()).not.toContain('domain=');
    if (pair.startsWith('__Host-')) expect(attributes).toContain('path=/');
  }
  const session = cookies.filter((cookie) => cookie.startsWith('__Host-gatehouse_session='));
  expect(session).toHaveLength(1);
  expect(session[0]?.toLowerCase()).not.toMatch(/expires|max-age/);
});

test('a person signs in, and every address on the way is the issuer’s', async () => {
  const visit = await visitsAndSignsIn(server, { identifier: 'ada@example.test', browser: browserOverHttps() });
  expect(callbackOf(visit.browser).get('iss')).toBe(ISSUER);
  const answer = await throughProxy(server.port)(`${ISSUER}/token`, {
    method: 'POST',
    headers: {
      authorization: basic('web', WEB_SECRET),
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: callbackOf(visit.browser).get('code') ?? '',
      code_verifier: visit.request.verifier,
      redirect_uri: CALLBACK,
    }).toString(),
  });
  expect(answer.status).toBe(200);
  const { id_token: idToken } = (await answer.json()) as { id_token: string };
  expect(claimsIn(idToken)).toMatchObject({ iss: ISSUER, email: 'ada@example.test' });
  const next = await visits(server, { prompt: 'none' }, visit.browser.newTab());
  expect(isBackAtApp(next)).toBe(true);
});

test('browsers are told to stay on https, and forms to come from there', async () => {
  const { browser } = await visits(server, {}, browserOverHttps());
  expect(browser.page.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8,}/);
  const { action, data } = browser.form({ identifier: 'x', password: 'y' }, 'Sign in');
  const from = async (origin: string) =>
    (await browser.request(action, { method: 'POST', form: data, headers: { origin } })).status;
  expect(await from('http://auth.example.org')).toBe(403);
  expect(await from(ISSUER)).toBe(400);
});

test('no other name reaches a page, and no header changes the addresses in discovery', async () => {
  const send = throughProxy(server.port);
  const asked = (headers: Record<string, string>) =>
    send(`${ISSUER}/.well-known/openid-configuration`, { method: 'GET', headers });
  for (const host of ['evil.example', `localhost:${server.port}`, 'auth.example.org.evil.example']) {
    expect((await asked({ host })).status, host).toBe(421);
  }
  const spoofed = await asked({
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': '8080',
    'x-forwarded-prefix': '/evil',
    forwarded: 'host=evil.example;proto=http',
    'x-original-host': 'evil.example',
  });
  const text = await spoofed.text();
  expect(spoofed.status).toBe(200);
  expect(text).not.toContain('evil');
  expect(text).not.toContain('8080');
  const addresses = text.match(/"https?:[^"]+"/g) ?? [];
  expect(addresses.length).toBeGreaterThan(5);
  expect(addresses.filter((address) => !address.startsWith(`"${ISSUER}`))).toEqual([]);
});
