// Signing in as a person would, and redeeming the code as an app would.
import { createHash, randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import { Browser, type BrowserOptions } from './browser.ts';
import { movingClock } from './moving-clock.ts';
import { CALLBACK, PASSWORD, WEB_SECRET } from './start-server.ts';

export interface AuthorizationRequest {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** An authorization request with PKCE; `params` are added, or replace what stands there; undefined takes one out. */
export function authorizationRequest(
  issuer: string,
  params: Record<string, string | undefined> = {},
): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('base64url');
  const nonce = randomBytes(8).toString('base64url');
  const all: Record<string, string | undefined> = {
    client_id: 'web',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid profile email roles',
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...params,
  };
  const present = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { url: `${issuer}/auth?${new URLSearchParams(present)}`, verifier, state, nonce };
}

/** Stops where an app would take over. */
export const newBrowser = (options: BrowserOptions = {}): Browser =>
  new Browser({
    ...options,
    stopAt: (url) => /^(https:\/\/[a-z]+\.example\.test|http:\/\/127\.0\.0\.1(:\d+)?\/callback|com\.example)/.test(url),
  });

export async function signsIn(
  browser: Browser,
  { identifier, password = PASSWORD }: { identifier: string; password?: string },
): Promise<Browser> {
  return browser.submit({ identifier, password }, 'Sign in');
}

/** Reads the key from the enrolment page, confirms it, stores the recovery codes; gives them, and the code it spent. */
export async function enrolsTotp(
  browser: Browser,
): Promise<{ secret: string; recoveryCodes: string[]; spent: string }> {
  const secret = /[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/.exec(browser.text)?.[0]?.replaceAll(' ', '');
  if (secret === undefined) throw new Error(`no key on: ${browser.text.slice(0, 500)}`);
  const spent = totpCode(secret);
  await browser.submit({ code: spent });
  const recoveryCodes = [...new Set(browser.text.match(/[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}/g) ?? [])];
  await browser.submit({}, 'stored them');
  return { secret, recoveryCodes, spent };
}

export const totpCode = (secret: string, stepsAhead = 0): string =>
  generateSync({ secret, epoch: Math.floor(movingClock.now().getTime() / 1000) + 30 * stepsAhead });

/** The parameters that the app was sent at its callback. */
export function callbackOf(browser: Browser): URLSearchParams {
  return new URL(browser.page.url).searchParams;
}

export interface TokenResponse {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export async function redeem(
  issuer: string,
  form: Record<string, string | undefined>,
  credentials: { clientId: string; secret?: string } = { clientId: 'web', secret: WEB_SECRET },
): Promise<TokenResponse> {
  const present = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const body = new URLSearchParams(present);
  if (credentials.secret === undefined) body.set('client_id', credentials.clientId);
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body,
    headers: credentials.secret === undefined ? {} : { authorization: basic(credentials.clientId, credentials.secret) },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export const redeemCode = (
  issuer: string,
  { code, verifier, redirectUri = CALLBACK }: { code: string; verifier: string; redirectUri?: string },
  credentials?: { clientId: string; secret?: string },
): Promise<TokenResponse> =>
  redeem(
    issuer,
    { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri },
    credentials,
  );

export const basic = (clientId: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64')}`;

/** Claims of a JWT, unverified: for tests that look at what is in it. */
export const claimsIn = (jwt: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString('utf8'));
