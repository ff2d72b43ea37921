// Many requests at once: two apps in one session, two tabs of one app, fifty people.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newBrowser, redeem, signsIn } from '../support/sign-in.ts';
import { SPA_CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import {
  type AppTokens,
  confirmsPassword,
  isBackAtApp,
  type Params,
  signedInSessions,
  tokensOf,
  userinfo,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'ada@example.test' });
});

afterAll(() => server.stop());

const ADA = 'ada@example.test';
const WEB: Params = { client_id: 'web' };
const SPA: Params = { client_id: 'spa', redirect_uri: SPA_CALLBACK };

async function stillWork(tokens: AppTokens, clientId: 'web' | 'spa'): Promise<boolean> {
  const credentials = clientId === 'web' ? { clientId, secret: WEB_SECRET } : { clientId };
  const known = await userinfo(server, tokens);
  const refreshed = await redeem(
    server.issuer,
    { grant_type: 'refresh_token', refresh_token: tokens.refreshToken },
    credentials,
  );
  if (refreshed.status !== 200) return false;
  const renewed = await userinfo(server, { accessToken: String(refreshed.body['access_token']) });
  return known.status === 200 && renewed.status === 200;
}

test('two apps that a signed-in person opens at once both get their tokens, 40 times of 40', async () => {
  let successes = 0;
  const { browser } = await visitsAndSignsIn(server, { identifier: ADA });
  for (let round = 0; round < 40; round += 1) {
    const both = await Promise.all([WEB, SPA].map((params) => visits(server, params, browser.newTab())));
    const [web, spa] = await Promise.all(both.map((visit) => tokensOf(server, visit)));
    if (web !== undefined && spa !== undefined && web.idToken['sub'] === spa.idToken['sub']) successes += 1;
  }
  expect(successes).toBe(40);
});

test('a person who proves the password to two apps at once is signed in to both, 40 times of 40', async () => {
  const { browser } = await visitsAndSignsIn(server, { identifier: ADA });
  let successes = 0;
  for (let round = 0; round < 40; round += 1) {
    const both = await Promise.all(
      [WEB, SPA].map((params) => visits(server, { ...params, prompt: 'login' }, browser.newTab())),
    );
    await Promise.all(both.map((visit) => confirmsPassword(visit.browser)));
    if (!both.every(isBackAtApp)) continue;
    const [web, spa] = await Promise.all(both.map((visit) => tokensOf(server, visit)));
    if (web === undefined || spa === undefined) continue;
    if ((await stillWork(web, 'web')) && (await stillWork(spa, 'spa'))) successes += 1;
  }
  expect(successes).toBe(40);
});

test('two tabs of one app both keep working, whichever signed in last', async () => {
  const first = await visitsAndSignsIn(server, { identifier: ADA });
  const tokens = [await tokensOf(server, first)];
  for (const params of [{}, { prompt: 'login' }, { scope: 'openid' }]) {
    const tab = await visits(server, params, first.browser.newTab());
    if (!isBackAtApp(tab)) await confirmsPassword(tab.browser);
    tokens.push(await tokensOf(server, tab));
  }
  for (const [at, each] of tokens.entries()) expect(await stillWork(each, 'web'), `tab ${at}`).toBe(true);
});

test('two tabs that began before anybody was signed in both keep working', async () => {
  for (let round = 0; round < 10; round += 1) {
    const browser = newBrowser();
    const tabs: Visit[] = [];
    for (const params of [WEB, WEB]) tabs.push(await visits(server, params, browser.newTab()));
    const tokens: AppTokens[] = [];
    for (const tab of tabs) {
      await signsIn(tab.browser, { identifier: ADA });
      tokens.push(await tokensOf(server, tab));
    }
    for (const [at, each] of tokens.entries())
      expect(await stillWork(each, 'web'), `round ${round}, tab ${at}`).toBe(true);
  }
});

test('two tabs that began before anybody was signed in and finish at once both get their tokens', async () => {
  for (let round = 0; round < 10; round += 1) {
    const browser = newBrowser();
    const tabs = await Promise.all([WEB, WEB].map((params) => visits(server, params, browser.newTab())));
    await Promise.all(tabs.map((tab) => signsIn(tab.browser, { identifier: ADA })));
    const tokens = await Promise.all(tabs.map((tab) => tokensOf(server, tab)));
    for (const [at, each] of tokens.entries())
      expect(await stillWork(each, 'web'), `round ${round}, tab ${at}`).toBe(true);
  }
});

test('two tabs of an app that asks for consent both keep working, and allow for different things', async () => {
  const browser = newBrowser();
  const ask: Params = { client_id: 'ask' };
  const tabs: Visit[] = [];
  for (const scope of ['openid email', 'openid profile']) {
    tabs.push(await visits(server, { ...ask, scope }, browser.newTab()));
  }
  const tokens: AppTokens[] = [];
  for (const tab of tabs) {
    await signsIn(tab.browser, { identifier: ADA });
    await tab.browser.submit({}, 'Allow');
    tokens.push(await tokensOf(server, tab));
  }
  expect(tokens[0]?.idToken).toHaveProperty('email');
  expect(tokens[1]?.idToken).not.toHaveProperty('email');
  for (const each of tokens) expect((await userinfo(server, each)).status).toBe(200);
});

test('fifty people who sign in at once each get their own tokens, and nobody else’s', async () => {
  const before = await signedInSessions(server);
  const people = await Promise.all(
    Array.from({ length: 50 }, (_, at) => server.person({ email: `person${at}@example.test`, name: `Person ${at}` })),
  );
  const journeys = people.map(async (person, at) => {
    const params = at % 2 === 0 ? WEB : SPA;
    const visit = await visitsAndSignsIn(server, { identifier: person.email, params });
    return { person, visit, tokens: await tokensOf(server, visit) };
  });
  const journeysDone = await Promise.all(journeys);
  expect(new Set(journeysDone.map(({ tokens }) => tokens.idToken['sub'])).size).toBe(50);
  await Promise.all(
    journeysDone.map(async ({ person, visit, tokens }) => {
      expect(tokens.idToken).toMatchObject({ sub: person.id, email: person.email, name: person.displayName });
      expect(tokens.idToken['nonce']).toBe(visit.request.nonce);
      expect(await (await userinfo(server, tokens)).json()).toMatchObject({ sub: person.id, email: person.email });
    }),
  );
  expect(await signedInSessions(server)).toBe(before + 50);
}, 60_000);
