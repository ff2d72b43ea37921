// One browser, several tabs at the same moment: no sign-in, grant or session of one is lost through another (R20).
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { callbackOf, newBrowser, signsIn } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import {
  type App,
  appRequest,
  atOnce,
  BOUND,
  codeWithoutPage,
  defectsOf,
  type IssuedCode,
  issuedCode,
  KINDS,
  newPerson,
  redeems,
  refreshes,
  SPA,
  signedInBrowser,
  tally,
  WEB,
} from './racing.ts';

/** SHUT_TABS=100 for a drill: on PGlite a round takes most of a second. */
const ROUNDS = Number(process.env['SHUT_TABS'] ?? 12);
/** Milliseconds, on a machine that does much else. */
const PATIENCE = 120_000;

const NATIVE: App = { clientId: 'native', redirectUri: 'http://127.0.0.1/callback' };
const ASK: App = { clientId: 'ask', redirectUri: CALLBACK, secret: WEB_SECRET };
const ASK_TOO: App = { clientId: 'ask-too', redirectUri: CALLBACK, secret: WEB_SECRET };

const ANOTHER_THAT_ASKS = `
client_id: ask-too
client_name: Another Asking App
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: ask
scope: openid profile offline_access
`;

describe.each(KINDS)('on %s', { timeout: PATIENCE }, (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: kind, clients: { 'ask-too': ANOTHER_THAT_ASKS } });
  });
  afterAll(() => server.stop());

  const ssoCode = (browser: Browser, app: App) => codeWithoutPage(server, { browser, app, scope: BOUND });

  /** The apps redeem their codes at once, and all of them can go on. */
  async function expectAllWork(codes: readonly IssuedCode[]): Promise<void> {
    const redeemed = await Promise.all(codes.map((code) => redeems(server, code)));
    expect(tally(redeemed)).toEqual({ '200': codes.length });
    const refreshed = codes.map(({ app }, index) => refreshes(server, app, redeemed[index]?.body['refresh_token']));
    expect(tally(await Promise.all(refreshed))).toEqual({ '200': codes.length });
  }

  /** A tab in which an app's request waits for consent. */
  async function tabAtConsent(browser: Browser, app: App) {
    const { url, verifier } = appRequest(server, app, { scope: BOUND, prompt: 'consent' });
    const tab = await browser.newTab().open(url);
    expect(tab.title).toContain('asks for access');
    return { tab, app, verifier };
  }

  async function allows({ tab, app, verifier }: Awaited<ReturnType<typeof tabAtConsent>>): Promise<IssuedCode> {
    await tab.submit({}, 'Allow');
    return issuedCode(tab, app, verifier);
  }

  test(`two apps that are new to a session sign in at once, ${ROUNDS} times of ${ROUNDS}`, async () => {
    const person = await newPerson(server);
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = await signedInBrowser(server, WEB, person);
      await expectAllWork(await Promise.all([ssoCode(browser, SPA), ssoCode(browser, NATIVE)]));
    }
    expect(defectsOf(server)).toEqual([]);
  });

  test(`two tabs of one app get its first grant of a session at once, ${ROUNDS} times of ${ROUNDS}`, async () => {
    const person = await newPerson(server);
    for (let round = 0; round < ROUNDS; round += 1) {
      const browser = await signedInBrowser(server, WEB, person);
      await expectAllWork(await atOnce(2, () => ssoCode(browser, SPA)));
    }
    expect(defectsOf(server)).toEqual([]);
  });

  test(`two apps are allowed at once in one session, ${ROUNDS} times of ${ROUNDS}`, async () => {
    const person = await newPerson(server);
    let browser = newBrowser();
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round % 8 === 0) browser = await signedInBrowser(server, WEB, person);
      const tabs = await Promise.all([tabAtConsent(browser, ASK), tabAtConsent(browser, ASK_TOO)]);
      await expectAllWork(await Promise.all(tabs.map(allows)));
      await ssoCode(browser, WEB);
    }
    expect(defectsOf(server)).toEqual([]);
  });

  test('apps ask in the background while another is being allowed', async () => {
    const person = await newPerson(server);
    for (let round = 0; round < ROUNDS / 4; round += 1) {
      const browser = await signedInBrowser(server, WEB, person);
      const waiting = await tabAtConsent(browser, ASK);
      await expectAllWork(
        await Promise.all([allows(waiting), ...[SPA, NATIVE, WEB].map((app) => ssoCode(browser, app))]),
      );
      await ssoCode(browser, WEB);
    }
    expect(defectsOf(server)).toEqual([]);
  });

  test('a token goes on refreshing while the session gets new identifiers', async () => {
    const browser = await signedInBrowser(server, WEB);
    const { body } = await redeems(server, await ssoCode(browser, WEB));
    for (let round = 0; round < 10; round += 1) {
      const waiting = await Promise.all([tabAtConsent(browser, ASK), tabAtConsent(browser, ASK_TOO)]);
      const [answers] = await Promise.all([
        atOnce(8, () => refreshes(server, WEB, body['refresh_token'])),
        ...waiting.map(allows),
      ]);
      expect(tally(answers)).toEqual({ '200': 8 });
    }
  });

  test('a person who types the password in two tabs at once is signed in in both', async () => {
    const identifier = await newPerson(server);
    for (let round = 0; round < 10; round += 1) {
      const requests = [appRequest(server, WEB, { scope: BOUND }), appRequest(server, WEB, { scope: BOUND })];
      const browser = newBrowser();
      const tabs = await Promise.all(requests.map(({ url }) => browser.newTab().open(url)));
      await Promise.all(tabs.map((tab) => signsIn(tab, { identifier })));
      await expectAllWork(tabs.map((tab, index) => issuedCode(tab, WEB, requests[index]!.verifier)));
    }
  });

  test('a sign-in that was finished before another tab got its session joins that session', async () => {
    const identifier = await newPerson(server);
    const { jar } = newBrowser();
    const requests = [appRequest(server, WEB, { scope: BOUND }), appRequest(server, WEB, { scope: BOUND })];
    // Both tabs stop right before the engine takes the result up.
    const stopAt = (url: string) => url.startsWith(`${server.issuer}/auth/`);
    const tabs = await Promise.all(requests.map(({ url }) => new Browser({ jar, stopAt }).open(url)));
    for (const tab of tabs) await signsIn(tab, { identifier });
    const codes: IssuedCode[] = [];
    for (const [index, tab] of tabs.entries()) {
      const resumed = await newBrowser({ jar }).open(tab.page.url);
      codes.push(issuedCode(resumed, WEB, requests[index]!.verifier));
    }
    await expectAllWork(codes);
  });

  test('a session that ends while apps ask in the background stays ended', async () => {
    const person = await newPerson(server);
    for (let round = 0; round < 20; round += 1) {
      const browser = await signedInBrowser(server, WEB, person);
      const leaving = await browser.newTab().open(`${server.issuer}/session/end?client_id=web`);
      const asking = atOnce(4, (index) => ssoCode(browser, [SPA, NATIVE, WEB, SPA][index]!).catch(() => undefined));
      await leaving.submit({}, 'Sign out');
      const codes = (await asking).filter((code) => code !== undefined);
      for (const code of codes) expect(tally([await redeems(server, code)])).toEqual({ '400 invalid_grant': 1 });
      const { url } = appRequest(server, WEB, { prompt: 'none' });
      expect(callbackOf(await browser.newTab().open(url)).get('error')).toBe('login_required');
    }
    expect(await resurrectedSessions()).toBe(0);
    expect(defectsOf(server)).toEqual([]);
  });

  /** Rows in use of a session that has left a tombstone. */
  async function resurrectedSessions(): Promise<number> {
    const { rows } = await sql<{ live: number }>`
      select count(*)::int as live from oidc_payloads ended
      where model = 'Session' and destroyed_at is null and exists (
        select from oidc_payloads other
        where other.model = 'Session' and other.uid = ended.uid and other.payload = '{}')`.execute(server.database.db);
    return rows[0]?.live ?? -1;
  }
});
