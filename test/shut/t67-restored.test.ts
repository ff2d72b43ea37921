// T67: what was spent or revoked after a backup does not come back with it. How long it takes is `npm run bench:restore`.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setDeleting } from '../../src/accounts/accounts.ts';
import { deleteDueAccounts } from '../../src/leaving/delete-account.ts';
import { answerOf, type Place } from '../cli/command-line.ts';
import type { Browser } from '../support/browser.ts';
import { postgresAvailable } from '../support/database.ts';
import { NEW_PASSWORD, type Posted, resetLink, resets, startPosted } from '../support/forgotten.ts';
import { movingClock } from '../support/moving-clock.ts';
import { basic, enrolsTotp, newBrowser, redeem, redeemCode, signsIn, totpCode } from '../support/sign-in.ts';
import { PASSWORD, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import {
  type AppTokens,
  codeOf,
  isBackAtApp,
  tokensOf,
  userinfo,
  type Visit,
  visits,
  visitsAndSignsIn,
} from '../support/visits.ts';

const ROBOT = { clientId: 'robot', secret: WEB_SECRET };
const MFA = { acr_values: 'mfa' };
const OFFLINE = { scope: 'openid email offline_access' };

const introspected = async ({ issuer }: TestServer, token: string, client = 'web'): Promise<boolean> => {
  const answer = await fetch(`${issuer}/token/introspection`, {
    method: 'POST',
    body: new URLSearchParams({ token }),
    headers: { authorization: basic(client, WEB_SECRET) },
  });
  return ((await answer.json()) as { active: boolean }).active;
};

const refreshed = async ({ issuer }: TestServer, token: string | undefined): Promise<number> =>
  (await redeem(issuer, { grant_type: 'refresh_token', refresh_token: token })).status;

const codeIsTaken = async ({ issuer }: TestServer, visit: Visit): Promise<boolean> =>
  (await redeemCode(issuer, { code: codeOf(visit), verifier: visit.request.verifier })).status === 200;

const robotsToken = async ({ issuer }: TestServer): Promise<string> =>
  String((await redeem(issuer, { grant_type: 'client_credentials' }, ROBOT)).body['access_token']);

const kinds = postgresAvailable() ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('T67 a restore of %s brings back nothing that was spent: ASVS 14.2.4', (kind) => {
  let posted: Posted;
  let server: TestServer;
  let directory: string;

  /** Who is signed in at the app, in a browser of her own. */
  type SignedIn = Visit & { readonly tokens: AppTokens };
  let ada: SignedIn;
  let elsewhere: SignedIn;
  let untouched: SignedIn;
  let unredeemed: Visit;
  let link: string;
  let totp: { secret: string; code: string };
  let parked: Visit;
  let trusted: string;
  let leaving: string;
  let robots: { revoked: string; untouched: string };

  const operator = (): Place => ({
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      GATEHOUSE_MODE: 'development',
      GATEHOUSE_DATA_DIR: server.dataDir,
      GATEHOUSE_LOG_LEVEL: 'silent',
      ...(server.databaseUrl === undefined ? {} : { DATABASE_URL: server.databaseUrl }),
    },
  });

  async function signedIn(identifier: string): Promise<SignedIn> {
    const visit = await visitsAndSignsIn(server, { identifier, params: OFFLINE });
    return { ...visit, tokens: await tokensOf(server, visit) };
  }

  const isSignedIn = async ({ browser }: Visit): Promise<boolean> => {
    const visit = await visits(server, { prompt: 'none' }, browser.newTab());
    return isBackAtApp(visit) && !visit.browser.page.url.includes('error=');
  };

  /** Another day in the browser that Rita has trusted: its sessions are over. */
  async function trustedBrowser(): Promise<Browser> {
    const browser = newBrowser();
    await browser.jar.setCookie(`gatehouse_device=${trusted}; Path=/`, server.issuer);
    return browser;
  }

  const comesBack = async (): Promise<Visit> =>
    visitsAndSignsIn(server, { identifier: 'rita@example.test', browser: await trustedBrowser() });

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'gatehouse-backup-'));
    mkdirSync(path.join(directory, 'config'));
    posted = await startPosted({ database: kind });
    server = posted.server;
    for (const email of ['ada@example.test', 'grace@example.test', 'linus@example.test', 'rita@example.test'])
      await server.person({ email });
    ada = await signedIn('ada@example.test');
    elsewhere = await signedIn('ada@example.test');
    untouched = await signedIn('linus@example.test');
    unredeemed = await visits(server, {}, ada.browser.newTab());
    link = await resetLink(posted, 'ada@example.test');
    const grace = await visitsAndSignsIn(server, { identifier: 'grace@example.test', params: MFA });
    const { secret } = await enrolsTotp(grace.browser);
    totp = { secret, code: totpCode(secret, 1) };
    const rita = await visitsAndSignsIn(server, { identifier: 'rita@example.test', params: MFA });
    const key = await enrolsTotp(rita.browser);
    const trusting = await visitsAndSignsIn(server, { identifier: 'rita@example.test', params: MFA });
    await trusting.browser.submit({ code: totpCode(key.secret, 1), trust: 'yes' }, 'Continue');
    trusted = String((await trusting.browser.cookiesAt(`${server.issuer}/`))['gatehouse_device']);
    expect(isBackAtApp(await comesBack())).toBe(true);
    parked = await visits(server, {});
    robots = { revoked: await robotsToken(server), untouched: await robotsToken(server) };
    leaving = (await server.person({ email: 'mary@example.test' })).id;
    await setDeleting(server.deps, { accountId: leaving, inSeconds: 60 });
    const made = await answerOf(operator(), ['backup', 'before']);
    expect(made).toMatchObject({ kind: kind === 'pglite' ? 'embedded' : 'postgresql' });

    // All of it happens after the backup, which knows nothing of it.
    expect(await codeIsTaken(server, unredeemed)).toBe(true);
    expect(await refreshed(server, elsewhere.tokens.refreshToken)).toBe(200);
    for (const token of [ada.tokens.refreshToken, robots.revoked]) {
      await fetch(`${server.issuer}/token/revocation`, {
        method: 'POST',
        body: new URLSearchParams({ token: String(token) }),
        headers: { authorization: basic(token === robots.revoked ? 'robot' : 'web', WEB_SECRET) },
      });
    }
    await resets(newBrowser(), link);
    await answerOf(operator(), ['user', 'keep', 'mary@example.test']);
    const second = await visitsAndSignsIn(server, { identifier: 'grace@example.test', params: MFA });
    await second.browser.submit({ code: totp.code }, 'Continue');
    expect(isBackAtApp(second)).toBe(true);
    expect(await isSignedIn(elsewhere)).toBe(false);

    server = await server.restart({ mailbox: posted.mailbox }, async () => {
      await answerOf(operator(), ['restore', 'before', '--replace', '--yes']);
    });
  });

  afterAll(async () => {
    await server.stop();
    await posted.mailbox.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('the code that an app has redeemed is refused', async () => {
    expect(await codeIsTaken(server, unredeemed)).toBe(false);
  });

  test('refresh tokens that were revoked or replaced are refused, and those that were not, as nobody can tell', async () => {
    for (const { tokens } of [ada, elsewhere, untouched])
      expect(await refreshed(server, tokens.refreshToken)).toBe(400);
  });

  test('sessions that were ended are not signed in, and no others', async () => {
    for (const visit of [ada, elsewhere, untouched]) expect(await isSignedIn(visit)).toBe(false);
  });

  test('access tokens of people are refused at userinfo and at introspection', async () => {
    for (const { tokens } of [ada, elsewhere, untouched]) {
      expect((await userinfo(server, tokens)).status).toBe(401);
      expect(await introspected(server, tokens.accessToken)).toBe(false);
    }
  });

  test('access tokens of services are refused, revoked or not; a new one is believed', async () => {
    expect(await introspected(server, robots.revoked, 'robot')).toBe(false);
    expect(await introspected(server, robots.untouched, 'robot')).toBe(false);
    // Times in tokens are whole seconds: one of the very second of the restore may be from before it.
    movingClock.advance({ seconds: 1 });
    expect(await introspected(server, await robotsToken(server), 'robot')).toBe(true);
  });

  test('the link in the mail that has changed a password changes none', async () => {
    const browser = newBrowser();
    await browser.open(link);
    expect(browser.text).toContain('This link does not work any more');
  });

  test('a sign-in that was under way begins anew', async () => {
    await signsIn(parked.browser, { identifier: 'linus@example.test' });
    expect(isBackAtApp(parked)).toBe(false);
  });

  test('the browser that Rita has trusted is asked for a code again', async () => {
    const visit = await comesBack();
    expect(isBackAtApp(visit)).toBe(false);
    expect(visit.browser.document.querySelector('input[name=code]')).not.toBeNull();
  });

  test('the code that Grace has typed is not taken again', async () => {
    const visit = await visitsAndSignsIn(server, { identifier: 'grace@example.test', params: MFA });
    await visit.browser.submit({ code: totp.code }, 'Continue');
    expect(isBackAtApp(visit)).toBe(false);
  });

  test('Ada signs in with the password of the backup, and her tokens work', async () => {
    const visit = await visits(server, OFFLINE);
    await signsIn(visit.browser, { identifier: 'ada@example.test', password: NEW_PASSWORD });
    expect(isBackAtApp(visit)).toBe(false);
    await signsIn(visit.browser, { identifier: 'ada@example.test', password: PASSWORD });
    const tokens = await tokensOf(server, visit);
    expect((await userinfo(server, tokens)).status).toBe(200);
    expect(await refreshed(server, tokens.refreshToken)).toBe(200);
    expect(await isSignedIn(visit)).toBe(true);
  });

  test('the account that Mary has kept is not deleted before a week is over, in which an operator can keep it again', async () => {
    const deletedIn = (days: number) => {
      const seconds = days * 86_400;
      const now = () => new Date(movingClock.now().getTime() + seconds * 1000);
      const clock = { now, shiftSeconds: movingClock.shiftSeconds + seconds };
      return deleteDueAccounts({ ...server.deps, clock });
    };
    expect(await deletedIn(6)).toEqual([]);
    await answerOf(operator(), ['user', 'keep', 'mary@example.test']);
    expect(await deletedIn(8)).toEqual([]);
    await setDeleting(server.deps, { accountId: leaving, inSeconds: 60 });
    expect(await deletedIn(1)).toEqual([leaving]);
  });

  test('a server that somebody has forgotten is not ready while a restore is under way', async () => {
    const readiness = async () => {
      const answer = await fetch(`${server.issuer}/readyz`);
      return { status: answer.status, ...((await answer.json()) as { checks: unknown }) };
    };
    await sql`create table gatehouse_restoring ()`.execute(server.database.db);
    expect(await readiness()).toMatchObject({ status: 503, checks: { database: 'ok', schema: 'failing' } });
    await sql`drop table gatehouse_restoring`.execute(server.database.db);
    expect(await readiness()).toMatchObject({ status: 200 });
  });

  test('the audit log says what was restored', async () => {
    const { events } = await answerOf(operator(), ['audit', 'list', '--event', 'database.restored']);
    expect(events).toMatchObject([
      { actor: 'operator', details: { kind: kind === 'pglite' ? 'embedded' : 'postgresql' } },
    ]);
  });
});
