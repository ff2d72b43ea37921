import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { lookUp } from '../../../src/http/language.ts';
import { renderPage } from '../../../src/http/page.ts';
import { CATALOGUES, LANGUAGES, type MessageKey, textsIn } from '../../../src/texts/messages.ts';
import { filesBelow, ROOT } from '../../architecture/sources.ts';
import { AT_ISSUER, serveBehindFront } from './support.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const keys = Object.keys(CATALOGUES.en) as MessageKey[];
const placesIn = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe('the catalogues', () => {
  test.each(LANGUAGES)('have the same keys with the same places for values in %s', (language) => {
    expect(Object.keys(CATALOGUES[language])).toEqual(keys);
    const differing = keys.filter(
      (key) => String(placesIn(CATALOGUES[language][key])) !== String(placesIn(CATALOGUES.en[key])),
    );
    expect(differing).toEqual([]);
  });

  test.each(LANGUAGES)(
    'are files of plain text in %s: no markup, no blanks at the ends, no stray brace',
    (language) => {
      const wrong = Object.values(CATALOGUES[language]).filter(
        (text) => /[<>&"]|^\s|\s$|\s\s/.test(text) || /[{}]/.test(text.replaceAll(/\{\w+\}/g, '')) || text === '',
      );
      expect(wrong).toEqual([]);
    },
  );

  test('are all there are', () => {
    const subjects = (language: string) =>
      filesBelow(`views/locales/${language}`).map((file) => file.slice(`views/locales/${language}/`.length));
    for (const language of LANGUAGES) expect(subjects(language)).toEqual(subjects('en'));
    const put = read('src/texts/catalogues.ts');
    expect(filesBelow('views/locales').filter((file) => !put.includes(file))).toEqual([]);
  });

  test('hold no text that nothing shows', () => {
    const sources = ['src', 'views'].flatMap(filesBelow).filter((file) => /\.(?:ts|pug)$/.test(file));
    const all = sources.map(read).join('\n');
    const composed =
      /^(?:(?:refused\.(?:title\.)?|back\.|cancel\.|differs\.)\w+|mail\.\w+\.(?:subject|text|otherwise)|(?:fix|event)\..+|accounts\.(?:(?:sort|status)\.\w+|(?:create|invite)\.(?:lead|done)))$/;
    // One for each name in audit/events.ts, which the compiler holds against this.
    // A case has two texts; which cases there are stands in explanations/facts.ts, and the compiler holds the two together.
    const ofCases = new Set(keys.filter((key) => key.startsWith('fix.')).map((key) => key.replace('fix', 'explain')));
    const named = (key: string) => all.includes(`'${key.replace(/\.(?:one|other)$/, '')}'`);
    expect(keys.filter((key) => !composed.test(key) && !ofCases.delete(key) && !named(key))).toEqual([]);
    expect([...ofCases]).toEqual([]);
  });

  test.each(LANGUAGES)('count in %s: whatever has one form has every form that the language knows', (language) => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const counted = keys.flatMap((key) => (key.endsWith('.one') ? [key.slice(0, -'.one'.length)] : []));
    const missing = counted
      .flatMap((key) => forms.map((form) => `${key}.${form}`))
      .filter((key) => !keys.includes(key as MessageKey));
    expect(missing).toEqual([]);
  });

  test('say in English what a refusal says to programs, word for word', () => {
    const files = filesBelow('src').filter((file) => file.endsWith('.ts') && file !== 'src/errors.ts');
    const refusals = files.flatMap((file) => [...read(file).matchAll(/new Refusal\(\{([\s\S]*?)\}\)/g)]);
    const said = refusals.map(([, body = '']) => ({
      reason: /reason: '(\w+)'/.exec(body)?.[1],
      message: /message: '([^']+)'/.exec(body)?.[1],
    }));
    expect(said.length).toBeGreaterThan(12);
    const english: Readonly<Record<string, string>> = CATALOGUES.en;
    expect(said.filter(({ reason, message }) => english[`refused.${reason}`] !== message)).toEqual([]);
  });
});

describe('a text', () => {
  const t = textsIn('de');

  test('has its values in their places, and never reads them as text with places', () => {
    expect(t('back.app', { app: '{app} & <b>' })).toBe('Zurück zu {app} & <b>');
    expect(t.parts('sign_in.title', { app: 'Shop' })).toEqual([
      { text: 'Bei ' },
      { text: 'Shop', name: 'app' },
      { text: ' anmelden' },
    ]);
  });

  test('that does not exist, or lacks a value, is a defect', () => {
    expect(() => t('unknown' as MessageKey)).toThrow('no text unknown');
    expect(() => t('toString' as MessageKey)).toThrow('no text toString');
    expect(() => t('back.app')).toThrow('back.app needs a value for app');
    expect(() => t('back.app', { name: 'Shop' })).toThrow('needs a value for app');
  });

  test.each([
    [0.2, 'in 1 second', 'in 1 Sekunde'],
    [89, 'in 89 seconds', 'in 89 Sekunden'],
    [90, 'in 2 minutes', 'in 2 Minuten'],
    [3541, 'in 60 minutes', 'in 60 Minuten'],
    [5400, 'in 2 hours', 'in 2 Stunden'],
  ])('tells %d seconds from now, rounded up', (seconds, english, german) => {
    expect([textsIn('en').inTime(seconds), t.inTime(seconds)]).toEqual([english, german]);
  });
});

test('numbers and lists are written as each language writes them', () => {
  expect([textsIn('en').number(12345.6), textsIn('de').number(12345.6)]).toEqual(['12,345.6', '12.345,6']);
  expect([textsIn('en').list(['a', 'b', 'c']), textsIn('de').list(['a', 'b', 'c'])]).toEqual([
    'a, b, and c',
    'a, b und c',
  ]);
});

test.each([
  [['de'], 'de'],
  [['de-AT'], 'de'],
  [['DE-ch-1996'], 'de'],
  [['zh-Hant-TW', 'de-Latn-x-bank', 'en'], 'de'],
  [['fr-CA', 'en-GB'], 'en'],
  [['*'], undefined],
  [['deu', 'german', 'de_AT', ''], undefined],
  [['-', '-de', '--', 'x-de'], undefined],
  [['__proto__', 'constructor', 'toString'], undefined],
  [[...Array<string>(20).fill('fr'), 'de'], undefined],
  [[], undefined],
])('of %j the language that fits is %s', (ranges, language) => {
  expect(lookUp(ranges)).toBe(language);
});

describe('a page', () => {
  const VIEWS = {
    'page.pug':
      "p= lang\np= t('sign_in.submit')\neach each in languages\n  if each.href\n    a(href=each.href)= each.name",
  };
  const show: Koa.Middleware = async (ctx) => renderPage(ctx, 'page');

  async function ask(path: string, headers: Record<string, string> = {}, use = show, method = 'GET') {
    const app = await serveBehindFront([use], { views: VIEWS });
    const answer = await app.ask(path, { method, headers: { ...AT_ISSUER, ...headers } });
    const [, language] = /<p>(\w+)<\/p>/.exec(answer.body) ?? [];
    const links = [...answer.body.matchAll(/<a href="([^"]*)">(\w+)/g)].map(([, href, name]) => [name, href]);
    return { ...answer, language, links, cookies: answer.headers['set-cookie'] ?? [] };
  }

  test('is in English for whom nothing else fits, and says so', async () => {
    for (const preference of [undefined, 'fr', '*', 'de;q=0', ';;;', 'x'.repeat(500)]) {
      const answer = await ask('/', preference === undefined ? {} : { 'accept-language': preference });
      expect([answer.language, answer.headers['content-language']]).toEqual(['en', 'en']);
    }
  });

  test('follows the browser, then the cookie, then the request, then its address', async () => {
    const german = { 'accept-language': 'fr, de-AT;q=0.9, en;q=0.8' };
    expect(await ask('/', german)).toMatchObject({ language: 'de', headers: { 'content-language': 'de' } });
    const english = { ...german, cookie: '__Host-gatehouse_lang=en' };
    expect((await ask('/', english)).language).toBe('en');
    const requested: Koa.Middleware = async (ctx, next) => {
      ctx.state.uiLocales = 'fr de';
      await show(ctx, next);
    };
    expect((await ask('/', english, requested)).language).toBe('de');
    expect((await ask('/?ui_locales=en-GB', english, requested)).language).toBe('en');
  });

  test('falls back where what is asked for does not exist or makes no sense', async () => {
    const german = { 'accept-language': 'de' };
    for (const query of ['ui_locales=fr', 'ui_locales=', 'ui_locales=en&ui_locales=en', 'ui_locales[x]=en', 'x=en']) {
      expect((await ask(`/?${query}`, german)).language, query).toBe('de');
    }
    expect((await ask('/', { ...german, cookie: '__Host-gatehouse_lang=<b>' })).language).toBe('de');
  });

  test('links to itself in the other language, with the rest of its query, and to nowhere else', async () => {
    expect((await ask('/x?client=a%26b&ui_locales=en')).links).toEqual([
      ['Deutsch', '?client=a%26b&amp;ui_locales=de'],
    ]);
    expect((await ask('//elsewhere.example/?ui_locales=de')).links).toEqual([['English', '?ui_locales=en']]);
    expect((await ask(`/?a="><script>1</script>`.replaceAll('<', '%3C'))).body).not.toContain('<script>');
  });

  test('that answers a form links to where it can be seen again, if that is known', async () => {
    expect((await ask('/form?a=1', {}, show, 'POST')).links).toEqual([]);
    const known: Koa.Middleware = async (ctx, next) => {
      ctx.state.pageAddress = '/page?a=1';
      await show(ctx, next);
    };
    expect((await ask('/form?a=1', {}, known, 'POST')).links).toEqual([['Deutsch', '/page?a=1&amp;ui_locales=de']]);
  });

  test('remembers the language that was chosen at a page of ours', async () => {
    const pressed = [{ 'sec-fetch-site': 'same-origin' }, { referer: 'https://op.example/interaction/x' }];
    for (const headers of pressed) {
      const [cookie = '', ...others] = (await ask('/?ui_locales=de', headers)).cookies;
      expect(others).toEqual([]);
      expect(cookie).toMatch(/^__Host-gatehouse_lang=de; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/);
    }
  });

  test('remembers nothing that an app, another site or a bookmark asked for, nor a language that does not exist', async () => {
    const elsewhere: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'cross-site', referer: 'https://op.example/' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { referer: 'https://op.example.evil.test/' },
    ];
    for (const headers of elsewhere) expect((await ask('/?ui_locales=de', headers)).cookies).toEqual([]);
    expect((await ask('/?ui_locales=fr', { 'sec-fetch-site': 'same-origin' })).cookies).toEqual([]);
  });

  test('of an error follows the browser, and an answer to a program says no language', async () => {
    const app = await serveBehindFront([], { views: { 'errors/refused.pug': 'p= title\np= message' } });
    const german = { ...AT_ISSUER, 'accept-language': 'de' };
    const page = await app.ask('/nowhere', { headers: { ...german, accept: 'text/html' } });
    expect(page.body).toContain('Hier gibt es keine Seite');
    expect(page.body).toContain('Vielleicht enthält die Adresse einen Tippfehler');
    const problem = await app.ask('/nowhere', { headers: { ...german, accept: 'application/json' } });
    expect(JSON.parse(problem.body)).toMatchObject({ detail: CATALOGUES.en['refused.unknown_address'] });
    expect(problem.headers).not.toHaveProperty('content-language');
  });
});
