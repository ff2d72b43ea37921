// Signing out at our page, with a way back to an app of another origin.
import { createServer, type Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { authorizationRequest } from '../support/sign-in.ts';
import { freePort, PASSWORD, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';

describe.skipIf(!chromiumAvailable())('an app that sends people to sign out', () => {
  let server: TestServer;
  let browser: Browser;
  let app: Server;
  let home: string;

  beforeAll(async () => {
    const port = await freePort();
    home = `http://localhost:${port}/`;
    app = createServer((req, res) => res.end(`<h1>Home of the app</h1>${req.url}`)).listen(port, 'localhost');
    const client = `
client_id: leaving
client_name: Leaving App
preset: web
redirect_uris: ["${home}callback"]
post_logout_redirect_uris: ["${home}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: skip
`;
    server = await startTestServer({ clients: { leaving: client } });
    await server.person({ email: 'leo@example.test' });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    app?.close();
    await server?.stop();
  });

  test('gets them back after they have confirmed', async () => {
    const page = await browser.newPage();
    await page.goto(authorizationRequest(server.issuer, { client_id: 'leaving', redirect_uri: `${home}callback` }).url);
    await page.getByLabel('E-mail or username').fill('leo@example.test');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Home of the app' }).waitFor();
    const query = new URLSearchParams({ client_id: 'leaving', post_logout_redirect_uri: home, state: 'bye' });
    await page.goto(`${server.issuer}/session/end?${query}`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${home}?state=bye`);
    expect(await page.getByRole('heading').textContent()).toBe('Home of the app');
  });
});
