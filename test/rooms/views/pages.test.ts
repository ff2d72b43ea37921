// What people meet on single pages: the fields password managers know, errors that help, choices that are fair.
import { expect, test } from 'vitest';
import type { Language } from '../../../src/texts/messages.ts';
import { type Element, elementsOf } from './markup.ts';
import { render, renderSample } from './render.ts';
import { samples } from './samples.ts';

function field(html: string, id: string): ReadonlyMap<string, string> {
  const found = elementsOf(html).find((element) => element.attributes.get('id') === id);
  if (found === undefined) throw new Error(`There is no #${id}.`);
  return found.attributes;
}

function textOf(html: string, id: string): string | undefined {
  return elementsOf(html).find((element) => element.attributes.get('id') === id)?.text;
}

function buttons(html: string, name: string): Element[] {
  return elementsOf(html).filter((element) => element.tag === 'button' && element.attributes.get('name') === name);
}

test('a password manager recognises the fields of the sign-in page', () => {
  const html = renderSample('interactions/sign-in', 'first visit');
  expect(field(html, 'identifier').get('autocomplete')).toBe('username');
  expect(field(html, 'password').get('autocomplete')).toBe('current-password');
  expect(field(html, 'password').get('type')).toBe('password');
  expect(field(html, 'identifier').has('autofocus')).toBe(true);
});

test('a person whose address is known starts at the password', () => {
  const html = renderSample('interactions/sign-in', 'first visit', { identifier: 'alice@example.com' });
  expect(field(html, 'identifier').get('value')).toBe('alice@example.com');
  expect(field(html, 'password').has('autofocus')).toBe(true);
});

test('a problem that is no single field’s has the focus itself, and the address is still there', () => {
  const html = renderSample('interactions/sign-in', 'account suspended');
  expect(field(html, 'problem').has('autofocus')).toBe(true);
  expect(field(html, 'problem').get('tabindex')).toBe('-1');
  expect(field(html, 'identifier').get('value')).toBe('alice@example.com');
  expect(html).toContain('<title>Error: Sign in · Gatehouse</title>');
});

test('a wrong field has the focus and is described by what is wrong and what to do', () => {
  const html = renderSample('interactions/sign-in', 'password missing');
  const password = field(html, 'password');
  expect(password.has('autofocus')).toBe(true);
  expect(password.get('aria-invalid')).toBe('true');
  expect(password.get('aria-describedby')).toBe('problem password-error');
  expect(textOf(html, 'problem')).toBe('The password is missing.');
  expect(textOf(html, 'password-error')).toBe('Enter your password again.');
  expect(field(html, 'identifier').has('aria-invalid')).toBe(false);
});

test.each([
  [1, '1 second'],
  [45, '45 seconds'],
  [540, '9 minutes'],
  [541, '10 minutes'],
  [7200, '2 hours'],
])('a wait of %i seconds is told as %s', (retryAfterSeconds, words) => {
  const html = renderSample('interactions/sign-in', 'too many attempts', { retryAfterSeconds });
  expect(textOf(html, 'problem')).toContain(`You can try again in ${words}.`);
});

test('a person who confirms it is them sees the address, cannot change it, and can say it is not theirs', () => {
  const html = renderSample('interactions/sign-in', 'confirm it is you');
  const identifier = elementsOf(html).find((element) => element.attributes.get('name') === 'identifier');
  expect(identifier?.attributes.has('readonly')).toBe(true);
  expect(html).toContain('<bdi>alice@example.com</bdi>');
  const notYou = elementsOf(html).find((element) => element.tag === 'button' && element.text === 'Not you?');
  expect(notYou?.ancestors.at(-1)?.attributes.get('action')).toBe('/interaction/K7oV2mJw/another-account');
});

test('a phone offers the right keyboard and the code it received', () => {
  const html = renderSample('interactions/second-factor', 'code');
  expect(field(html, 'code').get('autocomplete')).toBe('one-time-code');
  expect(field(html, 'code').get('inputmode')).toBe('numeric');
  // A pasted code may have spaces: no limit of six characters, no pattern.
  expect(field(html, 'code').has('maxlength')).toBe(false);
});

test('a recovery code is typed as text', () => {
  const html = renderSample('interactions/second-factor', 'recovery code');
  expect(field(html, 'code').has('inputmode')).toBe(false);
  expect(field(html, 'code').get('autocomplete')).toBe('off');
});

test('after too many codes the page says how long to wait and blames no field', () => {
  const html = renderSample('interactions/second-factor', 'too many codes');
  expect(textOf(html, 'problem')).toContain('You can try again in 45 seconds.');
  expect(field(html, 'code').has('aria-invalid')).toBe(false);
});

test('the key of the authenticator app can be read and typed', () => {
  const html = renderSample('interactions/enrol-totp', 'start');
  expect(textOf(html, 'key')).toBe('JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP');
  expect(html).toContain('role="img" aria-label="QR code with the key below"');
});

test('all ten recovery codes are shown and can be downloaded', () => {
  const html = renderSample('interactions/recovery-codes', 'shown once');
  expect(
    elementsOf(html).filter((element) => /^[A-Z\d]{4}(-[A-Z\d]{4}){3}$/.test(element.text) && element.tag === 'code'),
  ).toHaveLength(10);
  expect(html).toContain('href="/interaction/K7oV2mJw/recovery-codes.txt"');
});

test('allow and deny are the same size and both in plain sight', () => {
  const html = renderSample('interactions/consent', 'few scopes');
  const decisions = buttons(html, 'decision');
  expect(decisions.map((button) => button.attributes.get('value'))).toEqual(['deny', 'allow']);
  expect(decisions.every((button) => button.attributes.get('class')?.split(' ').includes('button'))).toBe(true);
  expect(decisions.every((button) => button.ancestors.at(-1)?.attributes.get('class') === 'pair')).toBe(true);
});

test('the consent page tells each scope in words and by its value, APIs apart', () => {
  const html = renderSample('interactions/consent', 'many scopes, long names');
  const items = elementsOf(html)
    .filter((element) => element.tag === 'li')
    .map((item) => item.text);
  expect(items).toContain('See your e-mail address.email');
  expect(items).toContain('Read your orders.orders:read');
  const headings = elementsOf(html)
    .filter((element) => element.tag === 'h3')
    .map((heading) => heading.text);
  expect(headings[0]).toBe('At Orders');
});

test('the last page goes on by itself and by a link', () => {
  const html = renderSample('interactions/continue', 'back to the app', { href: '/auth/x?a=1&b="2"' });
  const refresh = elementsOf(html).find((element) => element.attributes.get('http-equiv') === 'refresh');
  expect(refresh?.attributes.get('content')).toBe('0; url=/auth/x?a=1&b="2"');
  const link = elementsOf(html).find((element) => element.tag === 'a' && element.text === 'Continue');
  expect(link?.attributes.get('href')).toBe('/auth/x?a=1&b="2"');
});

test('signing out uses the token of the engine and can be declined', () => {
  const html = renderSample('provider/sign-out', 'opened by hand');
  expect(buttons(html, 'logout').map((button) => button.attributes.get('value'))).toEqual(['yes']);
  expect(html).toContain('name="xsrf" value="xsrf-token-of-the-engine"');
  expect(html).toContain('>Stay signed in</span></a>');
});

test('a defect is explained by its request number alone', () => {
  const html = renderSample('errors/broken', 'defect', { message: 'relation does not exist', error: 'TypeError' });
  expect(html).toContain('01993f0c-7b1e-7c52-9c1d-2f6f0a9b4c11');
  expect(html).not.toMatch(/relation does not exist|TypeError/);
});

test('the landing page of production shows neither commands nor the version', () => {
  const html = renderSample('home', 'production', {
    createPersonCommand: 'bin/gatehouse user create',
    version: '9.9.9-secret',
  });
  expect(html).not.toContain('user create');
  expect(html).not.toContain('9.9.9-secret');
});

test('right-to-left languages turn the page', () => {
  const html = renderSample('interactions/sign-in', 'first visit', { lang: 'ar-EG' });
  expect(html).toContain('<html lang="ar-EG" dir="rtl">');
});

test.each([
  [1, '1 Sekunde'],
  [541, '10 Minuten'],
  [5400, '2 Stunden'],
])('a wait of %i seconds is told in German as %s', (retryAfterSeconds, words) => {
  const sample = samples.find(({ state }) => state === 'too many attempts');
  const html = render('interactions/sign-in', { ...sample?.locals, retryAfterSeconds }, 'de');
  expect(textOf(html, 'problem')).toContain(`Ein neuer Versuch ist in ${words} möglich.`);
});

test('an app’s name stands in the middle of a sentence as well as at its end, and apart from it', () => {
  const client = { name: '<b>Shop</b>' };
  const page = (language: Language) => render('interactions/sign-in', { client, action: '/', csrf: 'x' }, language);
  expect(page('en')).toContain('Sign in to <bdi>&lt;b&gt;Shop&lt;/b&gt;</bdi></h1>');
  expect(page('de')).toContain('Bei <bdi>&lt;b&gt;Shop&lt;/b&gt;</bdi> anmelden</h1>');
});
