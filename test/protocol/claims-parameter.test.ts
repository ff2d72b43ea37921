// The request parameter `claims` (OpenID Connect Core sections 5.5 and 5.5.1.1): it can insist on an acr and on a person,
// and it can never show an app more than its scopes do. T18: no escalation by it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { callbackOf, claimsIn, enrolsTotp, newBrowser, signsIn, totpCode } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  confirmsPassword,
  databaseAsText,
  enrols,
  entersCode,
  errorOf,
  isBackAtApp,
  tokensOf,
  toNextTotpStep,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';
import { ASK, answerAt, authorize, type Params, post, requestOf, signedIn, userinfo, WEB } from './apps.ts';

let server: TestServer;
/** Signed in with a password alone; and with both. */
let pwd: Browser;
let mfa: Browser;
let ids: { jane: string; rich: string };
let secret: string;

beforeAll(async () => {
  const client = (id: string, more: string) =>
    `client_id: ${id}\npreset: web\nredirect_uris: ["${CALLBACK}"]\nclient_secrets: [{ value: "${WEB.secret}" }]\n${more}\n`;
  server = await startTestServer({
    clients: {
      narrow: client('narrow', 'consent: skip\nscope: openid\nroles: { include: ["shop-*"] }'),
      slim: client('slim', 'consent: skip\nid_token_claims: false'),
    },
  });
  const jane = await server.person({ email: 'jane@example.test', name: 'Jane', roles: ['shop-admin', 'vendor'] });
  const rich = await server.person({ email: 'rich@example.test' });
  ids = { jane: jane.id, rich: rich.id };
  pwd = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
  const enrolment = await enrols(server, { identifier: 'rich@example.test' });
  mfa = enrolment.browser;
  secret = enrolment.secret;
});

afterAll(() => server.stop());

const acr = (request: unknown): Params => ({ claims: JSON.stringify({ id_token: { acr: request } }) });

const ESSENTIAL = acr({ essential: true, value: 'mfa' });

const next = (browser: Browser, params: Params = {}): Promise<Visit> => visits(server, params, browser.newTab());

const quietly = (browser: Browser, params: Params): Promise<Visit> => next(browser, { ...params, prompt: 'none' });

test('discovery says that the parameter is taken, and which values of acr there are', async () => {
  const metadata = (await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()) as object;
  expect(metadata).toMatchObject({ claims_parameter_supported: true, acr_values_supported: ['pwd', 'mfa'] });
});

test.each([
  ['one value', { essential: true, value: 'mfa' }],
  ['a list', { essential: true, values: ['mfa', 'urn:example:phr'] }],
])('an essential acr of %s steps the person up, and prompt=none hears that it is not met', async (_name, asked) => {
  const { email } = await server.person({ email: `up-${_name.replace(' ', '-')}@example.test` });
  const { browser } = await visitsAndSignsIn(server, { identifier: email });
  expect(errorOf(await quietly(browser, acr(asked)))).toBe('unmet_authentication_requirements');
  const visit = await next(browser, acr(asked));
  await confirmsPassword(visit.browser);
  await enrolsTotp(visit.browser);
  const tokens = await tokensOf(server, visit);
  expect(tokens.idToken['acr']).toBe('mfa');
  expect(claimsIn(tokens.accessToken)['acr']).toBe('mfa');
  expect((await tokensOf(server, await quietly(browser, acr(asked)))).idToken['acr']).toBe('mfa');
});

test('who is not signed in proves both at once', async () => {
  toNextTotpStep();
  const visit = await visitsAndSignsIn(server, { identifier: 'rich@example.test', params: ESSENTIAL });
  expect(visit.browser.title).toBe('Enter your code');
  await entersCode(visit, secret);
  expect((await tokensOf(server, visit)).idToken['acr']).toBe('mfa');
});

test('an essential acr that there is not is refused at the app before anybody signs in', async () => {
  for (const asked of [
    { essential: true, value: 'phr' },
    { essential: true, values: ['phr', 'urn:x', 'MFA', ''] },
  ]) {
    for (const browser of [newBrowser(), pwd, mfa]) {
      const visit = await next(browser, acr(asked));
      expect(errorOf(visit)).toBe('unmet_authentication_requirements');
      expect(callbackOf(visit.browser).get('iss')).toBe(server.issuer);
    }
  }
});

test('an essential acr is met by the very value: who has a second factor is not passed off as pwd', async () => {
  const asked = acr({ essential: true, value: 'pwd' });
  expect((await tokensOf(server, await quietly(pwd, asked))).idToken['acr']).toBe('pwd');
  expect(errorOf(await quietly(mfa, asked))).toBe('unmet_authentication_requirements');
  toNextTotpStep();
  const visit = await visitsAndSignsIn(server, { identifier: 'rich@example.test', params: asked });
  await entersCode(visit, secret);
  expect(errorOf(visit)).toBe('unmet_authentication_requirements');
  const either = acr({ essential: true, values: ['mfa', 'pwd'] });
  for (const browser of [pwd, mfa]) expect(isBackAtApp(await quietly(browser, either))).toBe(true);
});

test('acr_values beside it do not take the essential one’s place, whichever way round', async () => {
  expect(errorOf(await quietly(pwd, { ...ESSENTIAL, acr_values: 'pwd' }))).toBe('unmet_authentication_requirements');
  expect(errorOf(await quietly(mfa, { ...acr({ essential: true, value: 'pwd' }), acr_values: 'mfa' }))).toBe(
    'unmet_authentication_requirements',
  );
});

test('a voluntary acr asks as acr_values does: mfa steps up, pwd and unknown ones change nothing', async () => {
  for (const asked of [{ value: 'mfa' }, { values: ['mfa', 'phr'], essential: false }]) {
    expect(errorOf(await quietly(pwd, acr(asked)))).toBe('unmet_authentication_requirements');
    expect(isBackAtApp(await next(pwd, acr(asked)))).toBe(false);
    expect((await tokensOf(server, await quietly(mfa, acr(asked)))).idToken['acr']).toBe('mfa');
  }
  for (const asked of [null, {}, { essential: true }, { value: 'phr' }, { values: ['pwd', 'mfa'] }, { value: 'pwd' }]) {
    for (const browser of [pwd, mfa]) expect(isBackAtApp(await quietly(browser, acr(asked)))).toBe(true);
  }
  expect(errorOf(await quietly(pwd, { ...acr({ value: 'pwd' }), acr_values: 'mfa' }))).toBe(
    'unmet_authentication_requirements',
  );
});

test('max_age and an essential acr together ask for both factors anew', async () => {
  toNextTotpStep();
  const visit = await next(mfa, { ...ESSENTIAL, max_age: '0' });
  await confirmsPassword(visit.browser);
  expect(visit.browser.title).toBe('Enter your code');
  await visit.browser.submit({ code: totpCode(secret) }, 'Continue');
  expect((await tokensOf(server, visit)).idToken['acr']).toBe('mfa');
});

test('a pushed request holds the same, and an acr that there is not is refused when it is pushed', async () => {
  const pushes = (params: Params) => {
    const form = new URL(requestOf(server.issuer, WEB, params).url).searchParams;
    return post(`${server.issuer}/request`, form, { client: WEB });
  };
  const addressOf = async (params: Params) => {
    const { request_uri } = (await (await pushes(params)).json()) as { request_uri: string };
    return `${server.issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri })}`;
  };
  const answered = async (browser: Browser, params: Params) => {
    const response = await browser.request(await addressOf({ ...params, prompt: 'none' }));
    return answerAt(response.headers.get('location'));
  };
  expect((await answered(pwd, ESSENTIAL)).get('error')).toBe('unmet_authentication_requirements');
  expect((await answered(mfa, ESSENTIAL)).has('code')).toBe(true);
  const stepUp = await newBrowser({ jar: pwd.jar }).open(await addressOf(ESSENTIAL));
  await confirmsPassword(stepUp);
  expect(stepUp.title).toBe('Set up your authenticator app');
  const refused = await pushes(acr({ essential: true, value: 'phr' }));
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'unmet_authentication_requirements' }]);
  for (const claims of ['{', `{"id_token":{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`]) {
    const malformed = await pushes({ claims });
    expect([malformed.status, await malformed.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  }
});

const EVERYTHING = {
  email: { essential: true },
  email_verified: null,
  name: null,
  preferred_username: null,
  updated_at: null,
  roles: { essential: true, values: ['gatehouse:admin'] },
};

test('claims of scopes that the app did not ask for, or may not, are not served by asking for them one by one (T18)', async () => {
  const claims = JSON.stringify({ id_token: EVERYTHING, userinfo: EVERYTHING });
  for (const app of [ASK, { ...WEB, clientId: 'narrow' }, WEB]) {
    const { tokens } = await signedIn(server.issuer, { app, params: { scope: 'openid', claims }, browser: pwd });
    const info = (await (await userinfo(server.issuer, tokens.accessToken)).json()) as object;
    for (const place of [claimsIn(tokens.idToken), claimsIn(tokens.accessToken), info]) {
      for (const name of Object.keys(EVERYTHING).filter((name) => name !== 'roles')) {
        expect(place, `${app.clientId} ${name}`).not.toHaveProperty(name);
      }
      const roles = { ask: undefined, narrow: ['shop-admin'], web: ['shop-admin', 'vendor'] }[app.clientId];
      expect((place as { roles?: unknown }).roles).toEqual(roles);
    }
  }
});

test('claims of granted scopes are served as without the parameter; what the client’s file keeps out stays out', async () => {
  const claims = JSON.stringify({ id_token: { email: { essential: true } }, userinfo: { name: null } });
  const { tokens } = await signedIn(server.issuer, { app: WEB, params: { claims }, browser: pwd });
  expect(claimsIn(tokens.idToken)).toMatchObject({ email: 'jane@example.test', name: 'Jane' });
  const slim = await signedIn(server.issuer, { app: { ...WEB, clientId: 'slim' }, params: { claims }, browser: pwd });
  expect(claimsIn(slim.tokens.idToken)).not.toHaveProperty('email');
});

test('the consent page asks for what the scopes say, no more and no less often', async () => {
  const claims = JSON.stringify({ userinfo: { email: { essential: true } } });
  await server.person({ email: 'con@example.test' });
  const params = { client_id: 'ask', scope: 'openid profile', claims };
  const visit = await visitsAndSignsIn(server, { identifier: 'con@example.test', params });
  expect(visit.browser.text).not.toMatch(/e-mail address/i);
  await visit.browser.submit({}, 'Allow');
  expect(isBackAtApp(visit)).toBe(true);
  expect(isBackAtApp(await quietly(visit.browser, params))).toBe(true);
});

test('an app that names a person by sub gets that person or nobody', async () => {
  const asked = (sub: unknown, place = 'id_token') => ({ claims: JSON.stringify({ [place]: { sub } }) });
  for (const place of ['id_token', 'userinfo']) {
    expect(isBackAtApp(await quietly(pwd, asked({ value: ids.jane }, place)))).toBe(true);
    expect(isBackAtApp(await quietly(pwd, asked({ values: [ids.rich, ids.jane] }, place)))).toBe(true);
    for (const sub of [{ value: ids.rich }, { value: 'nobody' }, { values: [ids.rich], essential: true }]) {
      expect(errorOf(await quietly(pwd, asked(sub, place)))).toBe('login_required');
    }
  }
  const both = {
    claims: JSON.stringify({ id_token: { sub: { value: ids.jane } }, userinfo: { sub: { value: ids.rich } } }),
  };
  expect(errorOf(await quietly(pwd, both))).toBe('login_required');
  const visit = await next(pwd, asked({ value: ids.rich }));
  expect(visit.browser.document.querySelector('input[name=identifier]')).not.toBeNull();
  await signsIn(visit.browser, { identifier: 'jane@example.test' });
  expect(errorOf(visit)).toBe('login_required');
});

test.each([
  ['no JSON', '{'],
  ['an empty text', '""'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a number', '1'],
  ['neither of the two members', '{}'],
  ['a member that is no object', '{"id_token":[]}'],
  ['an acr that is a text', '{"id_token":{"acr":"mfa"}}'],
  ['an acr that is a list', '{"id_token":{"acr":["mfa"]}}'],
  ['essential as a text', '{"id_token":{"acr":{"essential":"true","value":"mfa"}}}'],
  ['essential as a number', '{"id_token":{"acr":{"essential":1,"value":"mfa"}}}'],
  ['a value that is a list', '{"id_token":{"acr":{"essential":true,"value":["mfa"]}}}'],
  ['a value that is nothing', '{"id_token":{"acr":{"essential":true,"value":null}}}'],
  ['values that are a text', '{"id_token":{"acr":{"essential":true,"values":"mfa"}}}'],
  ['values that are an object', '{"id_token":{"acr":{"essential":true,"values":{"0":"mfa"}}}}'],
  ['no values', '{"id_token":{"acr":{"essential":true,"values":[]}}}'],
  ['values that are no texts', '{"id_token":{"acr":{"essential":true,"values":[["mfa"]]}}}'],
  ['a sub that is a number', '{"id_token":{"sub":{"value":1}}}'],
  ['a sub that no row can hold', '{"userinfo":{"sub":{"value":"\\u0000"}}}'],
  ['a sub that is half a character', '{"id_token":{"sub":{"value":"\\ud800"}}}'],
  ['more than anybody needs', JSON.stringify({ id_token: { acr: null, x: 'y'.repeat(5000) } })],
  ['endless depth', `{"id_token":{"x":${'['.repeat(2100)}${']'.repeat(2100)}}}`],
])('%s is an invalid request, said at the app', async (_name, claims) => {
  for (const browser of [pwd, newBrowser()]) expect(errorOf(await next(browser, { claims }))).toBe('invalid_request');
});

test.each([
  [
    'names of what every object has',
    '{"id_token":{"__proto__":{"acr":"mfa","email":null},"constructor":{"prototype":{"email":null}},"acr":null}}',
  ],
  ['a prototype at the top', '{"__proto__":{"id_token":{"email":null}},"userinfo":{"toString":null}}'],
  ['members that nobody knows', '{"id_token":{"given_name":{"essential":"maybe"},"":7,"a.b":[]},"x":{"y":1}}'],
  ['texts that no row can hold', '{"id_token":{"nickname":{"value":"\\u0000\\ud800"},"acr":{"value":"\\u0000"}}}'],
  ['depth', `{"userinfo":{"x":${'{"x":'.repeat(600)}1${'}'.repeat(600)}}}`],
  [
    'claims that are decided by the server',
    '{"id_token":{"iss":{"value":"https://evil.test"},"aud":{"value":"x"},"exp":null,"auth_time":{"value":1},"amr":{"value":["hwk"]}}}',
  ],
])('%s: ignored, kept nowhere, and the sign-in goes on', async (_name, claims) => {
  const params = { scope: 'openid offline_access', claims };
  const { tokens } = await signedIn(server.issuer, { app: WEB, params, browser: pwd });
  expect(claimsIn(tokens.idToken)).toMatchObject({ iss: server.issuer, aud: 'web', acr: 'pwd', amr: ['pwd'] });
  expect(claimsIn(tokens.idToken)).not.toHaveProperty('email');
  expect(({} as Record<string, unknown>)['email']).toBeUndefined();
  const fresh = await visits(server, params, newBrowser());
  expect(fresh.browser.title).toContain('Sign in to');
  expect(await databaseAsText(server)).not.toMatch(/given_name|nickname|evil\.test|"x": ?\{"x"/);
});
