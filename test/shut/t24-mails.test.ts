// T24, in mails: what people and apps are called is text there too, for whoever opens the mail in a browser.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MailMessage } from '../../src/mail/messages.ts';
import { mailRenderer } from '../../src/mail/render.ts';
import { ROOT } from '../architecture/sources.ts';
import { MAILS } from '../rooms/mail/samples.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { PAYLOADS } from './payloads.ts';

const ADVISORIES = 'Zitadel CVE-2024-41953 (HTML in mails); Authelia CVE-2026-33525';

const render = (product: string, message: MailMessage) =>
  mailRenderer({
    product,
    issuer: 'https://auth.example.test',
    branding: { colours: undefined, supportUrl: undefined },
    viewsDir: join(ROOT, 'views'),
  })(message, { language: 'en', at: new Date('2026-05-04T10:00:00Z') });

/** Each field that somebody else fills in, with the same words in all of them. */
const mailsSaying = (text: string): readonly { readonly html: string; readonly subject: string }[] => [
  render('Gatehouse', { ...MAILS.verify_email, app: text }),
  render('Gatehouse', { ...MAILS.factor_added, factor: text, where: { device: text, address: text } }),
  render('Gatehouse', { ...MAILS.email_changed, newEmail: text }),
  render(text, MAILS.welcome),
];

describe.skipIf(!chromiumAvailable())(`T24 in mails (${ADVISORIES})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test('names of people, apps, devices and the product run nothing, load nothing, and are shown as they are', async () => {
    const page = await browser.newPage();
    const happened: string[] = [];
    page.on('dialog', (dialog) => {
      happened.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('request', (request) => happened.push(request.url()));
    let tried = 0;
    for (const payload of PAYLOADS) {
      for (const { html, subject } of mailsSaying(payload)) {
        await page.setContent(html);
        const shown = await page.locator('body').innerText();
        expect(shown.replaceAll(/\s+/g, ' ')).toContain(payload.replaceAll(/\s+/g, ' ').trim());
        expect(
          await page.locator('script, img, iframe, object, svg, form, [onerror], [onload], [onclick]').count(),
        ).toBe(0);
        expect(subject).not.toMatch(/[\r\n]/);
        tried += 1;
      }
    }
    expect(happened.filter((what) => !what.startsWith('about:'))).toEqual([]);
    expect(tried).toBe(PAYLOADS.length * 4);
  }, 120_000);
});
