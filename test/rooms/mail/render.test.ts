// Every mail in every language: what it says, what it shows of what people have chosen, and what it leads to.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accentColours } from '../../../src/config/branding/accent-colours.ts';
import type { MailMessage, MailName } from '../../../src/mail/messages.ts';
import { mailRenderer } from '../../../src/mail/render.ts';
import { LANGUAGES } from '../../../src/texts/messages.ts';
import { PSEUDO_LOCALE } from '../../../src/texts/pseudo-locale.ts';
import { ROOT } from '../../architecture/sources.ts';
import { elementsOf } from '../views/markup.ts';
import { MAILS } from './samples.ts';

const sender = {
  product: 'Gatehouse',
  issuer: 'https://auth.example.com',
  branding: { colours: undefined, supportUrl: undefined },
  viewsDir: join(ROOT, 'views'),
};
const at = new Date('2026-05-04T10:00:00Z');
const render = mailRenderer(sender);
const names = Object.keys(MAILS) as MailName[];

/** Every address that one can follow, in order. */
const linksIn = (html: string): string[] =>
  elementsOf(html).flatMap(({ tag, attributes }) => (tag === 'a' ? (attributes.get('href') ?? []) : []));

describe.each([...LANGUAGES, PSEUDO_LOCALE])('in %s', (language) => {
  test.each(names)('%s says the same as HTML and as text, and shows the address behind its button', (name) => {
    const message = MAILS[name];
    const { html, text, subject, link } = render(message, { language, at });
    expect(subject).not.toMatch(/\p{Cc}/u);
    expect(text.startsWith(subject)).toBe(true);
    const root = elementsOf(html).find(({ tag }) => tag === 'html');
    expect([root?.attributes.get('lang'), root?.attributes.get('dir')]).toEqual([
      language,
      language === PSEUDO_LOCALE ? 'rtl' : 'ltr',
    ]);
    const links = Object.values(message).filter((value) => typeof value === 'string' && value.startsWith('https://'));
    expect(new Set(linksIn(html).map((href) => href.split('?')[0]))).toEqual(
      new Set([...links, ...(link === undefined ? [] : [link])].map((href) => String(href).split('?')[0])),
    );
    for (const href of linksIn(html)) expect(text).toContain(href);
    expect(html).not.toMatch(/<script|<link|<img|\burl\(|@import|\bon\w+=/);
    expect(text).not.toMatch(/undefined|\[object|\{\w+\}/);
    expect(html).not.toMatch(/undefined|\[object|\{\w+\}(?!\s*[.@}])/);
  });
});

test('German mails have German words, dates and units', () => {
  const { text, subject } = render(MAILS.reset_password, { language: 'de', at });
  expect(subject).toBe('Wählen Sie ein neues Passwort');
  expect(text).toContain('20 Minuten');
  expect(text).toContain('4. Mai 2026');
});

test('a language that there are no texts in becomes English', () => {
  expect(render(MAILS.welcome, { language: 'xx', at })).toMatchObject({
    language: 'en',
    subject: 'Welcome to Gatehouse',
  });
});

test('a code is shown in two groups', () => {
  expect(render(MAILS.verify_email, { language: 'en', at }).text).toContain('    4071 3862\n');
});

test('codes that are left are counted', () => {
  const text = (left: number) => render({ ...MAILS.recovery_code_used, left }, { language: 'en', at }).text;
  expect(text(1)).toContain('One code is left.');
  expect(text(0)).toContain('0 codes are left.');
});

test('an address that nothing can undo has no button', () => {
  const { html, link } = render({ mail: 'email_changed', newEmail: 'jane@new.example' }, { language: 'en', at });
  expect([link, linksIn(html)]).toEqual([undefined, []]);
});

test('an operator’s colour and address for help are in them', () => {
  const colours = accentColours('#7c2d92');
  const branded = mailRenderer({ ...sender, branding: { colours, supportUrl: 'mailto:help@example.com' } });
  const { html, text } = branded(MAILS.welcome, { language: 'en', at });
  expect(html).toContain(colours.light.accent);
  expect(html).toContain(colours.dark.accent);
  expect(html).not.toContain('#1c5b4c');
  expect(linksIn(html)).toContain('mailto:help@example.com');
  expect(text).toContain('Help: help@example.com');
});

describe('what people choose', () => {
  const hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>\r\nBcc: eve@evil.test\u202e';
  const where = { device: hostile, address: hostile };
  const all: MailMessage[] = [
    { ...MAILS.verify_email, app: hostile },
    { ...MAILS.factor_added, factor: hostile, where },
    { ...MAILS.factor_removed, factor: hostile, where },
    { ...MAILS.email_changed, newEmail: hostile },
    { ...MAILS.email_change_requested, newEmail: hostile, where },
    { ...MAILS.reset_password, where },
    { ...MAILS.new_device, where },
  ];

  test.each(all)('is text in $mail, and nothing else', (message) => {
    const { html, subject } = render(message, { language: 'en', at });
    expect(elementsOf(html).filter(({ tag }) => tag === 'img' || tag === 'script')).toEqual([]);
    expect(html).toContain('&lt;script&gt;');
    expect(subject).not.toMatch(/[\r\n]/);
  });

  test('is text in the name of the product too', () => {
    const { html, subject } = mailRenderer({ ...sender, product: hostile })(MAILS.welcome, { language: 'en', at });
    expect(elementsOf(html).filter(({ tag }) => tag === 'img' || tag === 'script')).toEqual([]);
    expect(subject).not.toMatch(/[\r\n]/);
  });
});
