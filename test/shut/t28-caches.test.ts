// T28: no cache keeps what was for one person, and the back button shows nothing of somebody who has signed out.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { authorizationRequest, newBrowser } from '../support/sign-in.ts';
import { startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { tokensOf, visits, visitsAndSignsIn } from '../support/visits.ts';
import { everyAddress } from './every-address.ts';

const CACHEABLE = ['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

describe('T28 caches: RFC 6749 section 5.1, ASVS 14.3.2', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    await server.person({ email: 'ada@example.test', name: 'Ada Anders' });
  });

  afterAll(() => server.stop());

  test('every answer but keys, metadata and files is no-store, for everybody and every verb', async () => {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
    const step = (await visits(server, { prompt: 'login' }, browser.newTab())).browser.page.url;
    let answers = 0;
    for (const { method, pattern, url } of everyAddress(server, step)) {
      for (const each of [browser, newBrowser()]) {
        const answer = await each.request(url, method === 'POST' ? { method, form: {} } : { method });
        const cache = answer.headers.get('cache-control');
        if (CACHEABLE.includes(pattern)) expect(cache, url).toMatch(/^public, max-age=[1-9]/);
        else expect(cache, `${method} ${url}: ${answer.status}`).toMatch(/^no-store/);
        if (CACHEABLE.includes(pattern)) expect(answer.headers.getSetCookie(), url).toEqual([]);
        answers += 1;
      }
    }
    expect(answers).toBeGreaterThan(60);
  });

  test('neither tokens nor what they open is kept', async () => {
    const visit = await visitsAndSignsIn(server, { identifier: 'ada@example.test', params: { client_id: 'web' } });
    const { accessToken, refreshToken = '' } = await tokensOf(server, visit);
    const authorization = `Basic ${Buffer.from(`web:${WEB_SECRET}`).toString('base64')}`;
    const posted = (path: string, form: Record<string, string>): Promise<Response> =>
      fetch(server.issuer + path, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
    const answers = [
      await posted('/token', { grant_type: 'refresh_token', refresh_token: refreshToken }),
      await posted('/token/introspection', { token: refreshToken }),
      await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } }),
      await posted('/token/revocation', { token: refreshToken }),
    ];
    for (const answer of answers) {
      expect(answer.status, answer.url).toBe(200);
      expect(answer.headers.get('cache-control'), answer.url).toMatch(/^no-store/);
    }
  });

  test.skipIf(!chromiumAvailable())('after signing out the back button shows nothing about the person', async () => {
    const chromium = await launchChromium();
    try {
      const { browser: visitor } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
      const context = await chromium.newContext();
      const cookies = Object.entries(await visitor.cookiesAt(`${server.issuer}/`));
      await context.addCookies(cookies.map(([name, value]) => ({ name, value, url: server.issuer })));
      const page = await context.newPage();
      const shown = async (): Promise<string> => (await page.locator('body').textContent()) ?? '';
      await page.goto(authorizationRequest(server.issuer, { prompt: 'select_account' }).url);
      expect(await shown()).toContain('Ada Anders');
      await page.goto(authorizationRequest(server.issuer, { prompt: 'login' }).url);
      expect(await shown()).toContain('ada@example.test');
      await page.goto(`${server.issuer}/session/end`);
      expect(await shown()).toContain('ada@example.test');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
      for (let steps = 0; steps < 3; steps += 1) {
        await page.goBack();
        expect(await shown(), page.url()).not.toMatch(/Ada Anders|ada@example\.test/);
      }
    } finally {
      await chromium.close();
    }
  });
});
