// The demo as it is shipped, and a person at its sign-in pages, in a real browser.
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createShop } from '../../examples/shop/shop.ts';
import { launchChromium } from './chromium.ts';
import { totpCode } from './sign-in.ts';
import { freePort, PASSWORD, startTestServer, type TestServer } from './start-server.ts';

export async function enterPassword(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail or username').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Gives the secret, read from the page as a person would type it. */
export async function signInAndEnrol(page: Page, email: string): Promise<string> {
  await enterPassword(page, email);
  const secret = ((await page.locator('#key').textContent()) ?? '').replace(/[^A-Z2-7]/g, '');
  await page.locator('svg[role=img]').first().waitFor();
  await page.locator('#code').fill(totpCode(secret));
  await page
    .getByRole('button', { name: /confirm|continue|turn on|finish/i })
    .first()
    .click();
  await page.getByRole('button', { name: 'I have stored them' }).click();
  return secret;
}

const SHIPPED_CONFIG = path.join(import.meta.dirname, '../../config');

export interface Demo {
  readonly server: TestServer;
  readonly shopUrl: string;
  readonly browser: Browser;
  stop(): Promise<void>;
}

/** The real server with the shipped configuration, the real shop, a real browser. */
export async function startDemo(): Promise<Demo> {
  const shopUrl = `http://localhost:${await freePort()}`;
  const server = await startTestServer({ configDir: SHIPPED_CONFIG, env: { SHOP_URL: shopUrl }, demoUrl: shopUrl });
  const clientSecret = 'gatehouse-demo-shop-secret-only-for-development';
  const shop = createShop({ url: shopUrl, issuer: server.issuer, clientId: 'shop', clientSecret });
  await shop.listen();
  const browser = await launchChromium();
  return {
    server,
    shopUrl,
    browser,
    async stop() {
      await browser.close();
      await shop.close();
      await server.stop();
    },
  };
}
