// The whole way out in a real browser: signed in at the demo shop, somebody deletes the account, and is signed out there too.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShop, type Shop } from '../../examples/shop/shop.ts';
import { findAccount } from '../../src/accounts/accounts.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { lastLink, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { freePort, PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { toNextTotpStep } from '../support/visits.ts';

/** Milliseconds: more than a busy machine needs. */
const SOON = { timeout: 15_000 };

const SECRET = 'gatehouse-demo-shop-secret-only-for-development';

describe.skipIf(!chromiumAvailable())('an account is deleted', () => {
  let configDir: string;
  let mailbox: Mailbox;
  let server: TestServer;
  let shop: Shop;
  let shopUrl: string;
  let browser: Browser;

  beforeAll(async () => {
    shopUrl = `http://localhost:${await freePort()}`;
    mailbox = await startMailbox();
    configDir = shippedConfigWithOptionalSecondFactor();
    server = await startTestServer({ configDir, env: { SHOP_URL: shopUrl }, mailbox });
    shop = createShop({ url: shopUrl, issuer: server.issuer, clientId: 'shop', clientSecret: SECRET, log: () => {} });
    await shop.listen();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await server?.stop();
    await mailbox?.close();
    rmSync(configDir, { recursive: true });
  });

  /** Elsewhere, before. */
  async function addsAuthenticator(email: string): Promise<string> {
    const elsewhere = await newBrowser().open(`${server.issuer}/account/authenticators/new`);
    await signsIn(elsewhere, { identifier: email });
    const secret = elsewhere.document.querySelector('#key')?.textContent.replaceAll(' ', '') ?? '';
    await elsewhere.submit({ code: totpCode(secret) }, 'Confirm');
    return secret;
  }

  test.each([
    ['with script', true],
    ['without script', false],
  ])(
    '%s: the shop has forgotten its owner, and the link in the mail keeps the account',
    async (how, javaScriptEnabled) => {
      const email = `${how.replace(' ', '-')}@example.test`;
      const { id } = await server.person({ email, name: 'Vera Vendor', roles: ['vendor'] });
      const secret = await addsAuthenticator(email);
      toNextTotpStep();
      const context = await browser.newContext({ javaScriptEnabled });
      const page = await context.newPage();
      await page.goto(shopUrl);
      await page.getByRole('link', { name: 'Sign in' }).first().click();
      await page.getByLabel('E-mail or username').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByLabel('Six-digit code').fill(totpCode(secret));
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByRole('heading', { name: 'Hello, Vera Vendor' }).waitFor();

      await page.goto(`${server.issuer}/account/data`);
      await page.getByRole('link', { name: 'Delete my account' }).click();
      await page.getByText('1 app loses access').waitFor();
      toNextTotpStep();
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByLabel('Code', { exact: true }).fill(totpCode(secret));
      await page.getByRole('button', { name: 'Delete my account' }).click();
      await page.getByRole('heading', { name: 'Your account is going to be deleted' }).waitFor();

      // The shop is told behind the browser's back.
      await expect
        .poll(async () => {
          await page.goto(shopUrl);
          return page.getByRole('link', { name: 'Sign in' }).count();
        }, SOON)
        .toBeGreaterThan(0);

      await page.goto(lastLink(await mailbox.waitFor(email, { subject: /delet/i }), /keep-account/));
      await page.getByRole('button', { name: 'Keep my account' }).click();
      await page.getByRole('heading', { name: 'Your account stays' }).waitFor();
      expect((await findAccount(server.database.db, id))?.status).toBe('active');
      await context.close();
    },
  );
});

function shippedConfigWithOptionalSecondFactor(): string {
  const configDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-deletion-'));
  cpSync(path.join(import.meta.dirname, '../../config'), configDir, { recursive: true });
  const file = path.join(configDir, 'gatehouse.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('\nmfa: required\n', '\nmfa: optional\n'));
  return configDir;
}
