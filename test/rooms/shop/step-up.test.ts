// What the demo shop makes of its API's answers: nothing is done twice, for somebody else, or by coming back alone.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createShop } from '../../../examples/shop/shop.ts';
import { Browser } from '../../support/browser.ts';
import { movingClock } from '../../support/moving-clock.ts';
import { enrolsTotp, signsIn } from '../../support/sign-in.ts';
import { freePort, type TestServer } from '../../support/start-server.ts';
import { confirmsPassword } from '../../support/visits.ts';
import { AUDIENCE, type OpenApi, openApi, startIssuer } from '../shop-api/setting.ts';

const IBAN = 'DE89370400440532013000';

let server: TestServer;
let api: OpenApi;
let shopUrl: string;

beforeAll(async () => {
  shopUrl = `http://localhost:${await freePort()}`;
  server = await startIssuer({ SHOP_URL: shopUrl });
  api = await openApi({ issuer: server.issuer });
  const shop = await openShop(shopUrl, api.url);
  closeShop = shop.close;
});

let closeShop: (() => Promise<void>) | undefined;

afterAll(async () => {
  await closeShop?.();
  await api?.close();
  await server?.stop();
});

async function openShop(url: string, apiUrl: string) {
  const clientSecret = 'gatehouse-demo-shop-secret-only-for-development';
  const log: string[] = [];
  const shop = createShop({
    url,
    issuer: server.issuer,
    clientId: 'shop',
    clientSecret,
    api: { url: apiUrl, audience: AUDIENCE },
    log: (line) => log.push(line),
  });
  await shop.listen();
  return { log, close: shop.close };
}

let people = 0;

/** A new person, signed in at the shop with a password; the front page is open. */
async function somebody(roles: readonly string[] = ['vendor']) {
  people += 1;
  const email = `seller-${people}@example.test`;
  await server.person({ email, name: `Seller ${people}`, roles });
  const browser = await new Browser().open(`${shopUrl}/sign-in`);
  await signsIn(browser, { identifier: email });
  expect(browser.text).toContain(`Hello, Seller ${people}`);
  return { browser, email };
}

async function beginsChange(browser: Browser): Promise<Browser> {
  await browser.open(`${shopUrl}/earnings/account`);
  return browser.submit({ holder: 'Some Body', iban: IBAN });
}

async function stepsUp(browser: Browser): Promise<Browser> {
  await confirmsPassword(browser);
  await enrolsTotp(browser);
  expect(browser.page.url).toBe(`${shopUrl}/earnings/account/confirm`);
  return browser;
}

const accountOf = async (browser: Browser): Promise<string> => {
  await browser.open(`${shopUrl}/earnings`);
  return browser.document.querySelector('#payout-account')?.textContent.trim() ?? '';
};

const changes = (): number => api.log.filter((line) => line.startsWith('200 PUT /payout-account')).length;

describe('a change that needs a second factor', () => {
  test('asks the server for what the challenge named, and carries nothing of the change in an address', async () => {
    const { browser } = await somebody();
    await browser.open(`${shopUrl}/earnings/account`);
    const { action, data } = browser.form({ holder: 'Some Body', iban: IBAN });
    const answer = await browser.request(action, { method: 'POST', form: data });
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.origin).toBe(server.issuer);
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      acr_values: 'mfa',
      max_age: '300',
      resource: AUDIENCE,
      code_challenge_method: 'S256',
    });
    expect(location.href).not.toMatch(/DE89|Some/);
  });

  test('is not done by coming back: only when the person says so, and then once', async () => {
    const { browser } = await somebody();
    await stepsUp(await beginsChange(browser));
    expect(browser.text).toContain('DE89 3704 0044 0532 0130 00');
    expect(await accountOf(browser)).toBe('none yet');
    const before = changes();

    await browser.open(`${shopUrl}/earnings/account/confirm`);
    const { action, data } = browser.form({}, 'Change it now');
    const answers = await Promise.all([1, 2, 3].map(() => browser.request(action, { method: 'POST', form: data })));
    expect(answers.map(({ status, headers }) => [status, headers.get('location')])).toEqual(
      Array(3).fill([303, '/earnings']),
    );
    expect(changes() - before).toBe(1);
    expect(await accountOf(browser)).toBe('Some Body, account ending in 3000');
    expect(browser.text).toContain('Your earnings go to the account ending in 3000 now.');
    await browser.open(`${shopUrl}/earnings/account/confirm`);
    expect(browser.page.url).toBe(`${shopUrl}/earnings`);
  });

  test('is confirmed with the token of the session only', async () => {
    const { browser } = await somebody();
    await stepsUp(await beginsChange(browser));
    const forged = { decision: 'change', csrf: 'x'.repeat(43) };
    const answer = await browser.request(`${shopUrl}/earnings/account/confirm`, { method: 'POST', form: forged });
    expect(answer.status).toBe(403);
    expect(await accountOf(browser)).toBe('none yet');
  });

  test('is nobody else’s: who comes back as another person finds nothing of it', async () => {
    const { browser } = await somebody();
    const { email } = await somebody();
    await beginsChange(browser);
    await browser.submit({}, 'Not you?');
    await signsIn(browser, { identifier: email });
    await enrolsTotp(browser);
    expect(browser.page.url).toBe(`${shopUrl}/`);
    expect(browser.text).toContain('What was begun under the other account was not done.');
    await browser.open(`${shopUrl}/earnings/account/confirm`);
    expect(browser.page.url).toBe(`${shopUrl}/earnings`);
    await browser.open(`${shopUrl}/earnings/account`);
    expect(browser.page.text).not.toContain(IBAN);
    expect(await accountOf(browser)).toBe('none yet');
  });

  test('waits when the person comes back without it, who is signed in as before', async () => {
    const { browser } = await somebody();
    await beginsChange(browser);
    await browser.submit({}, 'Cancel and go back');
    expect(browser.title).toBe('Nothing was changed');
    expect(browser.page.status).toBe(200);
    await browser.click('Go on');
    await browser.submit({}, 'Change it now');
    await stepsUp(browser);
    await browser.submit({}, 'Change it now');
    expect(await accountOf(browser)).toBe('Some Body, account ending in 3000');
  });

  test('is left alone when the server cannot do what the API asks for', async () => {
    const { browser } = await somebody();
    await browser.open(`${shopUrl}/earnings/account`);
    const { action, data } = browser.form({ holder: 'Some Body', iban: IBAN });
    const answer = await browser.request(action, { method: 'POST', form: data });
    const state = new URL(answer.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const refusal = { error: 'unmet_authentication_requirements', state, iss: server.issuer };
    await browser.open(`${shopUrl}/callback?${new URLSearchParams(refusal)}`);
    expect([browser.page.status, browser.title]).toEqual([403, 'Nothing was changed']);
    expect(browser.text).toContain('could not confirm that it is you');
    await browser.open(`${shopUrl}/earnings/account/confirm`);
    expect(browser.text).toContain('DE89 3704 0044 0532 0130 00');
  });

  test('asks again when the person took longer than five minutes to confirm it', async () => {
    const { browser } = await somebody();
    await stepsUp(await beginsChange(browser));
    movingClock.advance({ minutes: 6 });
    await browser.submit({}, 'Change it now');
    expect(browser.page.url).toContain(server.issuer);
    expect(browser.text).toContain('Password');
  });

  test('is held against the form before anybody is asked for anything', async () => {
    const { browser } = await somebody();
    await browser.open(`${shopUrl}/earnings/account`);
    await browser.submit({ holder: '', iban: 'DE89370400440532013001' });
    expect(browser.page.status).toBe(422);
    expect(browser.text).toContain('Say whose account it is.');
    expect(browser.text).toContain('This is no IBAN');
  });
});

describe('the API', () => {
  test('is called with a token for it, which no page of the shop shows to the browser as such', async () => {
    const { browser } = await somebody(['shop-admin']);
    await browser.open(`${shopUrl}/earnings`);
    expect(browser.text).toContain('You have earned €76.00');
    expect(browser.text).toContain('What the shop owes');
    expect(browser.page.text).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
    await browser.open(`${shopUrl}/account`);
    expect(browser.text).toContain(`"${AUDIENCE}"`);
  });

  test('is called with a new token when the old one has expired', async () => {
    const { browser } = await somebody();
    movingClock.advance({ minutes: 6 });
    expect(await accountOf(browser)).toBe('none yet');
  });

  test('is for sellers: others are told what they need', async () => {
    const { browser } = await somebody([]);
    await browser.open(`${shopUrl}/earnings`);
    expect([browser.page.status, browser.title]).toEqual([
      403,
      'This needs the permission listings:write or products:write',
    ]);
    await browser.open(shopUrl);
    expect(browser.text).not.toContain('Earnings');
  });
});

/** The same shop again at the same address with another API; the browser has to sign in anew. */
async function withApiAt(apiUrl: string) {
  await closeShop?.();
  const shop = await openShop(shopUrl, apiUrl);
  onTestFinished(async () => {
    await shop.close();
    closeShop = (await openShop(shopUrl, api.url)).close;
  });
  return shop;
}

async function apiAnswering(status: number, headers: Record<string, string>, body = '{}'): Promise<string> {
  const answers = createServer((_, response) => response.writeHead(status, headers).end(body)).listen(0, '127.0.0.1');
  onTestFinished(() => void answers.close());
  await new Promise((resolve) => answers.once('listening', resolve));
  return `http://127.0.0.1:${(answers.address() as AddressInfo).port}`;
}

describe('an API in trouble', () => {
  test('that is away is said to be away, and what was typed is kept', async () => {
    await withApiAt(`http://localhost:${await freePort()}`);
    const { browser } = await somebody();
    await browser.open(`${shopUrl}/earnings`);
    expect([browser.page.status, browser.title]).toEqual([503, 'Your earnings cannot be shown just now']);
    await beginsChange(browser);
    expect(browser.page.status).toBe(503);
    await browser.open(`${shopUrl}/earnings/account`);
    expect(browser.page.text).toContain(IBAN);
    await browser.open(shopUrl);
    expect(browser.text).toContain('Hello');
  });

  test.each<[string, number, Record<string, string>, string?]>([
    ['500', 500, {}],
    ['a page in place of JSON', 200, { 'content-type': 'text/html' }, '<p>Hello'],
    ['a redirect', 302, { location: 'https://evil.test/' }],
  ])('that answers %s is no reason to break', async (_, status, headers, body = '{}') => {
    await withApiAt(await apiAnswering(status, headers, body));
    const { browser } = await somebody();
    await browser.open(`${shopUrl}/earnings`);
    expect(browser.page.url).toBe(`${shopUrl}/earnings`);
    expect([503, 403]).toContain(browser.page.status);
  });

  test.each([
    'Bearer error="invalid_token"',
    'Bearer error="insufficient_scope", scope="more"',
    'Bearer error="insufficient_user_authentication"',
    'Bearer error="insufficient_user_authentication", max_age="soon"',
    'Basic realm="x"',
  ])('that challenges with what no sign-in can mend is not asked in circles: %s', async (challenge) => {
    const { log } = await withApiAt(await apiAnswering(401, { 'www-authenticate': challenge }));
    const { browser } = await somebody();
    await beginsChange(browser);
    expect([browser.page.status, browser.title]).toEqual([403, 'The shop may not do this for you']);
    expect(log.join('\n')).toContain('API: refused');
  });
});
