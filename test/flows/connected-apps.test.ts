// People see which apps they have let in, and take it back: at once, everywhere, and the app is told.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ASK, post } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { type LogoutReceiver, logoutReceiver } from '../support/logout-receiver.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, redeem, signsIn } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { codeOf, errorOf, tokensOf, userinfo, visits, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let receiver: LogoutReceiver;
const SCOPE = 'openid profile email offline_access items:read';
const ASKS = { client_id: 'ask', scope: SCOPE, resource: API };

beforeAll(async () => {
  receiver = await logoutReceiver();
  const asking = `
client_id: ask
client_name: Asking App
preset: web
redirect_uris: ["${CALLBACK}"]
backchannel_logout_uri: ${receiver.uri}
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: ask
scope: openid profile email roles offline_access
resources: { "${API}": ["items:read"] }
introspect: ["${API}"]
`;
  server = await startTestServer({ clients: { ask: asking } });
  for (const name of ['ada', 'ben', 'cat', 'dan', 'eve']) await server.person({ email: `${name}@example.test` });
});

afterAll(async () => {
  receiver.close();
  await server.stop();
});

async function letsIn(name: string) {
  const visit = await visitsAndSignsIn(server, { identifier: `${name}@example.test`, params: ASKS });
  await visit.browser.submit({}, 'Allow');
  return visit;
}

const appsOf = async (browser: Browser): Promise<Browser> => browser.newTab().open(`${server.issuer}/account/apps`);

const introspects = async (token: string): Promise<unknown> =>
  (await post(`${server.issuer}/token/introspection`, { token }, { client: ASK })).json();

describe('the list of connected apps', () => {
  test('is empty for who has signed in nowhere but here', async () => {
    const browser = await newBrowser().open(`${server.issuer}/account/apps`);
    await signsIn(browser, { identifier: 'eve@example.test' });
    expect(browser.title).toBe('Connected apps');
    expect(browser.text).toContain('No app is connected.');
  });

  test('says what each may see, in the words of the consent page, since when, and when last', async () => {
    const { browser } = await letsIn('ada');
    movingClock.advance({ seconds: 3 * 3600 });
    await visitsAndSignsIn(server, { identifier: 'ada@example.test', params: ASKS, browser: browser.newTab() });
    const { text } = await appsOf(browser);
    expect(text).toContain('Asking App');
    expect(text).toContain('See your e-mail addressemail');
    expect(text).toContain('At Example API');
    expect(text).toContain('See your itemsitems:read');
    expect(text).toMatch(/Connected3 hours ago/);
    expect(text).toMatch(/Last sign-innow/);
  });

  test('has apps that ask nothing too, and says so; a silent sign-in counts as one', async () => {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'ben@example.test' });
    movingClock.advance({ seconds: 600 });
    await visits(server, { prompt: 'none' }, browser.newTab());
    const { text } = await appsOf(browser);
    expect(text).toContain('Web App');
    expect(text).toContain('have let this app in for everybody');
    expect(text).toMatch(/Connected10 minutes agoLast sign-innow/);
  });
});

describe('taking an app’s access back', () => {
  test('ends consent, grants and tokens at once, tells the app, and leaves the session and other apps alone', async () => {
    const visit = await letsIn('cat');
    const tokens = await tokensOf(server, visit);
    const unredeemed = await visits(server, ASKS, visit.browser.newTab());
    const web = await visits(server, { scope: 'openid offline_access' }, visit.browser.newTab());
    const others = await tokensOf(server, web);
    expect(await introspects(tokens.accessToken)).toMatchObject({ active: true });
    const told = receiver.received.length;

    const page = await visit.browser.newTab().open(`${server.issuer}/account/apps/ask`);
    expect(page.text).toContain('1 of your sessions is signed in there.');
    await page.submit({}, 'Remove access');
    expect([page.title, page.text.includes('has no access to your account any more')]).toEqual([
      'Connected apps',
      true,
    ]);
    expect(page.text).not.toContain('Asking App');
    expect((await appsOf(visit.browser)).text).not.toContain('has no access to your account any more');

    expect(await introspects(tokens.accessToken)).toEqual({ active: false });
    expect(await introspects(String(tokens.refreshToken))).toEqual({ active: false });
    expect((await userinfo(server, tokens)).status).toBe(401);
    const credentials = { clientId: 'ask', secret: WEB_SECRET };
    const refreshed = await redeem(
      server.issuer,
      { grant_type: 'refresh_token', refresh_token: tokens.refreshToken },
      credentials,
    );
    expect([refreshed.status, refreshed.body['error']]).toEqual([400, 'invalid_grant']);
    const late = { grant_type: 'authorization_code', code: codeOf(unredeemed), redirect_uri: CALLBACK };
    const answer = await redeem(server.issuer, { ...late, code_verifier: unredeemed.request.verifier }, credentials);
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant']);
    await expect.poll(() => receiver.received.length, { timeout: 5000 }).toBe(told + 1);
    expect(receiver.received.at(-1)?.claims).toMatchObject({ aud: 'ask', sid: tokens.idToken['sid'] });

    expect((await userinfo(server, others)).status).toBe(200);
    const again = await visits(server, { ...ASKS, prompt: 'none' }, visit.browser.newTab());
    expect(errorOf(again)).toBe('consent_required');
    const { db } = server.database;
    const events = await db
      .selectFrom('audit_events')
      .select('client_id')
      .where('event', '=', 'consent.revoked')
      .execute();
    expect(events).toEqual([{ client_id: 'ask' }]);
  });

  test('of an app that asks nothing ends its tokens; it is let in again without asking', async () => {
    const visit = await visitsAndSignsIn(server, {
      identifier: 'dan@example.test',
      params: { scope: 'openid offline_access' },
    });
    const tokens = await tokensOf(server, visit);
    const page = await visit.browser.newTab().open(`${server.issuer}/account/apps/web`);
    expect(page.text).toContain('has access again without asking you');
    await page.submit({}, 'Remove access');
    expect((await userinfo(server, tokens)).status).toBe(401);
    expect(codeOf(await visits(server, { prompt: 'none' }, visit.browser.newTab()))).not.toBe('');
  });

  test('finds only apps of one’s own: others’, unknown ones and our own page are 404, and nothing ends', async () => {
    const bens = await letsIn('ben');
    const tokens = await tokensOf(server, bens);
    const browser = await newBrowser().open(`${server.issuer}/account`);
    await signsIn(browser, { identifier: 'eve@example.test' });
    const { csrf = '' } = browser.form({}, 'Sign out').data;
    for (const clientId of ['ask', 'nobody', 'gatehouse-account', '__proto__', '%2e%2e']) {
      expect((await browser.request(`${server.issuer}/account/apps/${clientId}`)).status, clientId).toBe(404);
      const address = `${server.issuer}/account/apps/${clientId}/disconnect`;
      expect((await browser.request(address, { method: 'POST', form: { csrf } })).status, clientId).toBe(404);
    }
    expect((await userinfo(server, tokens)).status).toBe(200);
  });
});
