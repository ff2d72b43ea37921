// The hosted pages in the language that the app asks for (OpenID Connect Core section 3.1.2.1), the person, or the browser.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { enrolsTotp, newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { API, CALLBACK, PASSWORD, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { enrols, errorOf, isBackAtApp, tokensOf, visits, visitsAndSignsIn } from '../support/visits.ts';

const OFFICE = `
client_id: office
client_name: Back Office
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
access: { require_any_role: [vendor] }
`;

const HEBREW = `
client_id: hebrew
client_name: "חנות (3)"
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clients: { office: OFFICE, hebrew: HEBREW } });
  for (const name of ['ada', 'ben', 'cat', 'dan']) await server.person({ email: `${name}@example.test` });
});

afterAll(() => server.stop());

const languageOf = ({ document, page }: Browser): string | undefined => {
  const said = document.querySelector('html')?.getAttribute('lang');
  expect(page.headers.get('content-language')).toBe(said);
  return said;
};

/** As Chromium does: it says where a request comes from. */
const presses = (browser: Browser, language: string): Promise<Browser> => {
  const link = browser.document.querySelectorAll('a[hreflang]').find((each) => each.textContent === language);
  if (link === undefined) throw new Error(`no ${language} on: ${browser.text}`);
  return follow(browser, link.getAttribute('href') ?? '');
};

async function follow(browser: Browser, href: string): Promise<Browser> {
  const url = new URL(href, browser.page.url).href;
  const pressed = await browser.request(url, { headers: { 'sec-fetch-site': 'same-origin' } });
  expect(pressed.status).toBeLessThan(500);
  await pressed.text();
  return browser.open(url);
}

const inGerman = { headers: { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' } };
const germanBrowser = () => newBrowser(inGerman);

test('an app that asks for German gets it from the first page to the last', async () => {
  const params = { client_id: 'ask', scope: 'openid email items:read', resource: API, acr_values: 'mfa' };
  const visit = await visits(server, { ...params, ui_locales: 'fr-CA de-DE en' });
  const { browser } = visit;
  expect([browser.title, languageOf(browser)]).toEqual(['Bei Asking App anmelden', 'de']);
  await browser.submit({ identifier: 'ada@example.test', password: 'not this one' }, 'Anmelden');
  expect(browser.text).toContain('E-Mail-Adresse oder Benutzername und Passwort passen nicht zusammen.');
  expect(browser.document.querySelector('title')?.textContent).toMatch(/^Fehler: /);
  await browser.submit({ identifier: 'ada@example.test', password: PASSWORD }, 'Anmelden');
  expect([browser.title, languageOf(browser)]).toEqual(['Authenticator-App einrichten', 'de']);
  const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';
  await browser.submit({ code: totpCode(key) }, 'Bestätigen');
  expect([browser.title, languageOf(browser)]).toEqual(['Wiederherstellungscodes sichern', 'de']);
  const href = browser.document.querySelector('a[download]')?.getAttribute('href') ?? '';
  const file = await browser.request(new URL(href, browser.page.url).href);
  expect(await file.text()).toMatch(/^Wiederherstellungscodes für Gatehouse\. .*\n\n/);
  await browser.submit({}, 'gesichert');
  expect([browser.title, languageOf(browser)]).toEqual(['Asking App bittet um Zugriff', 'de']);
  expect(browser.text).toContain('Ihre E-Mail-Adresse sehen');
  // As the operator wrote it.
  expect(browser.text).toContain('Bei Example API');
  expect(browser.text).toContain('See your items');
  const { action, data } = browser.form({}, 'Erlauben');
  const last = await browser.request(action, { method: 'POST', form: data });
  expect(await last.text()).toContain('Es geht zurück zu');
  await browser.open(last.url);
  expect(last.headers.get('content-language')).toBe('de');
});

test('the second factor and the refusal are in German too', async () => {
  const { secret } = await enrols(server, { identifier: 'ben@example.test' });
  const visit = await visits(server, { client_id: 'office', ui_locales: 'de' });
  await visit.browser.submit({ identifier: 'ben@example.test', password: PASSWORD }, 'Anmelden');
  expect(visit.browser.title).toBe('Code eingeben');
  await visit.browser.submit({ code: '000000' }, 'Weiter');
  expect(visit.browser.text).toContain('Dieser Code stimmt nicht.');
  movingClock.advance({ seconds: 60 });
  await visit.browser.click('Wiederherstellungscode verwenden');
  expect(visit.browser.title).toBe('Wiederherstellungscode eingeben');
  await visit.browser.submit({ code: totpCode(secret) }, 'Weiter');
  expect([visit.browser.title, languageOf(visit.browser)]).toEqual(['Sie können Back Office nicht benutzen', 'de']);
  expect(visit.browser.page.status).toBe(403);
  await visit.browser.submit({}, 'Zurück zu');
  expect(errorOf(visit)).toBe('access_denied');
});

test('a language we do not have falls back to the browser’s, and then to English', async () => {
  for (const locales of ['fr', 'x-klingon', '', '<b>', 'de_DE', '*']) {
    expect(languageOf((await visits(server, { ui_locales: locales })).browser), locales).toBe('en');
    expect(languageOf((await visits(server, { ui_locales: locales }, germanBrowser())).browser), locales).toBe('de');
  }
  expect(languageOf((await visits(server, { ui_locales: 'en' }, germanBrowser())).browser)).toBe('en');
});

test('a person who chooses another language keeps it, at the next app as well', async () => {
  const { browser } = await visits(server);
  expect(languageOf(browser)).toBe('en');
  await presses(browser, 'Deutsch');
  expect([browser.title, languageOf(browser)]).toEqual(['Bei Web App anmelden', 'de']);
  expect((await browser.cookiesAt(server.issuer))['gatehouse_lang']).toBe('de');
  await browser.submit({ identifier: 'cat@example.test', password: 'wrong' }, 'Anmelden');
  expect(languageOf(browser)).toBe('de');
  expect((await visits(server, { client_id: 'ask' }, browser.newTab())).browser.title).toBe('Bei Asking App anmelden');
  expect(languageOf(await browser.newTab().open(`${server.issuer}/`))).toBe('de');
  expect((await visits(server)).browser.title).toBe('Sign in to Web App');
});

test('a person’s choice also stands against the app’s, to the end of this sign-in', async () => {
  const { browser } = await visits(server, { client_id: 'ask', acr_values: 'mfa', ui_locales: 'de' });
  await browser.submit({ identifier: 'dan@example.test', password: 'wrong' }, 'Anmelden');
  expect(browser.page.status).toBe(400);
  await presses(browser, 'English');
  expect(browser.title).toBe('Sign in to Asking App');
  await signsIn(browser, { identifier: 'dan@example.test' });
  expect(languageOf(browser)).toBe('en');
  await enrolsTotp(browser);
  expect(browser.title).toBe('Asking App asks for access');
});

test('an app, or a link from elsewhere, chooses nothing for the time after', async () => {
  const visit = await visitsAndSignsIn(server, { identifier: 'cat@example.test', params: { ui_locales: 'en' } });
  expect(isBackAtApp(visit)).toBe(true);
  await visit.browser.open(`${server.issuer}/?ui_locales=de`);
  expect(languageOf(visit.browser)).toBe('de');
  expect(await visit.browser.cookiesAt(server.issuer)).not.toHaveProperty('gatehouse_lang');
});

test('error pages follow the browser, and the request where it says more', async () => {
  const browser = germanBrowser();
  await browser.open(`${server.issuer}/nothing-here`);
  expect([browser.title, languageOf(browser)]).toEqual(['Hier gibt es keine Seite', 'de']);
  await browser.open(`${server.issuer}/interaction/x?client=web`);
  expect(browser.title).toBe('Diese Anmeldung ist beendet');
  expect(browser.text).toContain('Zurück zu Web App');
  await browser.open(`${server.issuer}/auth?client_id=nobody`);
  expect(browser.title).toBe('Dieser Anmelde-Link funktioniert nicht');
  expect(browser.text).toContain('invalid_client');
  await browser.open(`${server.issuer}/auth?client_id=web&redirect_uri=https://x.example&ui_locales=en`);
  expect(browser.title).toBe('Web App could not sign you in');
  const { browser: forged } = await visits(server, {}, germanBrowser());
  const { action, data } = forged.form({ password: 'x' });
  const refused = await forged.request(action, { method: 'POST', form: { ...data, csrf: 'x' } });
  expect([refused.status, await refused.text()]).toEqual([
    403,
    expect.stringContaining('kam nicht von einer aktuellen'),
  ]);
});

test('signing out is in the language that the app asks for, to its last page', async () => {
  const { browser } = await visitsAndSignsIn(server, { identifier: 'cat@example.test' });
  await browser.open(`${server.issuer}/session/end?ui_locales=de-CH`);
  expect([browser.title, languageOf(browser)]).toEqual(['Abmelden?', 'de']);
  await browser.submit({}, 'Abmelden');
  expect([browser.title, languageOf(browser)]).toEqual(['Sie sind abgemeldet', 'de']);
  await browser.open(`${server.issuer}/session/end?ui_locales=de`);
  expect(browser.title).toBe('Sie sind abgemeldet');
  const visit = await visitsAndSignsIn(server, { identifier: 'cat@example.test' });
  const { idTokenText } = await tokensOf(server, visit);
  await visit.browser.open(`${server.issuer}/session/end?id_token_hint=${idTokenText}&ui_locales=de`);
  expect(visit.browser.title).toBe('Sie sind abgemeldet');
});

test('discovery says which languages there are', async () => {
  const metadata = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
  expect(metadata).toMatchObject({ ui_locales_supported: ['en', 'de'] });
});

test('a name that is written the other way stands apart in a sentence, and turns nothing around', async () => {
  const inWindow = async (client_id: string) => {
    const { browser } = await visits(server, { client_id });
    return browser.document.querySelector('title')?.textContent;
  };
  expect(await inWindow('hebrew')).toContain('Sign in to \u2068חנות (3)\u2069');
  expect(await inWindow('ask')).toMatch(/^Sign in to Asking App\b/);
});
