// What an app may have: the page that asks, what is remembered of the answer, and what no form can add to it.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { movingClock } from '../support/moving-clock.ts';
import { authorizationRequest, callbackOf, claimsIn, newBrowser, redeem, signsIn } from '../support/sign-in.ts';
import { API, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import {
  errorOf,
  isBackAtApp,
  type Params,
  tokensOf,
  userinfo,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

const CLIENTS = {
  shop: `
client_id: shop
client_name: Little Shop <3
preset: web
redirect_uris: ["https://app.example.test/callback"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: ask
scope: openid profile email roles offline_access
resources: { "${API}": ["items:read", "items:write"] }
logo: shop.svg
policy_uri: https://shop.example.test/privacy
tos_uri: https://shop.example.test/terms
`,
  'native-ask': `
client_id: native-ask
client_name: Pocket App
preset: native
redirect_uris: ["com.example.app:/callback", "http://127.0.0.1/callback", "https://app.example.test/claimed"]
consent: ask
`,
};

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4"/></svg>';

let server: TestServer;

beforeAll(async () => {
  const files = { 'clients/shop.svg': LOGO };
  server = await startTestServer({ clients: CLIENTS, files });
  for (const name of ['ada', 'ben', 'cat', 'dan', 'eli', 'fay', 'gil', 'hal', 'ida', 'jon', 'kim', 'lou', 'mia']) {
    await server.person({ email: `${name}@example.test`, name, roles: ['vendor'] });
  }
});

afterAll(() => server.stop());

const atConsent = (name: string, params: Params = {}, browser = newBrowser()): Promise<Visit> =>
  visitsAndSignsIn(server, {
    identifier: `${name}@example.test`,
    params: { client_id: 'shop', scope: 'openid', ...params },
    browser,
  });

const asksFor = ({ browser }: Visit): string => browser.document.querySelector('h1')?.textContent ?? '';

async function consentsOf(name: string): Promise<{ client_id: string; scopes: string[]; resources: unknown }[]> {
  const rows = await sql<{ client_id: string; scopes: string[]; resources: unknown }>`
    select client_id, scopes, resources from consents
    join accounts on accounts.id = consents.account_id where email = ${`${name}@example.test`}`.execute(
    server.database.db,
  );
  return rows.rows;
}

test('the page says who asks, for what in plain sentences, and links the app’s papers', async () => {
  const scope = 'openid profile email roles offline_access items:read items:write';
  const { browser } = await atConsent('ada', { scope, resource: API });
  expect(browser.page.status).toBe(200);
  expect(browser.title).toBe('Little Shop <3 asks for access');
  expect(browser.text).toContain('ada@example.test');
  const entries = browser.document.querySelectorAll('.granted li').map((entry) => ({
    scope: entry.querySelector('code')?.textContent,
    sentence: entry.querySelector('span')?.textContent ?? '',
  }));
  expect(entries.map((entry) => entry.scope)).toEqual(scope.split(' '));
  for (const { sentence, scope: name } of entries) expect(sentence.split(' ').length, name).toBeGreaterThan(2);
  expect(browser.text).toContain('See your e-mail address');
  expect(browser.text).toContain('Example API');
  expect(browser.text).toContain('Change your items');
  const links = browser.document.querySelectorAll('a').map((link) => link.getAttribute('href'));
  expect(links).toContain('https://shop.example.test/privacy');
  expect(links).toContain('https://shop.example.test/terms');
  const logo = await browser.request(
    new URL(browser.document.querySelector('.tile img')?.getAttribute('src') ?? '/no-logo', server.issuer).href,
  );
  expect(logo.headers.get('content-type')).toBe('image/svg+xml');
  expect(await logo.text()).toBe(LOGO);
  const buttons = browser.document.querySelectorAll('button[name=decision]').map((each) => each.textContent.trim());
  expect(buttons).toEqual(['Deny', 'Allow']);
});

test('scopes the app’s file does not have are not on the page, and are not granted', async () => {
  const visit = await visitsAndSignsIn(server, {
    identifier: 'ada@example.test',
    params: { client_id: 'ask', scope: 'openid items:read items:write', resource: API },
  });
  expect(visit.browser.text).toContain('See your items');
  expect(visit.browser.text).not.toContain('Change your items');
  await visit.browser.submit({}, 'Allow');
  expect(claimsIn((await tokensOf(server, visit)).accessToken)['scope']).toBe('openid items:read');
});

test('allow is remembered for this app: the same person is not asked again in a new browser', async () => {
  const first = await atConsent('ben', { scope: 'openid email' });
  await first.browser.submit({}, 'Allow');
  const { idToken } = await tokensOf(server, first);
  expect(idToken['email']).toBe('ben@example.test');
  expect(await consentsOf('ben')).toEqual([{ client_id: 'shop', scopes: ['email', 'openid'], resources: {} }]);
  const second = await atConsent('ben', { scope: 'openid email' });
  expect(isBackAtApp(second)).toBe(true);
  const less = await atConsent('ben', { scope: 'openid' });
  expect(isBackAtApp(less)).toBe(true);
});

test('consent given to one app is none for another, nor for another person', async () => {
  const first = await atConsent('cat', { scope: 'openid email' });
  await first.browser.submit({}, 'Allow');
  const other = await visits(server, { client_id: 'ask', scope: 'openid email' }, first.browser.newTab());
  expect(asksFor(other)).toBe('Asking App asks for access');
  expect(asksFor(await atConsent('dan', { scope: 'openid email' }))).toContain('asks for access');
});

test('an app that wants more asks again, and prompt=none tells it so', async () => {
  const first = await atConsent('dan', { scope: 'openid' });
  await first.browser.submit({}, 'Allow');
  const quiet = await visits(
    server,
    { client_id: 'shop', scope: 'openid email', prompt: 'none' },
    first.browser.newTab(),
  );
  expect(errorOf(quiet)).toBe('consent_required');
  const more = await visits(server, { client_id: 'shop', scope: 'openid email' }, first.browser.newTab());
  expect(asksFor(more)).toContain('asks for access');
  await more.browser.submit({}, 'Allow');
  expect((await tokensOf(server, more)).idToken['email']).toBe('dan@example.test');
  const api = await visits(server, { client_id: 'shop', scope: 'openid items:read', resource: API }, first.browser);
  expect(asksFor(api)).toContain('asks for access');
  await api.browser.submit({}, 'Allow');
  expect(claimsIn((await tokensOf(server, api)).accessToken)).toMatchObject({ scope: 'openid items:read' });
  expect(await consentsOf('dan')).toEqual([
    { client_id: 'shop', scopes: ['email', 'openid'], resources: { [API]: ['items:read'] } },
  ]);
});

test('what was allowed in an earlier sign-in is not in the tokens of a request that did not ask for it', async () => {
  const first = await atConsent('eli', { scope: 'openid profile email roles' });
  await first.browser.submit({}, 'Allow');
  expect((await tokensOf(server, first)).idToken).toMatchObject({ email: 'eli@example.test', roles: ['vendor'] });
  const next = await visits(server, { client_id: 'shop', scope: 'openid' }, first.browser);
  const tokens = await tokensOf(server, next);
  for (const claims of [tokens.idToken, await (await userinfo(server, tokens)).json()] as Record<string, unknown>[]) {
    for (const claim of ['email', 'name', 'roles']) expect(claims).not.toHaveProperty(claim);
  }
  expect(claimsIn(tokens.accessToken)).not.toHaveProperty('roles');
});

test('deny sends the person back with access_denied, and nothing is remembered', async () => {
  const visit = await atConsent('fay');
  await visit.browser.submit({}, 'Deny');
  expect(errorOf(visit)).toBe('access_denied');
  expect(callbackOf(visit.browser).get('state')).toBe(visit.request.state);
  expect(callbackOf(visit.browser).get('iss')).toBe(server.issuer);
  expect(callbackOf(visit.browser).has('code')).toBe(false);
  expect(await consentsOf('fay')).toEqual([]);
  expect(asksFor(await atConsent('fay'))).toContain('asks for access');
});

test('an app of the house asks nothing, whatever it wants', async () => {
  const visit = await visitsAndSignsIn(server, {
    identifier: 'gil@example.test',
    params: { scope: 'openid profile email roles offline_access items:read', resource: API },
  });
  const tokens = await tokensOf(server, visit);
  expect(tokens.refreshToken).toBeDefined();
  expect(claimsIn(tokens.accessToken)['scope']).toBe('openid profile email roles offline_access items:read');
});

test('prompt=consent asks although it is remembered; the app of the house asks then too', async () => {
  const first = await atConsent('gil');
  await first.browser.submit({}, 'Allow');
  for (const client of ['shop', 'web']) {
    const params = { client_id: client, scope: 'openid', prompt: 'consent' };
    const again = await visits(server, params, first.browser.newTab());
    expect(asksFor(again)).toContain('asks for access');
    await again.browser.submit({}, 'Allow');
    expect((await tokensOf(server, again)).idToken['sub']).toBeTruthy();
  }
});

test('prompt=consent asks once, also when the person signs in with the same request', async () => {
  await (await atConsent('kim')).browser.submit({}, 'Allow');
  const visit = await atConsent('kim', { prompt: 'consent' });
  expect(asksFor(visit)).toContain('asks for access');
  await visit.browser.submit({}, 'Allow');
  expect(isBackAtApp(visit)).toBe(true);
});

test('an app on a device whose address any app could claim asks every time', async () => {
  const params = { client_id: 'native-ask', redirect_uri: 'com.example.app:/callback', scope: 'openid' };
  const first = await atConsent('hal', params);
  await first.browser.submit({}, 'Allow');
  expect(first.browser.page.url).toMatch(/^com\.example\.app:\/callback\?code=/);
  const second = await visits(server, params, first.browser.newTab());
  expect(asksFor(second)).toBe('Pocket App asks for access');
  const quiet = await visits(server, { ...params, prompt: 'none' }, first.browser.newTab());
  expect(errorOf(quiet)).toBe('interaction_required');
  const claimed = { ...params, redirect_uri: 'https://app.example.test/claimed' };
  const onHttps = await visits(server, claimed, first.browser.newTab());
  expect(isBackAtApp(onHttps)).toBe(true);
});

test('what somebody adds to the form is not granted', async () => {
  const visit = await atConsent('ida', { scope: 'openid' });
  const { action, data } = visit.browser.form({ decision: 'allow' });
  const forged = {
    ...data,
    scope: 'openid email roles offline_access items:write',
    scopes: 'email',
    'scopes[]': 'roles',
    resource: API,
    client_id: 'web',
    accountId: 'somebody-else',
    grantId: 'x',
    rejectedScopes: '',
    prompt: 'none',
  };
  const address = `${action}&scope=openid+email+roles&resource=${encodeURIComponent(API)}`;
  const refused = await visit.browser.request(address, { method: 'POST', form: forged });
  expect(refused.status).toBe(400);
  const answer = await visit.browser.request(address, { method: 'POST', form: data });
  expect(answer.status).toBe(200);
  const resume = /url=([^"]+)"/.exec(await answer.text())?.[1] ?? '';
  await visit.browser.open(`${resume}?scope=openid+email+roles`);
  const { idToken, accessToken } = await tokensOf(server, visit);
  expect(idToken).not.toHaveProperty('email');
  expect(idToken).not.toHaveProperty('roles');
  expect(claimsIn(accessToken)['scope']).toBe('openid');
  expect(await consentsOf('ida')).toEqual([{ client_id: 'shop', scopes: ['openid'], resources: {} }]);
});

test('a code cannot be redeemed for more than was allowed', async () => {
  const visit = await atConsent('jon', { scope: 'openid items:read', resource: API });
  await visit.browser.submit({}, 'Allow');
  const code = callbackOf(visit.browser).get('code') ?? '';
  const answer = await redeem(
    server.issuer,
    {
      grant_type: 'authorization_code',
      code,
      code_verifier: visit.request.verifier,
      redirect_uri: 'https://app.example.test/callback',
      scope: 'openid email items:read items:write',
      resource: API,
    },
    { clientId: 'shop', secret: WEB_SECRET },
  );
  expect(answer.status).toBe(200);
  expect(claimsIn(answer.body['access_token'])['scope']).toBe('openid items:read');
  expect(claimsIn(answer.body['id_token'])).not.toHaveProperty('email');
});

test('an answer that is neither allow nor deny is no answer', async () => {
  const visit = await atConsent('mia');
  const { action, data } = visit.browser.form({ decision: 'allow' });
  for (const decision of ['', 'ALLOW', 'yes', 'allow,deny']) {
    const answer = await visit.browser.request(action, { method: 'POST', form: { ...data, decision } });
    expect(answer.status).toBe(400);
  }
  const { decision: _left, ...without } = data;
  expect((await visit.browser.request(action, { method: 'POST', form: without })).status).toBe(400);
  expect(await consentsOf('mia')).toEqual([]);
  await visit.browser.submit({}, 'Allow');
  expect(isBackAtApp(visit)).toBe(true);
});

test('a person who is somebody else says so at the consent page', async () => {
  const visit = await atConsent('lou');
  await visit.browser.submit({}, 'Not you?');
  await signsIn(visit.browser, { identifier: 'kim@example.test' });
  expect((await tokensOf(server, visit)).idToken['sub']).toBeTruthy();
  expect(await consentsOf('lou')).toEqual([]);
});

test('an app that names an API without a scope of it asks for that too', async () => {
  await server.person({ email: 'api-asked@example.test', roles: ['reader'] });
  const browser = newBrowser();
  const asks = (params: Record<string, string>) =>
    browser.open(authorizationRequest(server.issuer, { client_id: 'ask', scope: 'openid roles', ...params }).url);
  await asks({});
  await signsIn(browser, { identifier: 'api-asked@example.test' });
  await browser.submit({}, 'Allow');
  await asks({ prompt: 'none', resource: API });
  expect(callbackOf(browser).get('error')).toBe('consent_required');
  await asks({ resource: API });
  expect(browser.text).toContain('Be known there, with the roles you have');
  await browser.submit({}, 'Allow');
  expect(callbackOf(browser).get('code')).toBeTruthy();
  await asks({ prompt: 'none', resource: API });
  expect(callbackOf(browser).get('code')).toBeTruthy();
});

test('a sign-in that has become too old for max_age on the consent page is asked for again', async () => {
  await server.person({ email: 'slow@example.test' });
  const browser = await newBrowser().open(authorizationRequest(server.issuer, { client_id: 'ask', max_age: '60' }).url);
  await signsIn(browser, { identifier: 'slow@example.test' });
  const { action, data } = browser.form({}, 'Allow');
  movingClock.advance({ seconds: 61 });
  await browser.request(action, { method: 'POST', form: data });
  await browser.open(browser.page.url);
  expect(browser.title).toContain('Sign in to');
  await signsIn(browser, { identifier: 'slow@example.test' });
  await browser.submit({}, 'Allow');
  expect(callbackOf(browser).get('code')).toBeTruthy();
});

test('who says that they are somebody else allows nothing by the page that is still open in another tab', async () => {
  const [one, other] = [
    await server.person({ email: 'one-tab@example.test' }),
    await server.person({ email: 'other-tab@example.test' }),
  ];
  const visit = await visitsAndSignsIn(server, { identifier: one.email, params: { client_id: 'ask' } });
  const { browser } = visit;
  const { action, data } = browser.form({ decision: 'allow' });
  await browser.submit({}, 'Not you?');
  await signsIn(browser, { identifier: other.email });
  await browser.request(action, { method: 'POST', form: data });
  const consents = () =>
    server.database.db
      .selectFrom('consents')
      .select('account_id')
      .where('account_id', 'in', [one.id, other.id])
      .execute();
  expect(await consents()).toEqual([]);
  await browser.submit({}, 'Allow');
  expect(isBackAtApp(visit)).toBe(true);
  expect(await consents()).toEqual([{ account_id: other.id }]);
});
