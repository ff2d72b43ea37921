// What an app reads of a person: roles in ID token, access token and userinfo; the claims of the scopes (OpenID Connect
// Core section 5.4); and what a client's file keeps back.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grantRole } from '../../src/roles/assignments.ts';
import type { Browser } from '../support/browser.ts';
import { claimsIn, newBrowser, redeem } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import { enrols } from '../support/visits.ts';
import { type App, ASK, authorize, NATIVE, type Params, ROBOT, SPA, signedIn, userinfo, WEB } from './apps.ts';

const SETTINGS = `
mfa: optional
tokens: { default_audience: "https://apis.example.test", id_token_seconds: 300 }
resources:
  https://api.example.test:
    name: Example API
    scopes: { items:read: See your items, items:write: Change your items }
`;

const FILTERS: Readonly<Record<string, string>> = {
  'only-shop': '["shop-*"]',
  exact: '["vendor"]',
  'product-admin': '["gatehouse:admin"]',
  'all-of-the-product': '["gatehouse:*", "vendor"]',
  everything: '["*"]',
  'ends-in-dor': '["*dor", "s*-*n"]',
  none: '[]',
  'own-names': '["*:admin"]',
};

let server: TestServer;
let jane: Browser;

beforeAll(async () => {
  const client = (id: string, more: string) =>
    `client_id: ${id}\npreset: web\nredirect_uris: ["${CALLBACK}"]\nclient_secrets: [{ value: "${WEB.secret}" }]\n${more}\n`;
  const filtered = Object.entries(FILTERS).map(([id, include]) => [
    id,
    client(id, `consent: skip\nroles: { include: ${include} }`),
  ]);
  server = await startTestServer({
    settings: SETTINGS,
    clients: {
      ...Object.fromEntries(filtered),
      slim: client('slim', 'consent: skip\nid_token_claims: false'),
      'ask-filtered': client('ask-filtered', 'consent: ask\nroles: { include: ["shop-*"] }'),
    },
  });
  const account = await server.person({
    email: 'jane@example.test',
    username: 'jane',
    name: 'Jane Doe',
    roles: ['vendor', 'shop-admin', 'shop-clerk'],
  });
  await grantRole(server.database.db, { accountId: account.id, role: 'gatehouse:admin' });
  await grantRole(server.database.db, { accountId: account.id, role: 'gatehouse:auditor' });
  // An administrator of the product always has a second factor.
  jane = (await enrols(server, { identifier: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

/** What each of the three places says to this app. */
async function placesOf(app: App, params: Params = {}, browser: Browser = jane) {
  const { tokens } = await signedIn(server.issuer, { app, params, browser });
  const info = await userinfo(server.issuer, tokens.accessToken);
  expect(info.status).toBe(200);
  return {
    idToken: claimsIn(tokens.idToken),
    accessToken: claimsIn(tokens.accessToken),
    userinfo: (await info.json()) as Record<string, unknown>,
  };
}

const rolesIn = (places: Awaited<ReturnType<typeof placesOf>>) => [
  places.idToken['roles'],
  places.accessToken['roles'],
  places.userinfo['roles'],
];

const thrice = (value: unknown) => [value, value, value];

test('an app of the house reads the roles in all three places, asked for or not, and never the product’s own', async () => {
  for (const app of [WEB, SPA, { ...NATIVE, redirectUri: 'com.example.app:/callback' }]) {
    for (const scope of ['openid', 'openid roles', 'openid profile email']) {
      expect(rolesIn(await placesOf(app, { scope }))).toEqual(thrice(['shop-admin', 'shop-clerk', 'vendor']));
    }
  }
});

test('an app that asks for consent reads roles if the person allowed the scope roles, and else there is no such claim', async () => {
  const without = await placesOf(ASK, { scope: 'openid profile email' });
  expect(rolesIn(without)).toEqual(thrice(undefined));
  for (const place of Object.values(without)) expect(place).not.toHaveProperty('roles');
  const allowed = await placesOf(ASK, { scope: 'openid roles' });
  expect(rolesIn(allowed)).toEqual(thrice(['shop-admin', 'shop-clerk', 'vendor']));
  // Having allowed it once does not put it into tokens that were not asked for with it.
  expect(rolesIn(await placesOf(ASK, { scope: 'openid' }))).toEqual(thrice(undefined));
  expect(rolesIn(await placesOf({ ...ASK, clientId: 'ask-filtered' }, { scope: 'openid roles' }))).toEqual(
    thrice(['shop-admin', 'shop-clerk']),
  );
});

test('a person without roles has an empty list, so that apps can tell it from not being told', async () => {
  await server.person({ email: 'plain@example.test' });
  const { browser } = await authorize(server.issuer, { email: 'plain@example.test', browser: newBrowser() });
  expect(rolesIn(await placesOf(WEB, {}, browser))).toEqual(thrice([]));
});

test.each([
  ['only-shop', ['shop-admin', 'shop-clerk']],
  ['exact', ['vendor']],
  ['product-admin', ['gatehouse:admin']],
  ['all-of-the-product', ['gatehouse:admin', 'gatehouse:auditor', 'vendor']],
  ['everything', ['shop-admin', 'shop-clerk', 'vendor']],
  ['ends-in-dor', ['shop-admin', 'vendor']],
  ['none', []],
  ['own-names', []],
])('a client file with the filter %s lets exactly these roles out: %j', async (clientId, roles) => {
  expect(rolesIn(await placesOf({ ...WEB, clientId }))).toEqual(thrice(roles));
});

test('the roles of a service are those of its file, in its access token', async () => {
  const { body } = await redeem(server.issuer, { grant_type: 'client_credentials' }, ROBOT);
  expect(claimsIn(body['access_token'])['roles']).toEqual(['deployer']);
});

test('the claims of the granted scopes stand in the ID token and at userinfo, with none of the others', async () => {
  const all = await placesOf(WEB, { scope: 'openid profile email' });
  for (const place of [all.idToken, all.userinfo]) {
    expect(place).toMatchObject({
      sub: all.accessToken['sub'],
      name: 'Jane Doe',
      preferred_username: 'jane',
      email: 'jane@example.test',
      email_verified: true,
    });
  }
  const email = await placesOf(WEB, { scope: 'openid email' });
  const nothing = await placesOf(WEB, { scope: 'openid' });
  for (const place of [email.idToken, email.userinfo]) {
    expect(place).toHaveProperty('email_verified', true);
    for (const name of ['name', 'preferred_username', 'updated_at']) expect(place).not.toHaveProperty(name);
  }
  for (const place of [nothing.idToken, nothing.userinfo]) {
    for (const name of ['email', 'email_verified', 'name', 'preferred_username'])
      expect(place).not.toHaveProperty(name);
  }
});

test('a client file can keep the claims of scopes out of the ID token: they are at userinfo then, roles in both', async () => {
  const places = await placesOf({ ...WEB, clientId: 'slim' });
  for (const name of ['name', 'preferred_username', 'updated_at', 'email', 'email_verified']) {
    expect(places.idToken).not.toHaveProperty(name);
    expect(places.userinfo).toHaveProperty(name);
  }
  expect(rolesIn(places)).toEqual(thrice(['shop-admin', 'shop-clerk', 'vendor']));
  expect(places.idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'], auth_time: expect.any(Number) });
});

test('the person is the same in all three places and for every app, and nothing internal is told', async () => {
  const [web, spa] = [await placesOf(WEB), await placesOf(SPA)];
  const subjects = [web, spa].flatMap((places) => Object.values(places).map(({ sub }) => sub));
  expect(new Set(subjects).size).toBe(1);
  for (const place of [web.idToken, web.userinfo]) {
    for (const name of ['status', 'password', 'gh_grant', 'gh_session']) expect(place).not.toHaveProperty(name);
  }
});

test('the default audience and the life of ID tokens can be set', async () => {
  const { accessToken, idToken } = await placesOf(WEB);
  expect(accessToken['aud']).toEqual(['https://apis.example.test', `${server.issuer}/me`]);
  expect(Number(idToken['exp']) - Number(idToken['iat'])).toBe(300);
  expect(idToken['aud']).toBe('web');
});
