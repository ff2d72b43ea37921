// Whole visits: a person goes from an app through Gatehouse and back, and the app redeems what it was given.

import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Browser } from './browser.ts';
import { movingClock } from './moving-clock.ts';
import {
  type AuthorizationRequest,
  authorizationRequest,
  callbackOf,
  claimsIn,
  enrolsTotp,
  newBrowser,
  redeemCode,
  signsIn,
  totpCode,
} from './sign-in.ts';
import { CALLBACK, PASSWORD, type TestServer, WEB_SECRET } from './start-server.ts';

export type Params = Record<string, string | undefined>;

/** Where an app sent a browser, and what came of it. */
export interface Visit {
  readonly browser: Browser;
  readonly request: AuthorizationRequest;
}

/** What the app reads once the person is back. */
export interface AppTokens {
  readonly idToken: Record<string, unknown>;
  readonly idTokenText: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
}

/** An app sends this browser to Gatehouse. */
export async function visits(
  server: Pick<TestServer, 'issuer'>,
  params: Params = {},
  browser = newBrowser(),
): Promise<Visit> {
  const request = authorizationRequest(server.issuer, params);
  await browser.open(request.url);
  return { browser, request };
}

/** The same, and the person signs in with a password; stops wherever that leads. */
export async function visitsAndSignsIn(
  server: TestServer,
  who: { identifier: string; password?: string; params?: Params; browser?: Browser },
): Promise<Visit> {
  const visit = await visits(server, who.params, who.browser);
  await signsIn(visit.browser, who);
  return visit;
}

/** Somebody who is signed in already is asked for the password once more. */
export async function confirmsPassword(browser: Browser, password = PASSWORD): Promise<Browser> {
  return browser.submit({ password }, 'Confirm');
}

/** A person with a second factor goes all the way; `stepsAhead` picks a code that was not used yet. */
export async function entersCode(visit: Visit, secret: string, stepsAhead = 0): Promise<Visit> {
  await visit.browser.submit({ code: totpCode(secret, stepsAhead) }, 'Continue');
  return visit;
}

/** Moves the clock to the first second of a new TOTP step: whole steps can be counted from here. */
export function toNextTotpStep(): void {
  const seconds = movingClock.now().getTime() / 1000;
  movingClock.advance({ seconds: 30 - (seconds % 30) + 0.5 });
}

/** A person sets up an authenticator at the app's request; a new code is good at once. */
export async function enrols(
  server: TestServer,
  who: { identifier: string; password?: string },
): Promise<Visit & { secret: string; recoveryCodes: string[] }> {
  const visit = await visitsAndSignsIn(server, { ...who, params: { acr_values: 'mfa' } });
  const enrolment = await enrolsTotp(visit.browser);
  movingClock.advance({ seconds: 30 });
  return { ...visit, ...enrolment };
}

export const isBackAtApp = ({ browser, request }: Visit): boolean =>
  browser.page.url.startsWith(redirectUriOf(request)) && callbackOf(browser).get('state') === request.state;

/** The code that the app was given; fails where there is none. */
export function codeOf(visit: Visit): string {
  const code = isBackAtApp(visit) ? callbackOf(visit.browser).get('code') : null;
  if (code === null) {
    const { status, url } = visit.browser.page;
    throw new Error(`no code: ${status} at ${url}: ${visit.browser.page.text && visit.browser.text.slice(0, 400)}`);
  }
  return code;
}

/** The error that the app was given, or where the browser is instead. */
export const errorOf = (visit: Visit): string =>
  (isBackAtApp(visit) ? callbackOf(visit.browser).get('error') : null) ??
  `no error: ${visit.browser.page.status} at ${visit.browser.page.url}`;

export async function tokensOf(server: TestServer, visit: Visit): Promise<AppTokens> {
  const clientId = new URL(visit.request.url).searchParams.get('client_id') ?? '';
  const isPublic = clientId === 'spa' || clientId.startsWith('native');
  const answer = await redeemCode(
    server.issuer,
    { code: codeOf(visit), verifier: visit.request.verifier, redirectUri: redirectUriOf(visit.request) },
    isPublic ? { clientId } : { clientId, secret: WEB_SECRET },
  );
  expect(answer).toMatchObject({ status: 200 });
  const { id_token: idToken, access_token: accessToken, refresh_token: refreshToken } = answer.body;
  return {
    idToken: claimsIn(idToken),
    idTokenText: String(idToken),
    accessToken: String(accessToken),
    refreshToken: refreshToken === undefined ? undefined : String(refreshToken),
  };
}

export async function userinfo(server: TestServer, { accessToken }: Pick<AppTokens, 'accessToken'>): Promise<Response> {
  return fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
}

/** Every table as text, row by row: what somebody reads who steals the database. */
export async function databaseAsText({ database: { db } }: TestServer): Promise<string> {
  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(db);
  const texts: string[] = [];
  for (const { name } of tables.rows) {
    const rows = await sql<{ text: string }>`select t::text as text from ${sql.table(name)} t`.execute(db);
    texts.push(`-- ${name}`, ...rows.rows.map((row) => row.text));
  }
  return texts.join('\n');
}

/** The same without the references of errors: what is refused leaves one, and changes nothing else. */
export async function recordsAsText(server: TestServer): Promise<string> {
  await server.recorder.idle();
  const text = await databaseAsText(server);
  return text.replace(/^-- error_references\n(?:\(.*\n)*/m, '');
}

/** Sessions that somebody is signed in to. */
export async function signedInSessions({ database: { db } }: TestServer): Promise<number> {
  const counted = await sql<{ count: string }>`
    select count(*) as count from oidc_payloads
    where model = 'Session' and destroyed_at is null and payload ->> 'accountId' is not null`.execute(db);
  return Number(counted.rows[0]?.count);
}

const redirectUriOf = (request: AuthorizationRequest): string =>
  new URL(request.url).searchParams.get('redirect_uri') ?? CALLBACK;
