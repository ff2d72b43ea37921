// T22: no page of ours is ever shown inside somebody else's.
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { authorizationRequest, newBrowser } from '../support/sign-in.ts';
import { freePort, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits, visitsAndSignsIn } from '../support/visits.ts';
import { everyAddress } from './every-address.ts';

describe('T22 clickjacking: Keycloak CVE-2020-1728', () => {
  let server: TestServer;
  let evil: Server;
  let evilUrl: string;

  beforeAll(async () => {
    server = await startTestServer({ demoUrl: 'http://localhost:4999/' });
    await server.person({ email: 'ada@example.test' });
    const port = await freePort();
    evilUrl = `http://127.0.0.1:${port}/`;
    evil = createServer((req, res) => {
      const target = new URL(req.url ?? '', evilUrl).searchParams.get('target') ?? '';
      const quoted = target.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
      res.setHeader('content-type', 'text/html');
      res.end(
        `<h1>Win a prize</h1><iframe src="${quoted}"></iframe><object data="${quoted}"></object><img src="${quoted}">`,
      );
    }).listen(port, '127.0.0.1');
  });

  afterAll(async () => {
    evil?.close();
    await server?.stop();
  });

  test('every HTML answer there is says so twice, whatever its status', async () => {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
    const step = (await visits(server, { prompt: 'login' }, browser.newTab())).browser.page.url;
    const pages = [];
    for (const { method, url } of everyAddress(server, step)) {
      for (const each of [browser, newBrowser()]) {
        const answer = await each.request(url, method === 'POST' ? { method, form: {} } : { method });
        if (!answer.headers.get('content-type')?.startsWith('text/html')) continue;
        pages.push(`${method} ${new URL(url).pathname}: ${answer.status}`);
        expect(answer.headers.get('x-frame-options'), pages.at(-1)).toBe('DENY');
        expect(answer.headers.get('content-security-policy'), pages.at(-1)).toContain("frame-ancestors 'none'");
      }
    }
    expect(pages.length).toBeGreaterThan(40);
    expect(pages.filter((page) => page.endsWith('200')).length).toBeGreaterThan(5);
    expect(pages.filter((page) => /4\d\d$/.test(page)).length).toBeGreaterThan(20);
  });

  test.skipIf(!chromiumAvailable())(
    'in a real browser the frames of another site stay blank, and its pictures sign nobody out (T19)',
    async () => {
      const chromium = await launchChromium();
      try {
        const { browser: visitor } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
        const context = await chromium.newContext();
        const cookies = Object.entries(await visitor.cookiesAt(`${server.issuer}/`));
        await context.addCookies(cookies.map(([name, value]) => ({ name, value, url: server.issuer })));
        const page = await context.newPage();
        const targets = ['/', '/session/end', '/nothing-here', '/interaction/x?client=web', '/auth?client_id=nobody'];
        for (const target of [
          ...targets.map((path) => server.issuer + path),
          authorizationRequest(server.issuer).url,
        ]) {
          await page.goto(`${evilUrl}?${new URLSearchParams({ target })}`);
          const frames = page.frames().filter((frame) => frame !== page.mainFrame());
          expect(frames.length, target).toBeGreaterThan(0);
          for (const frame of frames) {
            expect(frame.url(), target).toMatch(/^(chrome-error:|about:blank|$)/);
            // A frame that was refused may be gone by now.
            expect(
              await frame
                .locator('main')
                .count()
                .catch(() => 0),
              target,
            ).toBe(0);
          }
        }
        await page.goto(`${server.issuer}/session/end`);
        expect(await page.locator('main').textContent()).toContain('ada@example.test');
      } finally {
        await chromium.close();
      }
    },
  );
});
