// What apps read of a profile: the standard claims by scope (OpenID Connect Core sections 5.1 and 5.4), and the attributes
// that an operator has declared. Nothing without the scope that releases it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeProfile, type ProfileChange } from '../../src/profiles/change-profile.ts';
import type { Browser } from '../support/browser.ts';
import { callbackOf, claimsIn } from '../support/sign-in.ts';
import { CALLBACK, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { authorize, type Params, requestOf, signedIn, userinfo, WEB } from './apps.ts';

const SETTINGS = `
attributes:
  department: { label: Department, type: enum, choices: [Sales, Support], scope: company }
  desk: { label: Desk, type: number, scope: company, claim: "https://example.com/desk" }
  remote: { label: Remote, type: boolean, scope: company }
  topics: { label: Topics, type: list, edit: user, scope: profile }
${RESOURCES}`;

const ALL = 'openid profile email phone address roles offline_access company';

let server: TestServer;
let jane: { id: string; browser: Browser };

const client = (id: string, more: string) =>
  `client_id: ${id}\npreset: web\nredirect_uris: ["${CALLBACK}"]\nclient_secrets: [{ value: "${WEB.secret}" }]\nconsent: skip\n${more}\n`;

beforeAll(async () => {
  server = await startTestServer({
    settings: SETTINGS,
    clients: {
      web: client('web', `scope: ${ALL}`),
      slim: client('slim', `scope: ${ALL}\nid_token_claims: false`),
      usual: client('usual', ''),
    },
  });
  const account = await server.person({ email: 'jane@example.test', username: 'jane', name: 'Jane Doe' });
  jane = { id: account.id, browser: (await authorize(server.issuer, { email: 'jane@example.test' })).browser };
  await changes({
    claims: {
      given_name: 'Jane',
      family_name: 'Doe',
      middle_name: 'Q',
      nickname: 'J',
      profile: 'https://jane.example.test/',
      picture: 'https://jane.example.test/face.png',
      website: 'https://example.test/jane',
      gender: 'female',
      birthdate: '0000-02-29',
      zoneinfo: 'Europe/Berlin',
      locale: 'de-DE',
      phone_number: '+49 (30) 123-4567',
      street_address: 'Street 1\r\n2nd floor',
      locality: 'Berlin',
      postal_code: '10115',
      country: 'Germany',
    },
    attributes: { department: 'Sales', desk: '12.5', remote: 'yes', topics: 'news\noffers' },
  });
});

afterAll(() => server.stop());

async function changes(change: ProfileChange): Promise<void> {
  const deps = { ...server.deps, config: server.config };
  const changed = await changeProfile(deps, { accountId: jane.id, as: 'operator', actor: 'operator' }, change);
  expect(changed.outcome).toBe('changed');
}

async function placesOf(params: Params, clientId = 'web') {
  const { tokens } = await signedIn(server.issuer, { app: { ...WEB, clientId }, params, browser: jane.browser });
  const info = (await (await userinfo(server.issuer, tokens.accessToken)).json()) as Record<string, unknown>;
  return { idToken: claimsIn(tokens.idToken), userinfo: info, accessToken: claimsIn(tokens.accessToken) };
}

const PROFILE = {
  name: 'Jane Doe',
  given_name: 'Jane',
  family_name: 'Doe',
  middle_name: 'Q',
  nickname: 'J',
  preferred_username: 'jane',
  profile: 'https://jane.example.test/',
  picture: 'https://jane.example.test/face.png',
  website: 'https://example.test/jane',
  gender: 'female',
  birthdate: '0000-02-29',
  zoneinfo: 'Europe/Berlin',
  locale: 'de-DE',
  updated_at: expect.any(Number),
  topics: ['news', 'offers'],
};

const PHONE = { phone_number: '+49301234567', phone_number_verified: false };

const ADDRESS = {
  address: {
    formatted: 'Street 1\n2nd floor\n10115 Berlin\nGermany',
    street_address: 'Street 1\n2nd floor',
    locality: 'Berlin',
    postal_code: '10115',
    country: 'Germany',
  },
};

const COMPANY = { department: 'Sales', 'https://example.com/desk': 12.5, remote: true };

/** Everything that some scope releases. */
const RELEASED = [PROFILE, PHONE, ADDRESS, COMPANY, { email: 0, email_verified: 0 }].flatMap((claims) =>
  Object.keys(claims),
);

test.each([
  ['openid', {}],
  ['openid profile', PROFILE],
  ['openid email', { email: 'jane@example.test', email_verified: true }],
  ['openid phone', PHONE],
  ['openid address', ADDRESS],
  ['openid company', COMPANY],
  ['openid phone company', { ...PHONE, ...COMPANY }],
])(
  'with the scopes %s an app reads their claims in ID token and userinfo, and none of the others',
  async (scope, claims) => {
    const { idToken, userinfo: info, accessToken } = await placesOf({ scope });
    for (const place of [idToken, info]) {
      const released = Object.entries(place).filter(([name]) => RELEASED.includes(name));
      expect(Object.fromEntries(released)).toEqual(claims);
    }
    expect(Object.keys(accessToken).filter((name) => RELEASED.includes(name))).toEqual([]);
  },
);

test('a client file can keep them all out of the ID token', async () => {
  const { idToken, userinfo: info } = await placesOf({ scope: ALL }, 'slim');
  expect(Object.keys(idToken).filter((name) => RELEASED.includes(name))).toEqual([]);
  expect(info).toMatchObject({ ...PROFILE, ...PHONE, ...ADDRESS, ...COMPANY });
});

test('T18: an app whose file does not name the scopes gets nothing by asking, nor by the claims parameter', async () => {
  for (const scope of ['openid phone', 'openid address', 'openid company']) {
    const browser = jane.browser.newTab();
    await browser.open(requestOf(server.issuer, { ...WEB, clientId: 'usual' }, { scope }).url);
    expect(callbackOf(browser).get('error')).toBe('invalid_scope');
  }
  const asked = {
    phone_number: null,
    address: { essential: true },
    department: null,
    'https://example.com/desk': null,
  };
  const { idToken, userinfo: info } = await placesOf(
    { scope: 'openid profile', claims: JSON.stringify({ id_token: asked, userinfo: asked }) },
    'usual',
  );
  for (const place of [idToken, info]) {
    for (const name of [...Object.keys(PHONE), 'address', ...Object.keys(COMPANY)]) {
      expect(place).not.toHaveProperty([name]);
    }
  }
});

test('discovery names the scopes and the claims there are', async () => {
  const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as {
    scopes_supported: string[];
    claims_supported: string[];
  };
  expect([...metadata.scopes_supported].sort()).toEqual([...ALL.split(' '), 'groups'].sort());
  expect(metadata.claims_supported).toEqual(expect.arrayContaining(RELEASED));
});

test('what is not known is not stated: no empty claims', async () => {
  await server.person({ email: 'plain@example.test' });
  const { browser } = await authorize(server.issuer, { email: 'plain@example.test' });
  const { tokens } = await signedIn(server.issuer, { params: { scope: ALL, prompt: undefined }, browser });
  expect(
    Object.keys(claimsIn(tokens.idToken))
      .filter((name) => RELEASED.includes(name))
      .sort(),
  ).toEqual(['email', 'email_verified', 'updated_at']);
});

test('what was changed is in the next answer, with the time of the change', async () => {
  const before = await placesOf({ scope: 'openid profile' });
  await changes({ claims: { nickname: '' } });
  const after = await placesOf({ scope: 'openid profile' });
  expect(after.userinfo).not.toHaveProperty('nickname');
  expect(Number(after.userinfo['updated_at'])).toBeGreaterThanOrEqual(Number(before.userinfo['updated_at']));
  await changes({ claims: { nickname: 'J' } });
});

test('a value that does not fit its declaration any longer is kept, and released to nobody', async () => {
  const changed = SETTINGS.replace('[Sales, Support]', '[Research]')
    .replace('type: number', 'type: string')
    .replace('  remote: { label: Remote, type: boolean, scope: company }\n', '');
  const clients = { web: client('web', `scope: ${ALL}`), slim: client('slim', ''), usual: client('usual', '') };
  server = await server.restart({ settings: changed, clients });
  const { userinfo: info } = await placesOf({ scope: 'openid company' });
  for (const name of Object.keys(COMPANY)) expect(info).not.toHaveProperty([name]);
  server = await server.restart({ settings: SETTINGS, clients });
  expect((await placesOf({ scope: 'openid company' })).userinfo).toMatchObject(COMPANY);
});
