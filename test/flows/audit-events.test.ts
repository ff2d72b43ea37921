// What people, apps and operators do leaves its events: each step, in the order it was taken, and none of their secrets.
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventName } from '../../src/audit/events.ts';
import { eventRecord, type FoundEvent, jsonLine } from '../../src/audit/found-event.ts';
import { type EventFilters, searchEvents } from '../../src/audit/search-events.ts';
import { ASK, authorize, post, redeemFor, refresh, SPA, signedIn, WEB } from '../protocol/apps.ts';
import { mailboxForTest } from '../support/mailbox.ts';
import { newBrowser, redeem, signsIn, totpCode } from '../support/sign-in.ts';
import { codeIn, linkIn, OPEN, proofFor, signsUp } from '../support/sign-up.ts';
import { PASSWORD, RESOURCES, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { enrols, entersCode, toNextTotpStep, visits, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;

const closed = `client_id: closed\npreset: web\nredirect_uris: ["${WEB.redirectUri}"]
client_secrets: [{ value: "${WEB_SECRET}" }]\nconsent: skip\naccess: { require_any_role: [staff] }\n`;

beforeAll(async () => {
  server = await startTestServer({ clients: { closed } });
});
afterAll(() => server.stop());

let people = 0;

async function somebody() {
  people += 1;
  const email = `person-${people}@example.test`;
  return server.person({ email });
}

/** Oldest first. */
async function eventsOf(filters: EventFilters, { database: { db } } = server): Promise<readonly FoundEvent[]> {
  return [...(await searchEvents(db, { filters, limit: 1000 })).events].reverse();
}

const namesOf = async (filters: EventFilters): Promise<readonly EventName[]> =>
  (await eventsOf(filters)).map(({ event }) => event);

test('a sign-in leaves each of its steps, by whom, from where, at which app and in which requests', async () => {
  const { email, id } = await somebody();
  const { secret } = await enrols(server, { identifier: email });
  toNextTotpStep();
  const before = (await eventsOf({ accountId: id })).length;
  const visit = await visitsAndSignsIn(server, { identifier: email, password: 'not the password' });
  await signsIn(visit.browser, { identifier: email });
  await visit.browser.submit({ code: '000000' }, 'Continue');
  await entersCode(visit, secret);
  const steps = (await eventsOf({ accountId: id })).slice(before);
  expect(steps.map(({ event, outcome }) => [event, outcome])).toEqual(
    [
      ['sign_in.failed', 'failure'],
      ['sign_in.password_accepted', 'success'],
      ['second_factor.failed', 'failure'],
      ['second_factor.accepted', 'success'],
      ['device.new', 'success'],
      ['sign_in.succeeded', 'success'],
    ].filter(([name]) => name !== 'device.new' || steps.some(({ event }) => event === 'device.new')),
  );
  for (const step of steps) {
    expect(step).toMatchObject({ actor: `account:${id}`, address: '127.0.0.1', requestId: expect.any(String) });
    if (step.event !== 'device.new') expect(step.clientId).toBe('web');
  }
  expect(new Set(steps.map(({ requestId }) => requestId)).size).toBeGreaterThan(3);
  expect(steps.find(({ event }) => event === 'second_factor.accepted')?.details).toEqual({ method: 'totp' });
});

test('sign-ins that end without a session leave how', async () => {
  const { email, id } = await somebody();
  const cancelled = await visits(server);
  await cancelled.browser.submit({}, 'Cancel');
  expect(await namesOf({ event: 'sign_in.cancelled' })).toEqual(['sign_in.cancelled']);
  const asked = await visitsAndSignsIn(server, { identifier: email, params: { client_id: ASK.clientId } });
  await asked.browser.submit({}, 'Deny');
  await visitsAndSignsIn(server, { identifier: email, params: { client_id: 'closed' } });
  const other = await somebody();
  await visitsAndSignsIn(server, { identifier: email, params: { claims: claimsFor(other.id) } });
  expect(await namesOf({ accountId: id })).toEqual([
    'sign_in.password_accepted',
    'consent.denied',
    'sign_in.password_accepted',
    'sign_in.refused',
    'sign_in.password_accepted',
    'sign_in.somebody_else',
  ]);
  const [refused] = await eventsOf({ accountId: id, event: 'sign_in.refused' });
  expect(refused).toMatchObject({ clientId: 'closed', outcome: 'failure', details: { reason: 'access.role_missing' } });
});

const claimsFor = (sub: string) => JSON.stringify({ id_token: { sub: { value: sub } } });

test('of refused attempts the first of a window is written down, not each', async () => {
  const { email, id } = await somebody();
  for (let tries = 0; tries < 14; tries += 1) {
    await visitsAndSignsIn(server, { identifier: email, password: 'not the password' });
  }
  const names = await namesOf({ accountId: id });
  expect(names.filter((name) => name === 'sign_in.failed').length).toBeLessThan(14);
  expect(names.filter((name) => name === 'sign_in.limited')).toEqual(['sign_in.limited']);
});

test('consents, sign-outs and what apps give back are there, each with who did it', async () => {
  const { email, id } = await somebody();
  const { browser, tokens } = await signedIn(server.issuer, {
    app: ASK,
    email,
    params: { scope: 'openid offline_access' },
  });
  await post(
    `${server.issuer}/token/revocation`,
    { token: tokens.refreshToken },
    { client: { ...ASK, secret: WEB_SECRET } },
  );
  await (await browser.newTab().open(`${server.issuer}/account`)).submit({}, 'Sign out');
  const found = await eventsOf({ accountId: id });
  const named = (name: EventName) => found.find(({ event }) => event === name);
  expect(named('consent.given')).toMatchObject({ clientId: 'ask', actor: `account:${id}` });
  expect(named('token.revoked')).toMatchObject({
    clientId: 'ask',
    actor: 'client:ask',
    details: { kind: 'RefreshToken' },
  });
  expect(named('session.ended')).toMatchObject({ actor: `account:${id}`, details: { reason: 'signed_out' } });
});

test('a code and a refresh token that are used twice are written down with the refusal', async () => {
  const { email, id } = await somebody();
  const app = { ...SPA, scope: 'openid offline_access' };
  const visit = await authorize(server.issuer, { app: SPA, email, params: { scope: 'openid' } });
  expect((await redeemFor(server.issuer, SPA, visit)).status).toBe(200);
  expect((await redeemFor(server.issuer, SPA, visit)).status).toBe(400);
  const { tokens } = await signedIn(server.issuer, { app: SPA, email, params: { scope: 'openid' } });
  expect((await refresh(server.issuer, app, tokens.refreshToken)).status).toBe(200);
  expect((await refresh(server.issuer, app, tokens.refreshToken)).status).toBe(400);
  const replays = (await eventsOf({ accountId: id })).filter(({ event }) => event.endsWith('.replayed'));
  expect(replays).toMatchObject([
    { event: 'code.replayed', outcome: 'failure', clientId: 'spa', actor: 'client:spa', address: '127.0.0.1' },
    { event: 'refresh_token.replayed', outcome: 'failure', clientId: 'spa', actor: 'client:spa' },
  ]);
  expect(await namesOf({ event: 'token.issued' })).toEqual([]);
});

test('tokens are events where that is asked for, of people and of services', async () => {
  const telling = await startTestServer({ settings: `audit: { tokens: table }${RESOURCES}` });
  const { id } = await telling.person({ email: 'ada@example.test' });
  const { tokens } = await signedIn(telling.issuer, { email: 'ada@example.test', params: { scope: 'openid email' } });
  await refresh(telling.issuer, WEB, tokens.refreshToken);
  await redeem(telling.issuer, { grant_type: 'client_credentials' }, { clientId: 'robot', secret: WEB_SECRET });
  const found = await eventsOf({ event: 'token.' }, telling);
  expect(found).toMatchObject([
    { event: 'token.issued', accountId: id, clientId: 'web', details: { grant_type: 'authorization_code' } },
    { event: 'token.refreshed', accountId: id, clientId: 'web', details: { scope: 'openid email' } },
    {
      event: 'token.issued',
      accountId: undefined,
      actor: 'client:robot',
      details: { grant_type: 'client_credentials' },
    },
  ]);
  const text = found.map((event) => jsonLine(eventRecord(event))).join('\n');
  for (const token of [tokens.accessToken, tokens.refreshToken, tokens.idToken]) expect(text).not.toContain(token);
  await telling.stop();
});

test('a token that was not committed was not issued', async () => {
  const telling = await startTestServer({ settings: `audit: { tokens: table, stdout: true }${RESOURCES}` });
  await telling.person({ email: 'ada@example.test' });
  const visit = await authorize(telling.issuer, { email: 'ada@example.test' });
  const { db } = telling.database;
  // Nothing of the request can be kept: the last of its rows is refused at the commit.
  await sql`create function refuse_it() returns trigger language plpgsql as $$ begin raise 'no'; end $$`.execute(db);
  await sql`create constraint trigger refuse_tokens after insert on audit_events deferrable initially deferred
    for each row when (new.event = 'token.issued') execute function refuse_it()`.execute(db);
  expect((await redeemFor(telling.issuer, WEB, visit)).status).toBe(500);
  expect(telling.copiedLines.filter((line) => line.includes('token.issued'))).toEqual([]);
  await sql`drop trigger refuse_tokens on audit_events`.execute(db);
  expect((await redeemFor(telling.issuer, WEB, visit)).status).toBe(200);
  expect(telling.copiedLines.filter((line) => line.includes('token.issued'))).toHaveLength(1);
  await telling.stop();
});

test('a sign-up, a forgotten password and a second factor leave no secret behind', async () => {
  const mailbox = await mailboxForTest();
  const own = await startTestServer({ settings: `${OPEN}audit: { stdout: true, tokens: table }\n`, mailbox });
  const secrets: string[] = [PASSWORD, 'a new password of some length', WEB_SECRET];
  const visit = await visits(own, {}, newBrowser());
  await signsUp(visit.browser, { email: 'nina@example.test' });
  const proof = await proofFor(mailbox, 'nina@example.test');
  const mailed = codeIn(proof);
  secrets.push(mailed, tokenOf(linkIn(proof, '/verify-email')));
  await visit.browser.submit({ code: mailed }, 'Continue');
  const { secret, recoveryCodes } = await enrols(own, { identifier: 'nina@example.test' });
  secrets.push(secret, totpCode(secret), ...recoveryCodes);
  const forgetful = await visits(own);
  await forgetful.browser.click('Forgot your password?');
  await forgetful.browser.submit({ identifier: 'nina@example.test' }, 'Send the link');
  const reset = await mailbox.waitFor('nina@example.test', { after: proof, subject: /password/i });
  const link = linkIn(reset, '/reset-password');
  secrets.push(tokenOf(link));
  await forgetful.browser.open(link);
  await forgetful.browser.submit({ password: 'a new password of some length' }, 'Set the new password');
  const again = await visitsAndSignsIn(own, {
    identifier: 'nina@example.test',
    password: 'a new password of some length',
  });
  toNextTotpStep();
  await entersCode(again, secret);

  const found = await eventsOf({}, own);
  expect(found.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['account.registered', 'factor.added', 'password.reset_requested', 'password.reset']),
  );
  const table = found.map((event) => jsonLine(eventRecord(event))).join('\n');
  const copies = own.copiedLines.join('');
  for (const value of secrets) {
    expect(value.length).toBeGreaterThan(5);
    const standsAlone = new RegExp(`(?<![\\w-])${value}(?![\\w-])`);
    expect(table).not.toMatch(standsAlone);
    expect(copies).not.toMatch(standsAlone);
  }
  expect(own.copiedLines.length).toBe(found.length);
  await own.stop();
});

const tokenOf = (link: string): string => new URL(link).searchParams.get('token') ?? '';
