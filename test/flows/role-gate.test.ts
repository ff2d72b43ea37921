// An app that is open to some people only (access.require_any_role).
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grantRole, revokeRole } from '../../src/roles/assignments.ts';
import { callbackOf, redeem, signsIn } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { errorOf, isBackAtApp, tokensOf, userinfo, type Visit, visits, visitsAndSignsIn } from '../support/visits.ts';

const client = (id: string, consent: string) => `
client_id: ${id}
client_name: Back Office
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: ${consent}
access: { require_any_role: [vendor, shop-admin] }
`;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ clients: { office: client('office', 'skip'), desk: client('desk', 'ask') } });
  await server.person({ email: 'vendor@example.test', roles: ['vendor'] });
  await server.person({ email: 'admin@example.test', roles: ['other', 'shop-admin'] });
  await server.person({ email: 'guest@example.test', roles: ['vendors', 'vendor-x'] });
});

afterAll(() => server.stop());

const office = { client_id: 'office' };

const refused = ({ browser }: Visit) => {
  expect(browser.page.status).toBe(403);
  expect(browser.title).toBe('You cannot use Back Office');
  expect(browser.page.text).not.toContain('code=');
};

test('any one of the roles opens it', async () => {
  for (const name of ['vendor', 'admin']) {
    const visit = await visitsAndSignsIn(server, { identifier: `${name}@example.test`, params: office });
    expect((await tokensOf(server, visit)).idToken['email']).toBe(`${name}@example.test`);
  }
});

test('who has none is told so in words, as whom, and the app hears access_denied', async () => {
  const visit = await visitsAndSignsIn(server, { identifier: 'guest@example.test', params: office });
  refused(visit);
  expect(visit.browser.text).toContain('guest@example.test');
  expect(visit.browser.text).toContain('Back Office');
  expect(visit.browser.text).not.toContain('shop-admin');
  await visit.browser.submit({}, 'Back to');
  expect(errorOf(visit)).toBe('access_denied');
  expect(callbackOf(visit.browser).get('iss')).toBe(server.issuer);
});

test('a session from another app opens it no further, and prompt=none is told access_denied', async () => {
  const { browser } = await visitsAndSignsIn(server, { identifier: 'guest@example.test' });
  const quiet = await visits(server, { ...office, prompt: 'none' }, browser.newTab());
  expect(errorOf(quiet)).toBe('access_denied');
  const visit = await visits(server, office, browser.newTab());
  refused(visit);
  await visit.browser.submit({}, 'Back to');
  expect(errorOf(visit)).toBe('access_denied');
  expect(isBackAtApp(await visits(server, {}, browser.newTab()))).toBe(true);
});

test('neither consent nor the resume address is a way around it', async () => {
  const desk = { client_id: 'desk' };
  const first = await visitsAndSignsIn(server, { identifier: 'guest@example.test', params: desk });
  refused(first);
  const { csrf = '' } = first.browser.form({}, 'Back to').data;
  const uid = /interaction\/([\w-]+)/.exec(first.browser.page.url)?.[1] ?? '';
  const consent = `${server.issuer}/interaction/${uid}/consent?client=desk`;
  await first.browser.request(consent, { method: 'POST', form: { csrf, decision: 'allow' } });
  await first.browser.open(`${server.issuer}/auth/${uid}`);
  expect(isBackAtApp(first)).toBe(false);
  const { browser } = await visitsAndSignsIn(server, { identifier: 'guest@example.test' });
  const second = await visits(server, { ...desk, prompt: 'consent' }, browser);
  refused(second);
  const step = `${server.issuer}/interaction/${/interaction\/([\w-]+)/.exec(browser.page.url)?.[1]}`;
  const token = browser.form({}, 'Back to').data['csrf'] ?? '';
  await browser.request(`${step}/consent?client=desk`, { method: 'POST', form: { csrf: token, decision: 'allow' } });
  await browser.open(`${step.replace('/interaction/', '/auth/')}`);
  expect(isBackAtApp(second)).toBe(false);
});

test('a person with another account goes on with that one', async () => {
  const visit = await visitsAndSignsIn(server, { identifier: 'guest@example.test', params: office });
  await visit.browser.submit({}, 'Not you?');
  await signsIn(visit.browser, { identifier: 'vendor@example.test' });
  expect((await tokensOf(server, visit)).idToken['email']).toBe('vendor@example.test');
});

test('who loses the role is out: refresh, userinfo and the next visit; who gets it back is in', async () => {
  const { db } = server.database;
  const { id } = await server.person({ email: 'temp@example.test', roles: ['vendor'] });
  const visit = await visitsAndSignsIn(server, { identifier: 'temp@example.test', params: office });
  const tokens = await tokensOf(server, visit);
  const refresh = () =>
    redeem(
      server.issuer,
      { grant_type: 'refresh_token', refresh_token: tokens.refreshToken },
      { clientId: 'office', secret: WEB_SECRET },
    );
  expect((await refresh()).status).toBe(200);
  await revokeRole(db, { accountId: id, role: 'vendor' });
  expect(await refresh()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect((await userinfo(server, tokens)).status).toBe(401);
  refused(await visits(server, office, visit.browser.newTab()));
  await grantRole(db, { accountId: id, role: 'shop-admin' });
  const back = await visits(server, office, visit.browser.newTab());
  expect((await tokensOf(server, back)).idToken['roles']).toEqual(['shop-admin']);
});
