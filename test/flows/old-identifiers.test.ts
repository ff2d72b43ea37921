// Identifiers that a session had before somebody signed in anew are good for nothing (OWASP ASVS 7.2.4).
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { authorizationRequest, newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

/** What somebody would hold who has copied the browser's cookies now. */
const copied = (browser: Browser): Promise<string> => browser.jar.getCookieString(server.issuer);

async function answerTo(cookie: string): Promise<string | null> {
  const { url } = authorizationRequest(server.issuer, { prompt: 'none' });
  const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
  const answer = new URL(response.headers.get('location') ?? server.issuer).searchParams;
  return answer.get('error') ?? (answer.has('code') ? 'signed in' : null);
}

test('a copied cookie ends with the next sign-in, however it was used in between', async () => {
  const email = 'copied@example.test';
  await server.person({ email });
  const browser = await newBrowser().open(authorizationRequest(server.issuer).url);
  await signsIn(browser, { identifier: email });
  const first = await copied(browser);
  await browser.open(authorizationRequest(server.issuer, { client_id: 'ask' }).url);
  await browser.submit({}, 'Allow');
  const second = await copied(browser);
  expect(second).not.toBe(first);
  // The browser's other requests may still be on their way with it.
  expect(await answerTo(first)).toBe('signed in');
  for (const seconds of [30, 60]) {
    movingClock.advance({ seconds });
    await browser.open(authorizationRequest(server.issuer, { prompt: 'login' }).url);
    await browser.submit({ password: 'correct horse battery staple' }, 'Confirm');
    expect(await answerTo(await copied(browser))).toBe('signed in');
    movingClock.advance({ seconds: 30 });
    expect([await answerTo(first), await answerTo(second)]).toEqual(['login_required', 'login_required']);
  }
});
