// Somebody new signs up from the demo shop, in a real browser, and lands back in it: by the code of the mail, or by its link.
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShop } from '../../examples/shop/shop.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { totpCode } from '../support/sign-in.ts';
import { codeIn, linkIn, proofFor } from '../support/sign-up.ts';
import { freePort, PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';

const SHIPPED_CONFIG = path.join(import.meta.dirname, '../../config');

describe.skipIf(!chromiumAvailable())('from the demo shop', () => {
  let server: TestServer;
  let mailbox: Mailbox;
  let shop: ReturnType<typeof createShop>;
  let shopUrl: string;
  let browser: Browser;

  beforeAll(async () => {
    mailbox = await startMailbox();
    shopUrl = `http://localhost:${await freePort()}`;
    server = await startTestServer({
      configDir: SHIPPED_CONFIG,
      mailbox,
      env: { SHOP_URL: shopUrl },
      demoUrl: shopUrl,
    });
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

  async function signsUp(page: Page, email: string): Promise<void> {
    await page.goto(shopUrl);
    await page.getByRole('link', { name: 'Sign in' }).first().click();
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.locator('#email').fill(email);
    await page.locator('#name').fill('Nina New');
    await page.locator('#password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
  }

  async function enrolsAndIsBack(page: Page): Promise<void> {
    const secret = ((await page.locator('#key').textContent()) ?? '').replace(/[^A-Z2-7]/g, '');
    await page.locator('#code').fill(totpCode(secret));
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('button', { name: 'I have stored them' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${shopUrl}/**`);
    await page.getByRole('heading', { name: 'Hello, Nina New' }).waitFor();
  }

  test.for([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])(
    'by the code, typed where the sign-up was begun ($javaScriptEnabled)',
    async ({ javaScriptEnabled }) => {
      const email = `nina-${javaScriptEnabled}@example.test`;
      const context = await browser.newContext({ javaScriptEnabled });
      const page = await context.newPage();
      await signsUp(page, email);
      await page.locator('#code').fill(codeIn(await proofFor(mailbox, email)));
      await page.getByRole('button', { name: 'Continue' }).click();
      await enrolsAndIsBack(page);
      expect((await mailbox.waitFor(email, { subject: /[Ww]elcome/ })).to).toBe(email);
      await context.close();
    },
  );

  test('by the link, opened from the mail in another tab', async () => {
    const email = 'nina-link@example.test';
    const context = await browser.newContext();
    await signsUp(await context.newPage(), email);
    const tab = await context.newPage();
    await tab.goto(linkIn(await proofFor(mailbox, email), '/verify-email'));
    await tab.getByRole('button', { name: 'Confirm address' }).click();
    await enrolsAndIsBack(tab);
    await context.close();
  });
});
