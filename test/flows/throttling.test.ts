// Guessing passwords: how often, from where, and what a person who is held up is told.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { movingClock } from '../support/moving-clock.ts';
import { signsIn } from '../support/sign-in.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visits, visitsAndSignsIn } from '../support/visits.ts';

const LIMIT = 3;
const SETTINGS = `limits: { sign_in_failures: ${LIMIT}, sign_in_window_minutes: 15 }${RESOURCES}`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ settings: SETTINGS });
});

afterAll(() => server.stop());

const wrong = 'a wrong password of some length';

test('after too many wrong passwords even the right one waits, with Retry-After and in words', async () => {
  await server.person({ email: 'ana@example.test' });
  const { browser } = await visits(server);
  for (let failure = 0; failure < LIMIT; failure += 1) {
    await signsIn(browser, { identifier: 'ana@example.test', password: wrong });
    expect(browser.page.status).toBe(400);
  }
  await signsIn(browser, { identifier: 'ana@example.test' });
  expect(browser.page.status).toBe(429);
  const seconds = Number(browser.page.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(14 * 60);
  expect(seconds).toBeLessThanOrEqual(15 * 60);
  expect(browser.text).toContain('Too many attempts');
  expect(browser.text).toContain('15 minutes');
  movingClock.advance({ seconds: seconds + 1 });
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: 'ana@example.test' }))).toBe(true);
});

test('e-mail and username of one account are counted together', async () => {
  await server.person({ email: 'bob@example.test', username: 'bobby' });
  const { browser } = await visits(server);
  for (const identifier of ['bob@example.test', 'BOBBY', ' Bob@Example.Test']) {
    await signsIn(browser, { identifier, password: wrong });
    expect(browser.page.status).toBe(400);
  }
  await signsIn(browser, { identifier: 'bobby' });
  expect(browser.page.status).toBe(429);
  await signsIn(browser, { identifier: 'bob@example.test' });
  expect(browser.page.status).toBe(429);
});

test('an account that does not exist is throttled like one that does', async () => {
  const { browser } = await visits(server);
  const answers = [];
  for (const identifier of ['ghost@example.test', 'GHOST@example.test', ' ghost@Example.test', 'ghost@example.test']) {
    await signsIn(browser, { identifier, password: wrong });
    answers.push(browser.page.status);
  }
  expect(answers).toEqual([400, 400, 400, 429]);
});

test('one account’s failures hold up nobody else', async () => {
  await server.person({ email: 'carl@example.test' });
  await server.person({ email: 'cleo@example.test' });
  const { browser } = await visits(server);
  for (let failure = 0; failure <= LIMIT; failure += 1) {
    await signsIn(browser, { identifier: 'carl@example.test', password: wrong });
  }
  expect(browser.page.status).toBe(429);
  await signsIn(browser, { identifier: 'cleo@example.test' });
  expect(browser.page.url).toContain('code=');
});

test('a success gives the attempts back', async () => {
  await server.person({ email: 'dora@example.test' });
  for (let round = 0; round < LIMIT; round += 1) {
    const { browser } = await visits(server);
    for (let failure = 1; failure < LIMIT; failure += 1) {
      await signsIn(browser, { identifier: 'dora@example.test', password: wrong });
      expect(browser.page.status).toBe(400);
    }
    await signsIn(browser, { identifier: 'dora@example.test' });
    expect(browser.page.url).toContain('code=');
  }
});

test('another browser or another sign-in is no way around the count', async () => {
  await server.person({ email: 'eve@example.test' });
  for (let failure = 0; failure < LIMIT; failure += 1) {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'eve@example.test', password: wrong });
    expect(browser.page.status).toBe(400);
  }
  const { browser } = await visitsAndSignsIn(server, { identifier: 'eve@example.test' });
  expect(browser.page.status).toBe(429);
});

test('no header that a browser makes up changes whom the failures are counted for', async () => {
  await server.person({ email: 'finn@example.test' });
  const { browser } = await visits(server);
  const { action, data } = browser.form({ identifier: 'finn@example.test', password: wrong }, 'Sign in');
  const statuses = [];
  for (let attempt = 1; attempt <= LIMIT + 3; attempt += 1) {
    const address = `203.0.${attempt}.7`;
    const headers = {
      'x-forwarded-for': address,
      forwarded: `for=${address}`,
      'x-real-ip': address,
      x_forwarded_for: address,
      'true-client-ip': address,
    };
    statuses.push((await browser.request(action, { method: 'POST', form: data, headers })).status);
  }
  expect(statuses).toEqual([400, 400, 400, 429, 429, 429]);
});

test('of wrong passwords sent all at once no more than the limit are looked at', async () => {
  await server.person({ email: 'gus@example.test', username: 'gusto' });
  const { browser } = await visits(server);
  const attempts = Array.from({ length: 24 }, (_, at) => {
    const identifier = at % 2 === 0 ? 'gus@example.test' : 'gusto';
    const { action, data } = browser.form({ identifier, password: `${wrong} ${at}` }, 'Sign in');
    return browser.request(action, { method: 'POST', form: data });
  });
  const statuses = (await Promise.all(attempts)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 400)).toHaveLength(LIMIT);
  expect(statuses.filter((status) => status === 429)).toHaveLength(24 - LIMIT);
});

test('a restart forgets nothing', async () => {
  await server.person({ email: 'hal@example.test' });
  const { browser } = await visits(server);
  for (let failure = 0; failure < LIMIT; failure += 1) {
    await signsIn(browser, { identifier: 'hal@example.test', password: wrong });
  }
  server = await server.restart({ settings: SETTINGS });
  // The same interaction goes on too: its cookie and its form still fit.
  await signsIn(browser, { identifier: 'hal@example.test', password: PASSWORD });
  expect(browser.page.status).toBe(429);
});
