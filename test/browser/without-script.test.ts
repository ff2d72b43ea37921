// Every page, in a real browser that runs no script: a person gets there, and everything it offers works.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { PAGES, startStage } from '../support/every-page.ts';
import type { TestServer } from '../support/start-server.ts';

describe.skipIf(!chromiumAvailable())('without JavaScript', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startStage();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const newPage = async (javaScriptEnabled: boolean): Promise<Page> =>
    (await browser.newContext({ javaScriptEnabled })).newPage();

  test.for(PAGES)('$view, $state: is reached, and shows no button that only script could answer', async (each) => {
    const page = await newPage(false);
    await each.open({ server, page });
    expect(await page.locator('main h1').textContent()).toContain(each.heading);
    expect(await deadButtons(page)).toEqual([]);
    expect(await page.locator('form:not([method])').count()).toBe(0);
    expect(await page.locator(SAID_BY_GET).count()).toBe(0);
    expect(await page.locator('a:not([href]), a[href^="javascript:" i], a[href="#"]').count()).toBe(0);
    await page.context().close();
  });

  test('such buttons would be found: with script there are some', async () => {
    const signIn = PAGES.find(({ view }) => view === 'interactions/sign-in');
    const page = await newPage(true);
    await signIn?.open({ server, page });
    expect((await deadButtons(page)).length).toBeGreaterThan(0);
    await page.context().close();
  });
});

/** A form that asks, as a search does, puts what it holds into the address: nothing secret may stand in it, and no token. */
const SAID_BY_GET = ['password', 'hidden'].map((type) => `form[method="get" i] input[type="${type}"]`).join(', ');

/** Buttons that a person sees and that send no form. */
const deadButtons = (page: Page): Promise<string[]> =>
  page
    .locator(':is(button, input[type=button], [role=button]):visible:not(form button[type=submit])')
    .allTextContents();
