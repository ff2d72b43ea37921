// People who are signed in, apps that ask for codes without a page, and requests that start at the same moment.
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { type DatabaseKind, postgresAvailable } from '../support/database.ts';
import {
  type AuthorizationRequest,
  authorizationRequest,
  callbackOf,
  claimsIn,
  newBrowser,
  redeem,
  redeemCode,
  signsIn,
  type TokenResponse,
} from '../support/sign-in.ts';
import { CALLBACK, SPA_CALLBACK, type TestServer, WEB_SECRET } from '../support/start-server.ts';

/** What a contract is held on; PostgreSQL is left out, loudly, where the machine has none (global-setup.ts). */
export const KINDS: readonly DatabaseKind[] = postgresAvailable() ? ['pglite', 'postgres'] : ['pglite'];

export const atOnce = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

/** How often each answer came: `{ '200': 1, '400 invalid_grant': 19 }`. */
export function tally(answers: readonly TokenResponse[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const name = status === 200 ? '200' : `${status} ${body['error'] ?? body['code']}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export interface App {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly secret?: string;
}

export const WEB: App = { clientId: 'web', redirectUri: CALLBACK, secret: WEB_SECRET };
export const SPA: App = { clientId: 'spa', redirectUri: SPA_CALLBACK };

/** Tokens that end with the session, and tokens that outlive it. */
export const BOUND = 'openid profile';
export const OFFLINE = 'openid profile offline_access';

/** The e-mail address of somebody new. */
export async function newPerson(server: TestServer): Promise<string> {
  const email = `${crypto.randomUUID()}@example.test`;
  await server.person({ email });
  return email;
}

/** A browser that somebody has signed in with: a session that knows this one app. */
export async function signedInBrowser(server: TestServer, app: App, person?: string): Promise<Browser> {
  const identifier = person ?? (await newPerson(server));
  const browser = await newBrowser().open(appRequest(server, app).url);
  return signsIn(browser, { identifier });
}

export const appRequest = (server: TestServer, app: App, params: Record<string, string> = {}): AuthorizationRequest =>
  authorizationRequest(server.issuer, { client_id: app.clientId, redirect_uri: app.redirectUri, ...params });

export interface IssuedCode {
  readonly app: App;
  readonly code: string;
  readonly verifier: string;
}

/** A code in a tab of its own and without a page (prompt=none), as an app asks for it in the background. */
export async function codeWithoutPage(
  server: TestServer,
  { browser, app, scope = OFFLINE }: { browser: Browser; app: App; scope?: string },
): Promise<IssuedCode> {
  const { url, verifier } = appRequest(server, app, { prompt: 'none', scope });
  return issuedCode(await browser.newTab().open(url), app, verifier);
}

/** The code that a tab has brought its app; fails with what the tab shows where there is none. */
export function issuedCode(tab: Browser, app: App, verifier: string): IssuedCode {
  const code = callbackOf(tab).get('code');
  if (code === null) throw new Error(`no code for ${app.clientId}: ${tab.page.status} ${tab.page.url} ${tab.text}`);
  return { app, code, verifier };
}

export const redeems = (server: TestServer, { app, ...issued }: IssuedCode): Promise<TokenResponse> =>
  redeemCode(server.issuer, { ...issued, redirectUri: app.redirectUri }, app);

export const refreshes = (server: TestServer, app: App, refreshToken: unknown): Promise<TokenResponse> =>
  redeem(server.issuer, { grant_type: 'refresh_token', refresh_token: String(refreshToken) }, app);

export async function userinfoStatus(server: TestServer, accessToken: unknown): Promise<number> {
  const answer = await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  await answer.arrayBuffer();
  return answer.status;
}

/** What an app was given, in one race or before it. */
export interface Family {
  readonly app: App;
  /** Token answers with status 200. */
  readonly issued: readonly TokenResponse['body'][];
}

/** None of its refresh tokens works, userinfo refuses its access tokens, and nothing is left but a tombstone. */
export async function expectFamilyDead(server: TestServer, { app, issued }: Family): Promise<void> {
  for (const body of issued) {
    expect(tally([await refreshes(server, app, body['refresh_token'])])).toEqual({ '400 invalid_grant': 1 });
    expect(await userinfoStatus(server, body['access_token'])).toBe(401);
    expect(await grantState(server, String(claimsIn(body['access_token'])['gh_grant']))).toBe('revoked');
  }
}

export async function expectFamilyAlive(server: TestServer, { app, issued }: Family): Promise<void> {
  for (const body of issued) {
    expect(await userinfoStatus(server, body['access_token'])).toBe(200);
    expect(tally([await refreshes(server, app, body['refresh_token'])])).toEqual({ '200': 1 });
  }
}

export async function grantState(
  { database: { db } }: TestServer,
  grantId: string,
): Promise<'standing' | 'revoked' | 'revoked, with rows left' | 'unknown'> {
  const { rows } = await sql<{ destroyed: boolean; left: number }>`
    select destroyed_at is not null as destroyed,
      (select count(*)::int from oidc_payloads issued where issued.grant_id = granted.id) as left
    from oidc_payloads granted where model = 'Grant' and id = ${grantId}`.execute(db);
  const grant = rows[0];
  if (grant === undefined) return 'unknown';
  if (!grant.destroyed) return 'standing';
  return grant.left === 0 ? 'revoked' : 'revoked, with rows left';
}

/** What the server could not explain. Under a race that is a deadlock or a timeout, and never right. */
export const defectsOf = ({ logLines }: TestServer): readonly unknown[] =>
  logLines
    .filter(({ level }) => level === 'error')
    .map(({ event, err }) => [event, (err as Error | undefined)?.message]);
