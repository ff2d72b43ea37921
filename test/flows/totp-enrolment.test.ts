// Setting up an authenticator app in the middle of a sign-in.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enrolsTotp, totpCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import {
  confirmsPassword,
  databaseAsText,
  errorOf,
  isBackAtApp,
  tokensOf,
  toNextTotpStep,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

const KEY = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/;
const RECOVERY_CODES = /[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g;
const params = { acr_values: 'mfa' };

/** Six digits that are not this secret's code, now or one step away. */
function wrongCode(secret: string): string {
  const right = [-1, 0, 1].map((step) => totpCode(secret, step));
  return ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? '';
}

test('the enrolment page has a QR code, the key in text and nothing from elsewhere', async () => {
  await server.person({ email: 'ann@example.test' });
  const { browser } = await visitsAndSignsIn(server, { identifier: 'ann@example.test', params });
  expect(browser.page.status).toBe(200);
  expect(browser.title).toBe('Set up your authenticator app');
  expect(browser.text).toContain('ann@example.test');
  const qr = browser.document.querySelector('.qr svg');
  expect(qr?.querySelectorAll('path,rect').length).toBeGreaterThan(0);
  const key = KEY.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';
  const links = browser.document.querySelectorAll('a').map((link) => link.getAttribute('href') ?? '');
  const otpauth = new URL(links.find((href) => href.startsWith('otpauth:')) ?? '');
  expect(otpauth.searchParams.get('secret')).toBe(key);
  expect(otpauth.searchParams.get('issuer')).toBe('Gatehouse');
  expect(decodeURIComponent(otpauth.pathname)).toContain('ann@example.test');
  const fetched = browser.document.querySelectorAll('[src],link,use,image').flatMap((element) => {
    return ['src', 'href', 'xlink:href'].map((name) => element.getAttribute(name) ?? '').filter(Boolean);
  });
  expect(fetched.filter((address) => !address.startsWith('/assets/'))).toEqual([]);
  const field = browser.document.querySelector('input[name=code]');
  expect(field?.getAttribute('autocomplete')).toBe('one-time-code');
  expect(field?.getAttribute('inputmode')).toBe('numeric');
});

test('a wrong code, a reload and coming back keep the same key; each sign-in has its own', async () => {
  await server.person({ email: 'bea@example.test' });
  const { browser } = await visitsAndSignsIn(server, { identifier: 'bea@example.test', params });
  const address = browser.page.url;
  const key = KEY.exec(browser.text)?.[0] ?? '';
  await browser.submit({ code: wrongCode(key.replaceAll(' ', '')) }, 'Confirm');
  expect(browser.page.status).toBe(400);
  expect(browser.document.querySelector('[role=alert]')?.textContent).toMatch(/code/);
  expect(KEY.exec(browser.text)?.[0]).toBe(key);
  await browser.submit({ code: 'not a code' }, 'Confirm');
  expect(KEY.exec(browser.text)?.[0]).toBe(key);
  await browser.open(browser.page.url);
  expect(KEY.exec(browser.text)?.[0]).toBe(key);
  await browser.open(address);
  expect(KEY.exec(browser.text)?.[0]).toBe(key);
  const other = await visitsAndSignsIn(server, { identifier: 'bea@example.test', params });
  expect(KEY.exec(other.browser.text)?.[0]).not.toBe(key);
  expect(await databaseAsText(server)).not.toContain(key.replaceAll(' ', ''));
});

test('recovery codes are shown until the person says they are stored, and never again', async () => {
  await server.person({ email: 'cat@example.test' });
  const visit = await visitsAndSignsIn(server, { identifier: 'cat@example.test', params });
  const { browser } = visit;
  const secret = KEY.exec(browser.text)?.[0]?.replaceAll(' ', '') ?? '';
  await browser.submit({ code: totpCode(secret) }, 'Confirm');
  expect(browser.title).toBe('Store your recovery codes');
  const page = browser.page.url;
  const codes = browser.text.match(RECOVERY_CODES) ?? [];
  expect(new Set(codes).size).toBe(10);
  expect(browser.page.headers.get('cache-control')).toBe('no-store');
  await browser.open(page);
  expect(browser.text.match(RECOVERY_CODES)).toEqual(codes);
  const link = browser.document.querySelectorAll('a').find((each) => each.textContent.includes('Download'));
  const downloadAddress = new URL(link?.getAttribute('href') ?? '', page).href;
  const download = await browser.request(downloadAddress);
  expect(download.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(download.headers.get('content-disposition')).toBe('attachment; filename="recovery-codes.txt"');
  expect(download.headers.get('cache-control')).toBe('no-store');
  expect((await download.text()).match(RECOVERY_CODES)).toEqual(codes);
  const { action, data } = browser.form({}, 'stored them');
  const confirmed = await browser.request(action, { method: 'POST', form: data });
  expect(confirmed.status).toBe(303);
  for (const address of [downloadAddress, page]) {
    const text = await (await browser.request(address)).text();
    expect(text).not.toMatch(new RegExp(RECOVERY_CODES.source));
  }
  const dump = await databaseAsText(server);
  for (const code of codes) {
    expect(dump).not.toContain(code);
    expect(dump).not.toContain(code.replaceAll('-', ''));
  }
});

test('a person who enrols is signed in with mfa, and the code of the enrolment is spent', async () => {
  await server.person({ email: 'dan@example.test' });
  const visit = await visitsAndSignsIn(server, { identifier: 'dan@example.test', params });
  toNextTotpStep();
  const { secret } = await enrolsTotp(visit.browser);
  const used = totpCode(secret);
  const { idToken } = await tokensOf(server, visit);
  expect(idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
  const later = await visitsAndSignsIn(server, { identifier: 'dan@example.test' });
  expect(later.browser.title).toBe('Enter your code');
  await later.browser.submit({ code: used }, 'Continue');
  expect(later.browser.page.status).toBe(400);
  expect(later.browser.title).toBe('Enter your code');
  await later.browser.submit({ code: totpCode(secret, 1) }, 'Continue');
  expect(isBackAtApp(later)).toBe(true);
});

test('of two tabs that enrol at once one sets up the authenticator, and the other asks for its code', async () => {
  await server.person({ email: 'eli@example.test' });
  const first = await visitsAndSignsIn(server, { identifier: 'eli@example.test', params });
  const second = await visitsAndSignsIn(server, { identifier: 'eli@example.test', params });
  const secondKey = KEY.exec(second.browser.text)?.[0]?.replaceAll(' ', '') ?? '';
  toNextTotpStep();
  const { secret } = await enrolsTotp(first.browser);
  expect(isBackAtApp(first)).toBe(true);
  await second.browser.submit({ code: totpCode(secondKey) }, 'Confirm');
  expect(second.browser.title).toBe('Enter your code');
  await second.browser.submit({ code: totpCode(secret, 1) }, 'Continue');
  expect((await tokensOf(server, second)).idToken['acr']).toBe('mfa');
});

test('where a second factor is optional nobody is asked to set one up who was not asked for it', async () => {
  await server.person({ email: 'fay@example.test' });
  for (const acr of [undefined, 'pwd', 'mfa pwd']) {
    const visit = await visitsAndSignsIn(server, { identifier: 'fay@example.test', params: { acr_values: acr } });
    expect((await tokensOf(server, visit)).idToken).toMatchObject({ acr: 'pwd', amr: ['pwd'] });
  }
});

test('an app that asks for mfa later gets it: the session steps up, and prompt=none says that it cannot', async () => {
  await server.person({ email: 'gil@example.test' });
  const visit = await visitsAndSignsIn(server, { identifier: 'gil@example.test' });
  expect((await tokensOf(server, visit)).idToken['acr']).toBe('pwd');
  const quiet = await visits(server, { acr_values: 'mfa', prompt: 'none' }, visit.browser);
  expect(errorOf(quiet)).toBe('unmet_authentication_requirements');
  const stepUp = await visits(server, { acr_values: 'mfa' }, visit.browser);
  await confirmsPassword(stepUp.browser);
  await enrolsTotp(stepUp.browser);
  expect((await tokensOf(server, stepUp)).idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
  const again = await visits(server, { acr_values: 'mfa', prompt: 'none' }, visit.browser);
  expect((await tokensOf(server, again)).idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
});

test('discovery names both ways of being authenticated', async () => {
  const discovery = await fetch(`${server.issuer}/.well-known/openid-configuration`);
  expect(await discovery.json()).toMatchObject({ acr_values_supported: ['pwd', 'mfa'] });
});
