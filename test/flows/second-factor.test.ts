// The second step of a sign-in: codes of the authenticator app, recovery codes, and guessing at them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { banAccount } from '../../src/sessions/ban-account.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, totpCode } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import {
  confirmsPassword,
  enrols,
  entersCode,
  isBackAtApp,
  tokensOf,
  toNextTotpStep,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.stop());

async function enrolledPerson(email: string): Promise<{ identifier: string; secret: string; recoveryCodes: string[] }> {
  await server.person({ email });
  return { identifier: email, ...(await enrols(server, { identifier: email })) };
}

const passesPassword = (identifier: string, browser = newBrowser()): Promise<Visit> =>
  visitsAndSignsIn(server, { identifier, browser });

async function usesRecoveryCode({ browser }: Visit, code: string): Promise<Browser> {
  await browser.click('Use a recovery code');
  return browser.submit({ code }, 'Continue');
}

const wrongCodes = (secret: string): string[] => {
  const right = Array.from({ length: 9 }, (_, at) => totpCode(secret, at - 4));
  return Array.from({ length: 1000 }, (_, at) => String(at).padStart(6, '7')).filter((code) => !right.includes(code));
};

test('the app reads that a code of the authenticator was given, at every later sign-in', async () => {
  const { identifier, secret } = await enrolledPerson('ada@example.test');
  const visit = await entersCode(await passesPassword(identifier), secret);
  const { idToken, accessToken } = await tokensOf(server, visit);
  expect(idToken).toMatchObject({ email: identifier, acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
  expect(JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
    acr: 'mfa',
    amr: ['pwd', 'otp', 'mfa'],
  });
});

test('a code is taken with blanks, and once only, whichever browser it comes from', async () => {
  const { identifier, secret } = await enrolledPerson('ben@example.test');
  const first = await passesPassword(identifier);
  const second = await passesPassword(identifier);
  const code = totpCode(secret);
  await first.browser.submit({ code: ` ${code.slice(0, 3)} ${code.slice(3)} ` }, 'Continue');
  expect(isBackAtApp(first)).toBe(true);
  await second.browser.submit({ code }, 'Continue');
  expect(second.browser.page.status).toBe(400);
  expect(second.browser.title).toBe('Enter your code');
});

test('of one right code posted by four browsers at once one is let in', async () => {
  const { identifier, secret } = await enrolledPerson('cleo@example.test');
  const all = await Promise.all(Array.from({ length: 4 }, () => passesPassword(identifier)));
  const code = totpCode(secret);
  await Promise.all(all.map(({ browser }) => browser.submit({ code }, 'Continue')));
  expect(all.filter(isBackAtApp)).toHaveLength(1);
  expect(all.filter(({ browser }) => browser.page.status === 400)).toHaveLength(3);
});

test('a code of the step before or after is taken, one of two steps away is not', async () => {
  const { identifier, secret } = await enrolledPerson('dora@example.test');
  movingClock.advance({ minutes: 3 });
  toNextTotpStep();
  const answers: Record<string, boolean> = {};
  for (const step of [-2, 2, -1, 0, 1]) {
    answers[step] = isBackAtApp(await entersCode(await passesPassword(identifier), secret, step));
  }
  expect(answers).toEqual({ '-2': false, '2': false, '-1': true, '0': true, '1': true });
});

test('after five wrong codes the right one waits too, in every browser, and then works again', async () => {
  const { identifier, secret, recoveryCodes } = await enrolledPerson('eve@example.test');
  const codes = wrongCodes(secret);
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const { browser } = await passesPassword(identifier);
    await browser.submit({ code: codes[attempt] ?? '' }, 'Continue');
    statuses.push(browser.page.status);
  }
  expect(statuses).toEqual([400, 400, 400, 400, 400]);
  const visit = await passesPassword(identifier);
  await visit.browser.submit({ code: totpCode(secret) }, 'Continue');
  expect(visit.browser.page.status).toBe(429);
  const seconds = Number(visit.browser.page.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(14 * 60);
  expect(seconds).toBeLessThanOrEqual(15 * 60);
  await usesRecoveryCode(visit, recoveryCodes[0] ?? '');
  expect(visit.browser.page.status).toBe(429);
  movingClock.advance({ seconds: seconds + 1 });
  const later = await entersCode(await passesPassword(identifier), secret);
  expect(isBackAtApp(later)).toBe(true);
  const byRecoveryCode = await passesPassword(identifier);
  await usesRecoveryCode(byRecoveryCode, recoveryCodes[0] ?? '');
  expect(isBackAtApp(byRecoveryCode)).toBe(true);
});

test('of fifty wrong codes posted at once five are looked at', async () => {
  const { identifier, secret } = await enrolledPerson('finn@example.test');
  const { browser } = await passesPassword(identifier);
  const codes = wrongCodes(secret);
  const posts = codes.slice(0, 50).map((code) => {
    const { action, data } = browser.form({ code }, 'Continue');
    return browser.request(action, { method: 'POST', form: data });
  });
  const statuses = (await Promise.all(posts)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 400)).toHaveLength(5);
  expect(statuses.filter((status) => status === 429)).toHaveLength(45);
});

test('wrong codes do not use up the password’s attempts, nor the other way round', async () => {
  const { identifier, secret } = await enrolledPerson('gus@example.test');
  const codes = wrongCodes(secret);
  const { browser } = await passesPassword(identifier);
  for (const code of codes.slice(0, 4)) await browser.submit({ code }, 'Continue');
  for (let attempt = 0; attempt < 9; attempt += 1) {
    await visitsAndSignsIn(server, { identifier, password: 'not the right password' });
  }
  expect(isBackAtApp(await entersCode(await passesPassword(identifier), secret))).toBe(true);
});

test('a recovery code works once, however it is typed, and the others still do', async () => {
  const { identifier, recoveryCodes } = await enrolledPerson('hana@example.test');
  const [first = '', second = ''] = recoveryCodes;
  const visit = await passesPassword(identifier);
  await usesRecoveryCode(visit, ` ${first.toLowerCase().replaceAll('-', ' ')}`);
  expect((await tokensOf(server, visit)).idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'mfa'] });
  const replay = await passesPassword(identifier);
  await usesRecoveryCode(replay, first);
  expect(replay.browser.page.status).toBe(400);
  expect(replay.browser.title).toBe('Enter a recovery code');
  await replay.browser.submit({ code: second }, 'Continue');
  expect(isBackAtApp(replay)).toBe(true);
});

test('of one recovery code used in four browsers at once one is let in', async () => {
  const { identifier, recoveryCodes } = await enrolledPerson('ivo@example.test');
  const all = await Promise.all(Array.from({ length: 4 }, () => passesPassword(identifier)));
  await Promise.all(all.map((visit) => usesRecoveryCode(visit, recoveryCodes[3] ?? '')));
  expect(all.filter(isBackAtApp)).toHaveLength(1);
});

test('another person’s codes open nothing', async () => {
  const jo = await enrolledPerson('jo@example.test');
  const kai = await enrolledPerson('kai@example.test');
  const visit = await passesPassword(jo.identifier);
  await visit.browser.submit({ code: totpCode(kai.secret) }, 'Continue');
  expect(visit.browser.page.status).toBe(400);
  await usesRecoveryCode(visit, kai.recoveryCodes[0] ?? '');
  expect(visit.browser.page.status).toBe(400);
  await visit.browser.click('Use your authenticator app');
  await visit.browser.submit({ code: totpCode(jo.secret) }, 'Continue');
  expect(isBackAtApp(visit)).toBe(true);
});

test('“Not you?” at the second step starts again, without what was proved so far', async () => {
  const { identifier } = await enrolledPerson('lea@example.test');
  await server.person({ email: 'mo@example.test' });
  const visit = await passesPassword(identifier);
  await visit.browser.submit({}, 'Not you?');
  expect(visit.browser.title).toContain('Sign in to');
  await visit.browser.submit({ identifier: 'mo@example.test', password: 'correct horse battery staple' }, 'Sign in');
  expect((await tokensOf(server, visit)).idToken).toMatchObject({ email: 'mo@example.test', acr: 'pwd' });
});

test('a person who is banned between password and code gets no further', async () => {
  const { identifier, secret } = await enrolledPerson('ned@example.test');
  const visit = await passesPassword(identifier);
  const { sub } = (await tokensOf(server, await entersCode(await passesPassword(identifier), secret))).idToken;
  await banAccount(server.deps, { accountId: String(sub), reason: undefined });
  await visit.browser.submit({ code: totpCode(secret, 1) }, 'Continue');
  expect(isBackAtApp(visit)).toBe(false);
  expect(visit.browser.page.status).toBeLessThan(500);
  expect(visit.browser.title).toMatch(/^Sign in to|has ended$/);
});

test('a session that passed both factors opens the next app without either', async () => {
  const { identifier, secret } = await enrolledPerson('oda@example.test');
  const { browser } = await entersCode(await passesPassword(identifier), secret);
  const next = await visits(server, { acr_values: 'mfa', scope: 'openid' }, browser);
  expect((await tokensOf(server, next)).idToken['acr']).toBe('mfa');
});

test('who has to prove it again proves both again', async () => {
  const { identifier, secret } = await enrolledPerson('pia@example.test');
  const { browser } = await entersCode(await passesPassword(identifier), secret);
  movingClock.advance({ minutes: 2 });
  const again = await visits(server, { prompt: 'login' }, browser);
  await confirmsPassword(again.browser);
  expect(again.browser.title).toBe('Enter your code');
  expect(isBackAtApp(await visits(server, { max_age: '60' }, again.browser.newTab()))).toBe(false);
  await entersCode(again, secret);
  expect((await tokensOf(server, again)).idToken['acr']).toBe('mfa');
});
