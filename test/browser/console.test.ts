// An administrator lets somebody sell in the demo shop, and stops it again: by clicks in the console, in a real browser.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumAvailable } from '../support/chromium.ts';
import { type Demo, signInAndEnrol, startDemo } from '../support/demo-shop.ts';
import type { TestServer } from '../support/start-server.ts';

describe.skipIf(!chromiumAvailable())('the menu of the demo shop', () => {
  let demo: Demo;
  let server: TestServer;
  let shopUrl: string;
  let browser: Browser;

  beforeAll(async () => {
    demo = await startDemo();
    ({ server, shopUrl, browser } = demo);
  });

  afterAll(() => demo?.stop());

  test.for([
    { javaScriptEnabled: true, viewport: { width: 1280, height: 900 } },
    { javaScriptEnabled: false, viewport: { width: 390, height: 844 } },
  ])('follows what an administrator does in the console, at the next refresh ($javaScriptEnabled)', async (options) => {
    // Names that the shop has never heard of: what counts is the permission.
    const way = options.javaScriptEnabled ? 'scripted' : 'plain';
    const made = { role: `market-stall-${way}`, group: `saturday-${way}`, email: `mira-${way}@example.test` };
    const mira = await signsInAtShop(options, made.email);
    const console_ = await signsInAtConsole(options, `ada-${way}@example.test`);
    expect(await menuOf(mira)).toEqual(['Browse']);

    await makesRole(console_, made.role, 'listings:write');
    await makesGroup(console_, made.group, made.role);
    await refreshTokens(mira);
    expect(await menuOf(mira)).toEqual(['Browse']);

    await console_.getByLabel('E-mail, username or id').fill(made.email);
    await console_.getByRole('button', { name: 'Add somebody' }).click();
    await console_.getByText('Added.').waitFor();
    expect(await menuOf(mira)).toEqual(['Browse']);
    await refreshTokens(mira);
    expect(await menuOf(mira)).toEqual(['Browse', 'My listings', 'Earnings']);
    await mira.getByRole('link', { name: 'My listings' }).first().click();
    await mira.getByRole('heading', { name: 'My listings' }).waitFor();

    await console_.getByRole('button', { name: `Remove ${made.email}` }).click();
    await console_.getByText('Removed.').waitFor();
    await refreshTokens(mira);
    expect(await menuOf(mira)).toEqual(['Browse']);
    expect((await mira.goto(`${shopUrl}/my-listings`))?.status()).toBe(403);
    await mira.context().close();
    await console_.context().close();
  });

  async function signsInAtShop(options: BrowserContextOptions, email: string): Promise<Page> {
    await server.person({ email, name: 'Mira' });
    const page = await (await browser.newContext(options)).newPage();
    await page.goto(shopUrl);
    await page.getByRole('link', { name: 'Sign in' }).first().click();
    await signInAndEnrol(page, email);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Hello, Mira' }).waitFor();
    return page;
  }

  async function signsInAtConsole(options: BrowserContextOptions, email: string): Promise<Page> {
    await server.person({ email, name: 'Ada', roles: ['gatehouse:admin'] });
    const page = await (await browser.newContext(options)).newPage();
    await page.goto(`${server.issuer}/admin`);
    await signInAndEnrol(page, email);
    await page.getByRole('heading', { name: 'Administration' }).waitFor();
    return page;
  }

  async function refreshTokens(page: Page): Promise<void> {
    await page.goto(`${shopUrl}/account`);
    await page.getByRole('button', { name: 'Refresh tokens' }).click();
    await page.getByText('Your tokens are new.').waitFor();
  }
});

async function makesRole(page: Page, name: string, permission: string): Promise<void> {
  await goesTo(page, 'Roles');
  await page.getByRole('link', { name: 'New role' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('What it is for').fill('Sells on Saturdays');
  await page.getByRole('button', { name: 'New role' }).click();
  await page.getByText('The role was made.').waitFor();
  await switchesOn(page, permission);
}

async function makesGroup(page: Page, name: string, role: string): Promise<void> {
  await goesTo(page, 'Groups');
  await page.getByRole('link', { name: 'New group' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('What it is for').fill('The market on Saturdays');
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByText('The group was made.').waitFor();
  await switchesOn(page, role);
}

/** By the menu, which a narrow window folds away. */
async function goesTo(page: Page, name: string): Promise<void> {
  const folded = page.locator('details.account-menu > summary');
  if (await folded.isVisible()) await folded.click();
  await page.getByRole('link', { name, exact: true }).click();
}

async function switchesOn(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, pressed: false }).click();
  await page.getByRole('button', { name, pressed: true }).waitFor();
}

const menuOf = (page: Page): Promise<string[]> => page.locator('nav.menu a').allTextContents();
