// Who has to prove more than a password, and when: because the app asks (RFC 9470 sections 4 and 5), because its file says
// so (access.acr), because of a role. T17: freshness is that of the factor asked for. T37: no way around it.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grantRole, revokeRole } from '../../src/roles/assignments.ts';
import { changeRole, createRole } from '../../src/roles/roles.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { basic, claimsIn, enrolsTotp, redeem, redeemCode, signsIn, totpCode } from '../support/sign-in.ts';
import { API, CALLBACK, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import {
  type AppTokens,
  codeOf,
  confirmsPassword,
  enrols,
  entersCode,
  errorOf,
  isBackAtApp,
  type Params,
  signedInSessions,
  tokensOf,
  toNextTotpStep,
  userinfo,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

const client = (id: string, more: string) => `
client_id: ${id}
client_name: The Vault
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
${more}
`;

const VAULT = { client_id: 'vault' };
const ENROLMENT = 'Set up your authenticator app';
const CODE = 'Enter your code';

let server: TestServer;
let people = 0;

beforeAll(async () => {
  server = await startTestServer({
    clients: {
      vault: client('vault', 'consent: skip\naccess: { acr: mfa }'),
      'vault-ask': client('vault-ask', 'consent: ask\naccess: { acr: mfa }'),
      late: client('late', 'consent: skip'),
    },
  });
  const deps = { db: server.database.db, clock: movingClock };
  await createRole(deps, { name: 'treasurer', description: 'Signs payments', mfa: 'required' });
  await createRole(deps, { name: 'reader', description: 'Reads' });
});

afterAll(() => server.stop());

async function somebody(): Promise<{ identifier: string; accountId: string }> {
  people += 1;
  const { id, email } = await server.person({ email: `person-${people}@example.test` });
  return { identifier: email, accountId: id };
}

/** Signed in at the app `web`, with a password alone. */
async function signedIn(): Promise<{ browser: Browser; accountId: string; identifier: string; tokens: AppTokens }> {
  const { identifier, accountId } = await somebody();
  const visit = await visitsAndSignsIn(server, { identifier });
  return { browser: visit.browser, accountId, identifier, tokens: await tokensOf(server, visit) };
}

/** Signed in at the app `web`, with an authenticator whose next code is still good. */
async function withBoth(): Promise<{
  browser: Browser;
  identifier: string;
  accountId: string;
  secret: string;
  tokens: AppTokens;
}> {
  const { identifier, accountId } = await somebody();
  const visit = await enrols(server, { identifier });
  return { browser: visit.browser, identifier, accountId, secret: visit.secret, tokens: await tokensOf(server, visit) };
}

const next = (browser: Browser, params: Params = {}): Promise<Visit> => visits(server, params, browser.newTab());

const treasurer = (accountId: string) => ({ accountId, role: 'treasurer' });

const refreshes = ({ refreshToken }: AppTokens, clientId = 'web') =>
  redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: refreshToken }, { clientId, secret: WEB_SECRET });

const refusalsLogged = () =>
  server.logLines.filter(({ event, reason }) => event === 'grant.error' && reason === 'invalid_grant');

async function introspected({ accessToken }: Pick<AppTokens, 'accessToken'>): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.issuer}/token/introspection`, {
    method: 'POST',
    body: new URLSearchParams({ token: accessToken }),
    headers: { authorization: basic('web', WEB_SECRET) },
  });
  return (await response.json()) as Record<string, unknown>;
}

test('an app that asks for mfa of the last minute gets both factors anew, and neither one does alone (T17)', async () => {
  const { browser, secret, tokens } = await withBoth();
  const fresh = { acr_values: 'mfa', max_age: '60' };
  movingClock.advance({ minutes: 2 });
  toNextTotpStep();
  expect(errorOf(await next(browser, { ...fresh, prompt: 'none' }))).toBe('login_required');
  const visit = await next(browser, fresh);
  await confirmsPassword(visit.browser);
  expect(visit.browser.title).toBe(CODE);
  expect(errorOf(await next(browser, { ...fresh, prompt: 'none' }))).toBe('login_required');
  await entersCode(visit, secret);
  const { idToken, accessToken } = await tokensOf(server, visit);
  expect(Number(idToken['auth_time'])).toBeGreaterThanOrEqual(Number(tokens.idToken['auth_time']) + 120);
  expect(claimsIn(accessToken)).toMatchObject({ acr: 'mfa', auth_time: idToken['auth_time'] });
  expect(isBackAtApp(await next(browser, { ...fresh, prompt: 'none' }))).toBe(true);
});

test('max_age=0 and mfa ask for both, however young the session is', async () => {
  const { browser, secret, tokens } = await withBoth();
  toNextTotpStep();
  const visit = await next(browser, { acr_values: 'mfa', max_age: '0' });
  await confirmsPassword(visit.browser);
  expect(visit.browser.title).toBe(CODE);
  await entersCode(visit, secret);
  const { idToken } = await tokensOf(server, visit);
  expect(idToken['acr']).toBe('mfa');
  expect(Number(idToken['auth_time'])).toBeGreaterThan(Number(tokens.idToken['auth_time']));
});

test('a new code does not make an old password new: auth_time is that of the older of the two (T17)', async () => {
  const { identifier, secret } = await withBoth();
  toNextTotpStep();
  const begun = Math.floor(movingClock.now().getTime() / 1000);
  const visit = await visitsAndSignsIn(server, { identifier, params: { max_age: '60' } });
  movingClock.advance({ seconds: 40 });
  await entersCode(visit, secret);
  expect(Number((await tokensOf(server, visit)).idToken['auth_time'])).toBeLessThan(begun + 20);
});

test('who comes to the code later than max_age allows begins with the password again (T17)', async () => {
  const { identifier, secret } = await withBoth();
  const visit = await visitsAndSignsIn(server, { identifier, params: { acr_values: 'mfa', max_age: '60' } });
  movingClock.advance({ seconds: 90 });
  toNextTotpStep();
  await entersCode(visit, secret);
  expect(visit.browser.title).toContain('Sign in to');
  await signsIn(visit.browser, { identifier });
  await entersCode(visit, secret, 1);
  expect((await tokensOf(server, visit)).idToken['acr']).toBe('mfa');
});

test('a step-up asks for the password too, and afterwards every app has the session with both', async () => {
  const { browser, tokens } = await signedIn();
  movingClock.advance({ minutes: 5 });
  const visit = await next(browser, { acr_values: 'mfa' });
  expect(visit.browser.document.querySelector('input[name=password]')).not.toBeNull();
  await confirmsPassword(visit.browser);
  await enrolsTotp(visit.browser);
  const stepped = await tokensOf(server, visit);
  expect(Number(stepped.idToken['auth_time'])).toBeGreaterThanOrEqual(Number(tokens.idToken['auth_time']) + 300);
  const other = await tokensOf(server, await next(browser, { client_id: 'vault', prompt: 'none' }));
  expect(other.idToken).toMatchObject({ acr: 'mfa', auth_time: stepped.idToken['auth_time'] });
});

test('two tabs that step up one session end with both factors each, and the tokens of the first one stay good', async () => {
  const { browser, secret } = await withBoth();
  movingClock.advance({ minutes: 2 });
  toNextTotpStep();
  const fresh = { acr_values: 'mfa', max_age: '60', scope: 'openid offline_access' };
  const [first, second] = [await next(browser, fresh), await next(browser, fresh)];
  for (const { browser: tab } of [first, second]) await confirmsPassword(tab);
  await entersCode(first, secret);
  const tokens = await tokensOf(server, first);
  await entersCode(second, secret, 1);
  for (const { idToken } of [tokens, await tokensOf(server, second)]) expect(idToken['acr']).toBe('mfa');
  expect((await refreshes(tokens)).status).toBe(200);
});

test('acr, amr and auth_time are the same in the ID token, the access token and introspection, after a refresh too', async () => {
  const { browser } = await withBoth();
  const tokens = await tokensOf(server, await next(browser, { scope: 'openid items:read', resource: API }));
  const how = { acr: 'mfa', amr: ['pwd', 'otp', 'mfa'], auth_time: tokens.idToken['auth_time'] };
  expect(how.auth_time).toEqual(expect.any(Number));
  movingClock.advance({ minutes: 3 });
  const { body } = await refreshes(tokens);
  for (const accessToken of [tokens.accessToken, String(body['access_token'])]) {
    expect(claimsIn(accessToken)).toMatchObject(how);
    expect(await introspected({ accessToken })).toMatchObject({ active: true, ...how });
  }
  for (const idToken of [tokens.idToken, claimsIn(body['id_token'])]) expect(idToken).toMatchObject(how);
});

test('a step-up leaves the tokens of before as weak as they were', async () => {
  const { browser, tokens } = await signedIn();
  const visit = await next(browser, { acr_values: 'mfa' });
  await confirmsPassword(visit.browser);
  await enrolsTotp(visit.browser);
  expect((await tokensOf(server, visit)).idToken['acr']).toBe('mfa');
  const { status, body } = await refreshes(tokens);
  expect(status).toBe(200);
  const weak = { acr: 'pwd', amr: ['pwd'], auth_time: tokens.idToken['auth_time'] };
  expect(claimsIn(body['access_token'])).toMatchObject(weak);
  expect(claimsIn(body['id_token'])).toMatchObject(weak);
});

test('an app whose file demands it is opened with both factors only; who has none sets one up on the way', async () => {
  const { identifier } = await somebody();
  const visit = await visitsAndSignsIn(server, { identifier, params: VAULT });
  expect(visit.browser.title).toBe(ENROLMENT);
  await enrolsTotp(visit.browser);
  expect((await tokensOf(server, visit)).idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'otp', 'mfa'] });
});

test('it does not help such an app to ask for less', async () => {
  const { browser } = await signedIn();
  for (const params of [
    { acr_values: 'pwd' },
    { acr_values: 'pwd mfa' },
    { claims: '{"id_token":{"acr":{"value":"pwd"}}}' },
  ]) {
    expect(errorOf(await next(browser, { ...VAULT, ...params, prompt: 'none' }))).toBe('login_required');
    expect(isBackAtApp(await next(browser, { ...VAULT, ...params }))).toBe(false);
  }
});

test('a session from another app is stepped up there; until then prompt=none hears login_required', async () => {
  const { browser } = await signedIn();
  expect(errorOf(await next(browser, { ...VAULT, prompt: 'none' }))).toBe('login_required');
  const visit = await next(browser, VAULT);
  await confirmsPassword(visit.browser);
  expect(visit.browser.title).toBe(ENROLMENT);
  await enrolsTotp(visit.browser);
  expect((await tokensOf(server, visit)).idToken['acr']).toBe('mfa');
  expect(isBackAtApp(await next(browser, { ...VAULT, prompt: 'none' }))).toBe(true);
});

test('where the line comes into the file later, codes and refresh tokens of a password alone end, and the log says why', async () => {
  const { identifier } = await somebody();
  const visit = await visitsAndSignsIn(server, { identifier, params: { client_id: 'late' } });
  const tokens = await tokensOf(server, visit);
  const waiting = await next(visit.browser, { client_id: 'late' });
  expect((await refreshes(tokens, 'late')).status).toBe(200);
  writeFileSync(
    path.join(server.configDir, 'clients/late.yaml'),
    client('late', 'consent: skip\naccess: { acr: mfa }'),
  );
  await server.reload();
  const logged = refusalsLogged().length;
  expect(await refreshes(tokens, 'late')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  const credentials = { clientId: 'late', secret: WEB_SECRET };
  const redemption = { code: codeOf(waiting), verifier: waiting.request.verifier };
  expect(await redeemCode(server.issuer, redemption, credentials)).toMatchObject({ status: 400 });
  const refusals = refusalsLogged().slice(logged);
  expect(refusals).toHaveLength(2);
  for (const { detail } of refusals) expect(detail).toContain('access.acr in the file of the client');
  const again = await next(visit.browser, { client_id: 'late' });
  await confirmsPassword(again.browser);
  await enrolsTotp(again.browser);
  expect((await refreshes(await tokensOf(server, again), 'late')).status).toBe(200);
});

test('whoever has a role that demands it sets up a second factor, in every app; others with roles do not', async () => {
  const { identifier, accountId } = await somebody();
  await grantRole(server.database.db, { accountId, role: 'reader' });
  expect(isBackAtApp(await visitsAndSignsIn(server, { identifier }))).toBe(true);
  await grantRole(server.database.db, treasurer(accountId));
  const visit = await visitsAndSignsIn(server, { identifier });
  expect(visit.browser.title).toBe(ENROLMENT);
  await enrolsTotp(visit.browser);
  expect((await tokensOf(server, visit)).idToken).toMatchObject({ acr: 'mfa', roles: ['reader', 'treasurer'] });
});

test('a person who is given such a role while signed in is asked at the next request, and the session gets no further without', async () => {
  const { browser, accountId, tokens } = await signedIn();
  await grantRole(server.database.db, treasurer(accountId));
  expect(errorOf(await next(browser, { prompt: 'none' }))).toBe('login_required');
  const logged = refusalsLogged().length;
  expect(await refreshes(tokens)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(refusalsLogged().slice(logged)[0]?.['detail']).toContain('a role of the account');
  const visit = await next(browser);
  await confirmsPassword(visit.browser);
  expect(visit.browser.title).toBe(ENROLMENT);
  await enrolsTotp(visit.browser);
  const both = await tokensOf(server, visit);
  expect(both.idToken).toMatchObject({ acr: 'mfa', roles: ['treasurer'] });
  expect((await refreshes(both)).status).toBe(200);
  expect((await userinfo(server, both)).status).toBe(200);
});

test('an access token from before the role does not read it at userinfo, nor anything else', async () => {
  const { accountId, tokens } = await signedIn();
  expect(await (await userinfo(server, tokens)).json()).toMatchObject({ sub: accountId, roles: [] });
  await grantRole(server.database.db, treasurer(accountId));
  const answer = await userinfo(server, tokens);
  expect([answer.status, await answer.text()]).toEqual([401, expect.not.stringContaining('treasurer')]);
  expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
});

test('a code that was not redeemed when the role came is worth nothing', async () => {
  const { browser, accountId } = await signedIn();
  const visit = await next(browser);
  await grantRole(server.database.db, treasurer(accountId));
  const answer = await redeemCode(server.issuer, { code: codeOf(visit), verifier: visit.request.verifier });
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test('a role that comes to demand it, and then no longer does, changes the next request and the next refresh', async () => {
  const { db } = server.database;
  await createRole({ db, clock: movingClock }, { name: 'clerk', description: '' });
  const { browser, accountId, tokens } = await signedIn();
  await grantRole(db, { accountId, role: 'clerk' });
  expect((await refreshes(tokens)).status).toBe(200);
  await changeRole({ db, clock: movingClock }, { name: 'clerk', mfa: 'required' });
  expect((await refreshes(tokens)).status).toBe(400);
  expect(errorOf(await next(browser, { prompt: 'none' }))).toBe('login_required');
  await changeRole({ db, clock: movingClock }, { name: 'clerk', mfa: 'optional' });
  expect((await refreshes(tokens)).status).toBe(200);
  expect(isBackAtApp(await next(browser, { prompt: 'none' }))).toBe(true);
});

test('who loses the role again is asked for nothing', async () => {
  const { browser, accountId } = await signedIn();
  await grantRole(server.database.db, treasurer(accountId));
  expect(errorOf(await next(browser, { prompt: 'none' }))).toBe('login_required');
  await revokeRole(server.database.db, treasurer(accountId));
  expect(isBackAtApp(await next(browser, { prompt: 'none' }))).toBe(true);
});

test('administrators of Gatehouse need a second factor, whatever is configured', async () => {
  const { identifier, accountId } = await somebody();
  await grantRole(server.database.db, { accountId, role: 'gatehouse:admin' });
  expect(await changeRole(server.deps, { name: 'gatehouse:admin', mfa: 'optional' })).toEqual({
    outcome: 'reserved',
  });
  const visit = await visitsAndSignsIn(server, { identifier });
  expect(visit.browser.title).toBe(ENROLMENT);
});

test('who is given the role while the consent page is open does not get in by allowing', async () => {
  const { identifier, accountId } = await somebody();
  const before = await signedInSessions(server);
  const visit = await visitsAndSignsIn(server, { identifier, params: { client_id: 'ask' } });
  expect(visit.browser.title).toContain('asks for access');
  await grantRole(server.database.db, treasurer(accountId));
  await visit.browser.submit({}, 'Allow');
  expect(visit.browser.title).toBe(ENROLMENT);
  expect(await signedInSessions(server)).toBe(before);
  await enrolsTotp(visit.browser);
  expect((await tokensOf(server, visit)).idToken['acr']).toBe('mfa');
});

test('a recovery code is a second factor here as well', async () => {
  const { identifier, accountId } = await somebody();
  await grantRole(server.database.db, treasurer(accountId));
  const first = await visitsAndSignsIn(server, { identifier });
  const { recoveryCodes } = await enrolsTotp(first.browser);
  const visit = await visitsAndSignsIn(server, { identifier, params: VAULT });
  await visit.browser.submit({ code: recoveryCodes[0] ?? '' }, 'Continue');
  expect((await tokensOf(server, visit)).idToken).toMatchObject({ acr: 'mfa', amr: ['pwd', 'mfa'] });
});

const DEMANDS: readonly [string, Params, string | undefined][] = [
  ['the file of the client', { client_id: 'vault-ask' }, undefined],
  ['a role', { client_id: 'ask' }, 'treasurer'],
  [
    'an essential acr',
    { client_id: 'ask', claims: '{"id_token":{"acr":{"essential":true,"value":"mfa"}}}' },
    undefined,
  ],
];

const uidOf = ({ browser }: Visit): string => /interaction\/([\w-]+)/.exec(browser.page.url)?.[1] ?? '';

test.each(DEMANDS)(
  'who must enrol because of %s cannot go back, round it, or on in another tab (T37)',
  async (_name, params, role) => {
    const { identifier, accountId } = await somebody();
    if (role !== undefined) await grantRole(server.database.db, { accountId, role });
    const before = await signedInSessions(server);
    const visit = await visitsAndSignsIn(server, { identifier, params });
    expect(visit.browser.title).toBe(ENROLMENT);
    const place = `${server.issuer}/interaction/${uidOf(visit)}`;
    const { csrf = '' } = visit.browser.form({}, 'Not you?').data;
    const key = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(visit.browser.text)?.[0]?.replaceAll(' ', '') ?? '';
    const steps: Record<string, Record<string, string>> = {
      consent: { decision: 'allow' },
      'second-factor': { code: totpCode(key) },
      'recovery-codes': {},
      account: { choice: 'continue' },
    };
    for (const [step, form] of Object.entries(steps).slice(0, 3)) {
      await visit.browser.request(`${place}/${step}?client=ask`, { method: 'POST', form: { csrf, ...form } });
      await visit.browser.open(`${place}?client=ask`);
      expect(visit.browser.title, step).toBe(ENROLMENT);
    }
    const tab = await visits(server, params, visit.browser.newTab());
    expect(tab.browser.title).toContain('Sign in to');
    await signsIn(tab.browser, { identifier });
    expect(tab.browser.title).toBe(ENROLMENT);
    expect(errorOf(await visits(server, { ...params, prompt: 'none' }, visit.browser.newTab()))).toBe('login_required');
    await visit.browser.request(`${place}/account?client=ask`, { method: 'POST', form: { csrf, ...steps['account'] } });
    await visit.browser.open(`${server.issuer}/auth/${uidOf(visit)}`);
    expect(isBackAtApp(visit)).toBe(false);
    expect(await signedInSessions(server)).toBe(before);
  },
);

test.each(DEMANDS)(
  'a session with a password alone cannot consent its way past %s (T37)',
  async (_name, params, role) => {
    const { identifier, accountId } = await somebody();
    const { browser } = await visitsAndSignsIn(server, { identifier });
    if (role !== undefined) await grantRole(server.database.db, { accountId, role });
    for (const prompt of [undefined, 'consent', 'select_account', 'login']) {
      const visit = await next(browser, { ...params, prompt });
      if (prompt === 'select_account') await visit.browser.submit({}, identifier);
      expect(visit.browser.document.querySelector('input[name=password]'), prompt).not.toBeNull();
      const { csrf = '' } = visit.browser.form({ password: '' }, 'Confirm').data;
      const place = `${server.issuer}/interaction/${uidOf(visit)}`;
      const form = { csrf, decision: 'allow' };
      await visit.browser.request(`${place}/consent?client=ask`, { method: 'POST', form });
      await visit.browser.open(`${server.issuer}/auth/${uidOf(visit)}`);
      expect(isBackAtApp(visit), prompt).toBe(false);
    }
  },
);
