// form-action in a Content-Security-Policy is held against every redirect that follows a form, the app's own included.
import { createServer, type Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { authorizationRequest } from '../support/sign-in.ts';
import { freePort, PASSWORD, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

describe.skipIf(!chromiumAvailable())('an app whose callback redirects to a third origin', () => {
  let server: TestServer;
  let browser: Browser;
  let callback: string;
  let landing: string;
  const apps: Server[] = [];

  beforeAll(async () => {
    const [appPort, thirdPort] = [await freePort(), await freePort()];
    callback = `http://localhost:${appPort}/callback`;
    landing = `http://127.0.0.1:${thirdPort}/landed`;
    apps.push(
      createServer((_req, res) => res.writeHead(302, { location: landing }).end()).listen(appPort, 'localhost'),
      createServer((_req, res) => res.end('<h1>Landed</h1>')).listen(thirdPort, '127.0.0.1'),
    );
    const client = `
client_id: far
client_name: Far App
preset: web
redirect_uris: ["${callback}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: ask
`;
    server = await startTestServer({ clients: { far: client } });
    await server.person({ email: 'fay@example.test' });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    for (const app of apps) app.close();
    await server?.stop();
  });

  test('takes the person there after the last form', async () => {
    const page = await browser.newPage();
    await page.goto(authorizationRequest(server.issuer, { client_id: 'far', redirect_uri: callback }).url);
    await page.getByLabel('E-mail or username').fill('fay@example.test');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(landing);
    expect(await page.getByRole('heading').textContent()).toBe('Landed');
  });

  test('is also reached when the person denies', async () => {
    const page = await browser.newPage();
    await page.goto(
      authorizationRequest(server.issuer, { client_id: 'far', redirect_uri: callback, prompt: 'login consent' }).url,
    );
    await page.getByLabel('E-mail or username').fill('fay@example.test');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.waitForURL(landing);
  });
});
