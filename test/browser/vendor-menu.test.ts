// What somebody may do in the demo shop comes through a role, on a group, that they are put into and taken out of.
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createShop } from '../../examples/shop/shop.ts';
import { createGroup } from '../../src/roles/groups.ts';
import { addMember, removeMember } from '../../src/roles/members.ts';
import { createRole } from '../../src/roles/roles.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { signInAndEnrol } from '../support/demo-shop.ts';
import { freePort, startTestServer, type TestServer } from '../support/start-server.ts';

const SHIPPED_CONFIG = path.join(import.meta.dirname, '../../config');

describe.skipIf(!chromiumAvailable())('the menu of the demo shop', () => {
  let server: TestServer;
  let shop: ReturnType<typeof createShop>;
  let shopUrl: string;
  let browser: Browser;

  beforeAll(async () => {
    shopUrl = `http://localhost:${await freePort()}`;
    server = await startTestServer({ configDir: SHIPPED_CONFIG, env: { SHOP_URL: shopUrl }, demoUrl: shopUrl });
    const clientSecret = 'gatehouse-demo-shop-secret-only-for-development';
    shop = createShop({ url: shopUrl, issuer: server.issuer, clientId: 'shop', clientSecret });
    await shop.listen();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await server?.stop();
  });

  test('follows a role that is put on a group, and the people in it, at the next refresh', async () => {
    const { deps } = server;
    const { id } = await server.person({ email: 'mira@example.test', name: 'Mira' });
    const page = await (await browser.newContext()).newPage();
    await page.goto(shopUrl);
    await page.getByRole('link', { name: 'Sign in' }).first().click();
    await signInAndEnrol(page, 'mira@example.test');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Hello, Mira' }).waitFor();
    expect(await menuOf(page)).toEqual(['Browse']);

    // A name that the shop has never heard of: what counts is what the role carries.
    const permissions = [{ resource: 'shop', name: 'listings:write' }];
    const role = { name: 'market-stall', description: 'Sells on Saturdays', permissions };
    expect(await createRole(deps, role)).toMatchObject({ outcome: 'created' });
    const group = { name: 'saturday', description: 'Saturday market', roles: ['market-stall'] };
    expect(await createGroup(deps, group)).toMatchObject({ outcome: 'created' });
    expect(await addMember(deps, { group: 'saturday', accountId: id })).toBe('added');
    expect(await menuOf(page)).toEqual(['Browse']);
    await refreshTokens(page);
    expect(await menuOf(page)).toEqual(['Browse', 'My listings', 'Earnings']);
    await page.getByRole('link', { name: 'My listings' }).first().click();
    await page.getByRole('heading', { name: 'My listings' }).waitFor();

    expect(await removeMember(deps.db, { group: 'saturday', accountId: id })).toBe('removed');
    await refreshTokens(page);
    expect(await menuOf(page)).toEqual(['Browse']);
    const answer = await page.goto(`${shopUrl}/my-listings`);
    expect(answer?.status()).toBe(403);
  });

  async function refreshTokens(page: Page): Promise<void> {
    await page.goto(`${shopUrl}/account`);
    await page.getByRole('button', { name: 'Refresh tokens' }).click();
    await page.getByText('Your tokens are new.').waitFor();
  }
});

const menuOf = (page: Page): Promise<string[]> => page.locator('nav.menu a').allTextContents();
