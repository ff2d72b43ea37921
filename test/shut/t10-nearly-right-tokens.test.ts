// A secret value is looked up by all of it or not at all: what is shorter, longer or one character off is nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  answerAt,
  authorize,
  post,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  signedIn,
  userinfo,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { type Mutation, mutationsOf } from '../support/mutations.ts';
import { newBrowser, redeemCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let person: Browser;
let tried = 0;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test' });
});

afterAll(() => server.stop());

beforeEach(async () => {
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

const each = async (value: string, refused: (mutation: Mutation) => Promise<void>): Promise<void> => {
  const mutations = mutationsOf(value);
  expect(mutations.length).toBeGreaterThan(60);
  for (const mutation of mutations) {
    await refused(mutation);
    tried += 1;
  }
};

/** Cookies that cannot stand in a header at all need no test: the client refuses to send them. */
const sendable = (cookie: string): boolean => !/[\0\n\u00a0]/.test(cookie);

describe('T10 truncated and malleable tokens: Zitadel CVE-2026-27840', () => {
  test('a code', async () => {
    for (const app of [WEB, SPA]) {
      const { code, request } = await authorize(server.issuer, { app, browser: person });
      const { redirectUri } = app;
      await each(code, async ({ what, value }) => {
        const answer = await redeemCode(server.issuer, { code: value, verifier: request.verifier, redirectUri }, app);
        expect([answer.status, answer.body['access_token']], what).toEqual([400, undefined]);
      });
      expect((await redeemFor(server.issuer, app, { code, request })).status).toBe(200);
    }
  });

  test('a refresh token, at the token endpoint, at introspection and at revocation', async () => {
    for (const app of [WEB, SPA]) {
      const { tokens } = await signedIn(server.issuer, { app, browser: person });
      await each(tokens.refreshToken, async ({ what, value }) => {
        const answer = await refresh(server.issuer, app, value);
        expect([answer.status, answer.body['access_token']], what).toEqual([400, undefined]);
        const form = { token: value, ...(app === SPA ? { client_id: 'spa' } : {}) } as Record<string, string>;
        if (app === WEB) {
          const introspected = await post(`${server.issuer}/token/introspection`, form, { client: app });
          expect(await introspected.json(), what).not.toMatchObject({ active: true });
        }
        const revoked = await post(`${server.issuer}/token/revocation`, form, { client: app });
        expect([200, 400], what).toContain(revoked.status);
      });
      expect((await refresh(server.issuer, app, tokens.refreshToken)).status).toBe(200);
    }
  });

  test('an access token, at userinfo and at introspection', async () => {
    const { tokens } = await signedIn(server.issuer, { browser: person });
    const { accessToken } = tokens;
    await each(accessToken, async ({ what, value }) => {
      if (sendable(value)) {
        const padded = value.trim() === accessToken;
        const answer = await userinfo(server.issuer, value);
        // Blanks around a header's value are no part of it.
        if (!padded) expect([400, 401], `${what} as a header`).toContain(answer.status);
      }
      const inForm = await post(`${server.issuer}/me`, { access_token: value });
      expect([400, 401], `${what} in a form`).toContain(inForm.status);
      const introspected = await post(`${server.issuer}/token/introspection`, { token: value }, { client: WEB });
      expect(await introspected.json(), what).not.toMatchObject({ active: true });
    });
    expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
  });

  test('the cookie of a session, and its signature', async () => {
    const cookies = await person.cookiesAt(server.issuer);
    const names = Object.keys(cookies);
    expect(names.sort()).toEqual(expect.arrayContaining(['gatehouse_session', 'gatehouse_session.sig']));
    const { url } = requestOf(server.issuer, WEB, { prompt: 'none' });
    const asks = async (changed: Record<string, string>) => {
      const cookie = Object.entries({ ...cookies, ...changed })
        .map(([name, value]) => `${name}=${value}`)
        .join('; ');
      const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
      return answerAt(response.headers.get('location'));
    };
    expect((await asks({})).has('code')).toBe(true);
    for (const name of ['gatehouse_session', 'gatehouse_session.sig']) {
      await each(cookies[name] ?? '', async ({ what, value }) => {
        if (!sendable(value) || value.trim() === cookies[name]) return;
        expect((await asks({ [name]: value })).get('error'), `${name}: ${what}`).toBe('login_required');
      });
    }
  });

  test('the cookies of a sign-in, and its address', async () => {
    const browser = await newBrowser().open(requestOf(server.issuer, WEB).url);
    const page = browser.page.url;
    const cookies = await browser.cookiesAt(page);
    const names = Object.keys(cookies).filter((name) => name.startsWith('gatehouse_interaction'));
    expect(names).toHaveLength(2);
    const asks = async (address: string, changed: Record<string, string> = {}) => {
      const cookie = Object.entries({ ...cookies, ...changed })
        .map(([name, value]) => `${name}=${value}`)
        .join('; ');
      const response = await fetch(address, { redirect: 'manual', headers: { cookie } });
      return { status: response.status, html: await response.text() };
    };
    expect(await asks(page)).toMatchObject({ status: 200, html: expect.stringContaining('name="password"') });
    for (const name of names) {
      await each(cookies[name] ?? '', async ({ what, value }) => {
        if (!sendable(value) || value.trim() === cookies[name]) return;
        const { status, html } = await asks(page, { [name]: value });
        expect(status, `${name}: ${what}`).toBeGreaterThanOrEqual(400);
        expect(html).not.toContain('name="password"');
      });
    }
    const uid = new URL(page).pathname.split('/')[2] ?? '';
    await each(uid, async ({ what, value }) => {
      const { status, html } = await asks(page.replace(uid, encodeURIComponent(value)));
      expect(status, `address: ${what}`).toBeGreaterThanOrEqual(400);
      expect(html).not.toContain('name="password"');
    });
  });

  test('the address of a pushed request', async () => {
    const pushed = await post(`${server.issuer}/request`, new URL(requestOf(server.issuer, WEB).url).searchParams, {
      client: WEB,
    });
    const { request_uri } = (await pushed.json()) as { request_uri: string };
    const front = (uri: string) =>
      person.request(`${server.issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri: uri })}`);
    await each(request_uri, async ({ what, value }) => {
      const response = await front(value);
      const location = response.headers.get('location');
      if (location === null) expect(response.status, what).toBe(400);
      else expect(answerAt(location).has('code'), what).toBe(false);
    });
    expect(answerAt((await front(request_uri)).headers.get('location')).has('code')).toBe(true);
  });

  test('none of them was taken', () => {
    console.info(`T10: 0 of ${tried} values that were nearly right were taken`);
    expect(tried).toBeGreaterThan(1000);
  });
});
