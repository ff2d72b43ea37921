// RFC 9470 in a real browser: the shop's API asks for a second factor, the person proves it, and what they began is done.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createShop, DEMO_API, type Shop } from '../../examples/shop/shop.ts';
import { createShopApi, type ShopApi } from '../../examples/shop-api/shop-api.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { movingClock } from '../support/moving-clock.ts';
import { totpCode } from '../support/sign-in.ts';
import { freePort, PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';

const IBAN = 'DE89 3704 0044 0532 0130 00';
const OTHER_IBAN = 'GB82 WEST 1234 5698 7654 32';

describe.skipIf(!chromiumAvailable())('the payout account in the demo shop', () => {
  let configDir: string;
  let server: TestServer;
  let api: ShopApi;
  let shop: Shop;
  let shopUrl: string;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    configDir = shippedConfigWithOptionalSecondFactor();
    shopUrl = `http://localhost:${await freePort()}`;
    server = await startTestServer({ configDir, env: { SHOP_URL: shopUrl } });
    const { audience } = DEMO_API;
    api = createShopApi({ url: 'http://localhost:0', issuer: server.issuer, audience, log: () => {} });
    const apiUrl = await api.listen();
    const clientSecret = 'gatehouse-demo-shop-secret-only-for-development';
    const demo = { issuer: server.issuer, clientId: 'shop', clientSecret, api: { url: apiUrl, audience } };
    shop = createShop({ url: shopUrl, ...demo, log: () => {} });
    await shop.listen();
    browser = await launchChromium();
  });

  afterEach(() => context?.close());

  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await api?.close();
    await server?.stop();
    rmSync(configDir, { recursive: true });
  });

  /** A vendor, signed in at the shop with a password alone. */
  async function vendor(email: string, { javaScriptEnabled = true, roles = ['vendor'] } = {}): Promise<Page> {
    await server.person({ email, name: 'Vera Vendor', roles });
    context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(`${shopUrl}/earnings`);
    await page.getByLabel('E-mail or username').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Change the account that your earnings are paid to').waitFor();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Earnings' }).waitFor();
    return page;
  }

  const account = (page: Page) => page.locator('#payout-account').textContent();

  async function fillsIn(page: Page, iban: string): Promise<void> {
    await page.goto(`${shopUrl}/earnings/account`);
    await page.getByLabel('Account holder').fill('Vera Vendor');
    await page.getByLabel('IBAN').fill(iban);
    await page.getByRole('button', { name: 'Change payout account' }).click();
  }

  async function confirmsPassword(page: Page): Promise<void> {
    await page.waitForURL(`${server.issuer}/**`);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Confirm' }).click();
  }

  async function confirmsChange(page: Page): Promise<void> {
    await page.waitForURL(`${shopUrl}/earnings/account/confirm`);
    await page.getByRole('button', { name: 'Change it now' }).click();
  }

  test.for([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])(
    'needs a second factor, which is set up on the way; not again within five minutes, and again after them ($javaScriptEnabled)',
    async ({ javaScriptEnabled }) => {
      const page = await vendor(`vera-${javaScriptEnabled}@example.test`, { javaScriptEnabled });
      await page.getByText('You have earned €76.00').waitFor();
      await fillsIn(page, IBAN);
      await confirmsPassword(page);
      const secret = await enrols(page);
      await page.waitForURL(`${shopUrl}/earnings/account/confirm`);
      await page.getByText(IBAN).waitFor();
      await confirmsChange(page);
      await page.getByText('Your earnings go to the account ending in 3000 now.').waitFor();
      expect(await account(page)).toBe('Vera Vendor, account ending in 3000');

      await fillsIn(page, OTHER_IBAN);
      await page.getByText('Your earnings go to the account ending in 5432 now.').waitFor();

      // The access token has expired too: the shop refreshes it, which makes nobody more recent.
      movingClock.advance({ minutes: 6 });
      await fillsIn(page, IBAN);
      await confirmsPassword(page);
      await page.getByLabel('Six-digit code').fill(totpCode(secret));
      await page.getByRole('button', { name: 'Continue' }).click();
      await confirmsChange(page);
      await page.getByText('Your earnings go to the account ending in 3000 now.').waitFor();
    },
  );

  test('is shown on pages that axe finds nothing wrong with, in light and dark, narrow and wide', async () => {
    const page = await vendor('axel@example.test', { roles: ['vendor', 'shop-admin'] });
    await page.getByRole('heading', { name: 'What the shop owes' }).waitFor();
    await isAccessible(page);
    await page.goto(`${shopUrl}/earnings/account`);
    await isAccessible(page);
    await page.getByRole('button', { name: 'Change payout account' }).click();
    await page.getByText('Say whose account it is.').waitFor();
    await isAccessible(page);
    await fillsIn(page, IBAN);
    await page.getByRole('button', { name: /cancel/i }).click();
    await page.getByRole('heading', { name: 'Nothing was changed' }).waitFor();
    await isAccessible(page);
    await page.getByRole('link', { name: 'Go on' }).click();
    await page.getByText(IBAN).waitFor();
    await isAccessible(page);
  });

  test('stays as it is when the person comes back without a second factor, and they can go on later', async () => {
    const page = await vendor('calm@example.test');
    await fillsIn(page, IBAN);
    await page.waitForURL(`${server.issuer}/**`);
    await page.getByRole('button', { name: /back to demo shop|cancel/i }).click();
    await page.getByRole('heading', { name: 'Nothing was changed' }).waitFor();
    await page.getByText('You are still signed in.').waitFor();
    await page.getByRole('link', { name: 'Go on' }).click();
    await page.getByText(IBAN).waitFor();
    await page.getByRole('button', { name: 'Leave it as it is' }).click();
    await page.getByText('Nothing was changed.').waitFor();
    expect(await account(page)).toBe('none yet');
    await page.goto(`${shopUrl}/earnings/account/confirm`);
    expect(page.url()).toBe(`${shopUrl}/earnings`);
  });
});

async function isAccessible(page: Page): Promise<void> {
  for (const [colorScheme, width] of [
    ['light', 390],
    ['dark', 1280],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      `${page.url()} ${colorScheme} ${width}`,
    ).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  }
}

/** The demo as it is shipped, except that a password is enough until somebody asks for more. */
function shippedConfigWithOptionalSecondFactor(): string {
  const configDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-step-up-'));
  cpSync(path.join(import.meta.dirname, '../../config'), configDir, { recursive: true });
  const file = path.join(configDir, 'gatehouse.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('\nmfa: required\n');
  writeFileSync(file, text.replace('\nmfa: required\n', '\nmfa: optional\n'));
  return configDir;
}

/** Gives the secret, read from the page as a person would type it. */
async function enrols(page: Page): Promise<string> {
  const secret = ((await page.locator('#key').textContent()) ?? '').replace(/[^A-Z2-7]/g, '');
  await page.locator('#code').fill(totpCode(secret));
  await page
    .getByRole('button', { name: /confirm|continue|turn on|finish/i })
    .first()
    .click();
  await page.getByRole('button', { name: 'I have stored them' }).click();
  return secret;
}
