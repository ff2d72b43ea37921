// A real browser: from the shop, the password is forgotten; by the mail, with the second factor, back into the shop.
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShop } from '../../examples/shop/shop.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { NEW_PASSWORD } from '../support/forgotten.ts';
import { lastLink, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { totpCode } from '../support/sign-in.ts';
import { freePort, PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';

const SHIPPED_CONFIG = path.join(import.meta.dirname, '../../config');

describe.skipIf(!chromiumAvailable())('a forgotten password', () => {
  let server: TestServer;
  let mailbox: Mailbox;
  let shop: ReturnType<typeof createShop>;
  let shopUrl: string;
  let browser: Browser;

  beforeAll(async () => {
    shopUrl = `http://localhost:${await freePort()}`;
    mailbox = await startMailbox();
    const env = { SHOP_URL: shopUrl };
    server = await startTestServer({ configDir: SHIPPED_CONFIG, env, demoUrl: shopUrl, mailbox });
    const clientSecret = 'gatehouse-demo-shop-secret-only-for-development';
    shop = createShop({ url: shopUrl, issuer: server.issuer, clientId: 'shop', clientSecret });
    await shop.listen();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await server?.stop();
    await mailbox?.close();
  });

  test.for([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])(
    'somebody with an authenticator gets back into the shop ($javaScriptEnabled)',
    async ({ javaScriptEnabled }) => {
      const email = `fay-${javaScriptEnabled}@example.test`;
      await server.person({ email, name: 'Fay Forgetful', roles: ['vendor'] });
      const context = await browser.newContext({ javaScriptEnabled });
      const complaints: string[] = [];
      context.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
      const page = await context.newPage();

      await toSignIn(page, shopUrl);
      await signIn(page, { email, password: PASSWORD });
      const secret = ((await page.locator('#key').textContent()) ?? '').replace(/[^A-Z2-7]/g, '');
      await page.locator('#code').fill(totpCode(secret));
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByRole('button', { name: 'I have stored them' }).click();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByRole('heading', { name: 'Hello, Fay Forgetful' }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).first().click();
      await page.getByText('You are signed out.').waitFor();

      await toSignIn(page, shopUrl);
      await page.getByRole('link', { name: 'Forgot your password?' }).click();
      await page.getByLabel('E-mail or username').fill(email);
      await page.getByRole('button', { name: 'Send the link' }).click();
      await page.getByRole('heading', { name: 'Look at your mailbox' }).waitFor();

      await page.goto(lastLink(await mailbox.waitFor(email, { subject: /new password/i }), /reset-password\?token=/));
      await page.getByLabel('New password').fill(NEW_PASSWORD);
      await page.getByRole('button', { name: 'Set the new password' }).click();
      await page.getByRole('heading', { name: 'Your password is changed' }).waitFor();

      await page.getByRole('link', { name: 'Sign in' }).click();
      await signIn(page, { email, password: NEW_PASSWORD });
      await page.getByLabel('Six-digit code').fill(totpCode(secret, 1));
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('heading', { name: 'Hello, Fay Forgetful' }).waitFor();
      expect(page.url().startsWith(shopUrl)).toBe(true);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );
});

async function toSignIn(page: Page, shopUrl: string): Promise<void> {
  await page.goto(shopUrl);
  await page.getByRole('link', { name: 'Sign in' }).first().click();
}

async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.getByLabel('E-mail or username').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
