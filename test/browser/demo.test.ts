// The whole demo in a real browser: the shipped configuration, the real shop, the real server.
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumAvailable } from '../support/chromium.ts';
import { type Demo, enterPassword, signInAndEnrol, startDemo } from '../support/demo-shop.ts';
import { totpCode } from '../support/sign-in.ts';
import type { TestServer } from '../support/start-server.ts';

describe.skipIf(!chromiumAvailable())('the demo shop', () => {
  let demo: Demo;
  let server: TestServer;
  let shopUrl: string;
  let browser: Browser;

  beforeAll(async () => {
    demo = await startDemo();
    ({ server, shopUrl, browser } = demo);
  });

  afterAll(() => demo?.stop());

  test.for([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])(
    'a person signs in with a new authenticator app, sees their roles, refreshes and signs out ($javaScriptEnabled)',
    async ({ javaScriptEnabled }) => {
      const email = `vera-${javaScriptEnabled}@example.test`;
      await server.person({ email, name: 'Vera Vendor', roles: ['vendor'] });
      const context = await browser.newContext({ javaScriptEnabled });
      const problems = watchForProblems(context);
      const page = await context.newPage();

      await page.goto(shopUrl);
      await page.getByRole('link', { name: 'Sign in' }).first().click();
      const secret = await signInAndEnrol(page, email);
      await page.getByRole('button', { name: 'Allow' }).click();

      await page.waitForURL(`${shopUrl}/**`);
      await page.getByRole('heading', { name: 'Hello, Vera Vendor' }).waitFor();
      expect(await page.locator('.badge').allTextContents()).toContain('vendor');
      await page.getByRole('link', { name: 'My listings' }).first().click();
      await page.getByRole('heading', { name: 'My listings' }).waitFor();

      await page.goto(`${shopUrl}/account`);
      const claims = JSON.parse((await page.locator('#access-token-claims').textContent()) ?? '{}');
      expect(claims).toMatchObject({ iss: server.issuer, roles: ['vendor'], client_id: 'shop', acr: 'mfa' });
      expect(JSON.parse((await page.locator('#userinfo-claims').textContent()) ?? '{}')).toMatchObject({ email });
      await page.getByRole('button', { name: 'Refresh tokens' }).click();
      await page.getByText('Your tokens are new.').waitFor();

      await page.getByRole('button', { name: 'Sign out' }).first().click();
      await page.getByText('You are signed out.').waitFor();

      // Back again: password and a code of the next half minute, no consent, no enrolment.
      await page.getByRole('link', { name: 'Sign in' }).first().click();
      await enterPassword(page, email);
      await page.getByLabel('Six-digit code').fill(totpCode(secret, 1));
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('heading', { name: 'Hello, Vera Vendor' }).waitFor();

      // Signing out at Gatehouse itself: the shop is told behind the browser's back.
      await page.goto(`${server.issuer}/session/end`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('signed out').first().waitFor();
      await expect
        .poll(async () => {
          await page.goto(shopUrl);
          return page.getByRole('link', { name: 'Sign in' }).count();
        })
        .toBeGreaterThan(0);
      expect(problems).toEqual([]);
      await context.close();
    },
  );
});

/** What the browser complains about: violations of the policy, failing scripts, answers of 5xx. */
function watchForProblems(context: BrowserContext): string[] {
  const problems: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  context.on('weberror', (error) => problems.push(error.error().message));
  context.on('response', (response) => {
    if (response.status() >= 500) problems.push(`${response.status()} ${response.url()}`);
  });
  return problems;
}
