// What axe finds on every page, in light and dark, narrow and wide: nothing (WCAG 2.2 A and AA, and its best practices).
import { readdirSync } from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailRenderer } from '../../src/mail/render.ts';
import { PSEUDO_LOCALE } from '../../src/texts/pseudo-locale.ts';
import { MAILS } from '../rooms/mail/samples.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { PAGES, type PageState, startStage } from '../support/every-page.ts';
import type { TestServer } from '../support/start-server.ts';

const VIEWS = path.join(import.meta.dirname, '../../views');

/** A directory to keep pictures of all pages in, for people to look at; none are made without it. */
const pictures = process.env['SCREENSHOTS'];

const SIGHTS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [390, 1280].map((width) => ({ colorScheme, width, name: `${colorScheme}-${width}` })),
);
/** Each scheme and each width once; axe takes its time, so that further states of a page are looked into once. */
const EXAMINED = new Set(['light-390', 'dark-1280']);
const EXAMINED_AGAIN = new Set(['light-390']);

const isFirstState = ({ view, state }: PageState): boolean => PAGES.find((each) => each.view === view)?.state === state;

/** Rules for whole pages; a mail is shown within the page of a mail program. */
const LANDMARKS = ['landmark-one-main', 'region'];

const renderMail = mailRenderer({
  product: 'Gatehouse',
  issuer: 'https://auth.example.com',
  branding: { colours: undefined, supportUrl: 'mailto:help@example.com' },
  viewsDir: VIEWS,
});

test('every page there is stands on the list', () => {
  const views = readdirSync(VIEWS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pug') && !/^(layouts|mixins|mail)\b/.test(name))
    .map((name) => name.replace(/\.pug$/, ''));
  expect([...new Set(PAGES.map(({ view }) => view))].sort()).toEqual(views.sort());
});

describe.skipIf(!chromiumAvailable())('in a real browser', () => {
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

  test.for(PAGES)('$view, $state: axe finds nothing, and nothing is cut off', async (pageState) => {
    const { view, state, heading, open } = pageState;
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    await open({ server, page });
    expect(await page.locator('main h1').textContent()).toContain(heading);
    for (const sight of SIGHTS) {
      await page.emulateMedia({ colorScheme: sight.colorScheme });
      await page.setViewportSize({ width: sight.width, height: 900 });
      if (pictures !== undefined) {
        const file = `${view}-${state}-${sight.name}.png`.replaceAll(/[^\w.-]/g, '-');
        await page.screenshot({ path: path.join(pictures, file), fullPage: true });
      }
      const examined = isFirstState(pageState) ? EXAMINED : EXAMINED_AGAIN;
      if (examined.has(sight.name)) expect(await violations(page), `${view}, ${state}, ${sight.name}`).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), 'as wide as the window').toBeLessThanOrEqual(
        sight.width,
      );
    }
    await fromRightToLeft(page, `${view}-${state}`);
    await context.close();
  });

  test.for(Object.values(MAILS))('the mail $mail: axe finds nothing, and nothing is cut off', async (message) => {
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    for (const language of ['en', PSEUDO_LOCALE]) {
      await page.setContent(renderMail(message, { language, at: new Date('2026-05-04T10:00:00Z') }).html);
      for (const sight of SIGHTS) {
        await page.emulateMedia({ colorScheme: sight.colorScheme });
        await page.setViewportSize({ width: sight.width, height: 900 });
        if (pictures !== undefined) {
          await page.screenshot({ path: path.join(pictures, `mail-${message.mail}-${language}-${sight.name}.png`) });
        }
        const isExamined = EXAMINED.has(sight.name) && language === 'en';
        if (isExamined) expect(await violations(page, LANDMARKS), sight.name).toEqual([]);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect(wide, 'as wide as the window').toBeLessThanOrEqual(sight.width);
      }
    }
    await context.close();
  });

  test('axe is not blind here: it finds a field without a name', async () => {
    const context = await browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(`${server.issuer}/`);
    await page.evaluate("document.querySelector('main').append(document.createElement('input'))");
    expect((await violations(page)).join()).toContain('label');
    await context.close();
  });
});

/** The same address in the pseudo-locale: long words, the other way round, and still nothing sticks out. */
async function fromRightToLeft(page: Page, name: string): Promise<void> {
  const address = new URL(page.url());
  address.searchParams.set('ui_locales', PSEUDO_LOCALE);
  // For an address that leads on to another one.
  await page.context().addCookies([{ name: 'gatehouse_lang', value: PSEUDO_LOCALE, url: address.origin }]);
  await page.goto(String(address));
  expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    if (pictures !== undefined) {
      const file = `${name}-right-to-left-${width}.png`.replaceAll(/[^\w.-]/g, '-');
      await page.screenshot({ path: path.join(pictures, file), fullPage: true });
    }
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    expect(wide, 'as wide as the window, from right to left').toBeLessThanOrEqual(width);
  }
}

async function violations(page: Page, but: readonly string[] = []): Promise<string[]> {
  const results = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .disableRules([...but])
    .analyze();
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}
