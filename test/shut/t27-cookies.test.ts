// T27: every cookie of a whole run, from the first request to the sign-out, and what a start without TLS gets.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { PRODUCTION, problemsOf } from '../support/config-files.ts';
import { movingClock } from '../support/moving-clock.ts';
import { throughProxy } from '../support/proxy.ts';
import { authorizationRequest, enrolsTotp, newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const ISSUER = 'https://auth.example.org';
const ADA = 'ada@example.test';

describe('T27 cookies: ASVS 3.3.1 to 3.3.4; NIST SP 800-63B 5.1.1', () => {
  let server: TestServer;
  let cookies: string[];

  beforeAll(async () => {
    server = await startTestServer({ env: { GATEHOUSE_ISSUER: ISSUER } });
    await server.person({ email: ADA, name: 'Ada Anders', roles: ['teller'] });
    cookies = await cookiesOfARun();
  });

  afterAll(() => server.stop());

  /** Language, a wrong password, enrolment, consent, a second sign-in with a code, a choice of accounts, an error, sign-out. */
  async function cookiesOfARun(): Promise<string[]> {
    const set: string[] = [];
    const send = throughProxy(server.port);
    const browser: Browser = newBrowser({
      send: async (url, request) => {
        const response = await send(url, request);
        set.push(...response.headers.getSetCookie());
        return response;
      },
    });
    const asks = (params: Record<string, string>): Promise<Browser> =>
      browser.open(authorizationRequest(ISSUER, { client_id: 'ask', ...params }).url);
    await asks({ acr_values: 'mfa', ui_locales: 'de' });
    const english = `${browser.page.url}&ui_locales=en`;
    await browser.request(english, { headers: { 'sec-fetch-site': 'same-origin' } });
    await browser.open(browser.page.url);
    await signsIn(browser, { identifier: ADA, password: 'not the password' });
    await signsIn(browser, { identifier: ADA });
    const { secret } = await enrolsTotp(browser);
    await browser.submit({}, 'Allow');
    movingClock.advance({ minutes: 2 });
    await asks({ prompt: 'login', acr_values: 'mfa' });
    await browser.submit({ password: 'correct horse battery staple' }, 'Confirm');
    await browser.submit({ code: totpCode(secret) }, 'Continue');
    await asks({ prompt: 'select_account' });
    await asks({ prompt: 'none', scope: 'openid items:write' });
    await browser.open(`${ISSUER}/session/end`);
    await browser.submit({}, 'Sign out');
    return set;
  }

  const nameOf = (cookie: string): string => cookie.slice(0, cookie.indexOf('='));
  const attributesOf = (cookie: string): string[] => cookie.toLowerCase().split('; ').slice(1);

  test('there are many, of every kind', () => {
    expect(cookies.length).toBeGreaterThan(20);
    const kinds = new Set(
      cookies.map(nameOf).map((name) => name.replace(/\.sig$/, '').replace(/^__(Host|Secure)-/, '')),
    );
    for (const kind of ['gatehouse_session', 'gatehouse_interaction', 'gatehouse_resume', 'gatehouse_lang']) {
      expect([...kinds]).toContain(kind);
    }
  });

  test('each is Secure, Lax, for this host alone, and short', () => {
    for (const cookie of cookies) {
      expect(nameOf(cookie)).toMatch(/^__(Host|Secure)-gatehouse_/);
      expect(attributesOf(cookie)).toEqual(expect.arrayContaining(['secure', 'samesite=lax']));
      expect(attributesOf(cookie).filter((attribute) => attribute.startsWith('domain'))).toEqual([]);
      if (cookie.startsWith('__Host-')) expect(attributesOf(cookie)).toContain('path=/');
      expect(cookie.length).toBeLessThan(4096);
    }
  });

  test('none can be read by a script, and none says anything about the person', () => {
    for (const cookie of cookies) {
      expect(attributesOf(cookie), cookie).toContain('httponly');
      const value = decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1).split(';')[0] ?? '');
      const decoded = Buffer.from(value, 'base64url').toString('latin1');
      for (const text of [value, decoded]) expect(text).not.toMatch(/anders|teller|example\.|"\w+":/i);
    }
  });

  test('the session’s ends with the browser, and is taken away at the sign-out', () => {
    const session = cookies.filter((cookie) => nameOf(cookie) === '__Host-gatehouse_session');
    const kept = session.filter((cookie) => !/=;/.test(cookie));
    expect(kept.length).toBeGreaterThan(1);
    for (const cookie of kept) expect(cookie.toLowerCase()).not.toMatch(/expires|max-age/);
    expect(session.at(-1)).toMatch(/=;.*expires=thu, 01 jan 1970/i);
  });

  test.each(['http://auth.example.org', 'http://10.0.0.5:3000', 'http://localhost.example.org'])(
    'a server at %s, without TLS, does not start',
    (issuer) => {
      const env = { ...PRODUCTION, GATEHOUSE_ISSUER: issuer };
      expect(
        problemsOf({}, env)
          .map(({ message }) => message)
          .join(),
      ).toMatch(/https/);
      expect(
        problemsOf({}, { ...env, GATEHOUSE_MODE: 'development' })
          .map(({ message }) => message)
          .join(),
      ).toMatch(/https/);
    },
  );
});
