// Apps as the tests of the protocol see them: they send a person to the server, redeem the code, refresh, call endpoints.
import { parse } from 'node-html-parser';
import type { Browser } from '../support/browser.ts';
import {
  type AuthorizationRequest,
  authorizationRequest,
  basic,
  callbackOf,
  newBrowser,
  redeem,
  redeemCode,
  signsIn,
} from '../support/sign-in.ts';
import { CALLBACK, NATIVE_CALLBACK, SPA_CALLBACK, WEB_SECRET } from '../support/start-server.ts';

export interface App {
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly secret?: string;
  readonly redirectUri: string;
}

export const WEB: App = { clientId: 'web', secret: WEB_SECRET, redirectUri: CALLBACK };
export const ASK: App = { clientId: 'ask', secret: WEB_SECRET, redirectUri: CALLBACK };
export const SPA: App = { clientId: 'spa', redirectUri: SPA_CALLBACK };
export const NATIVE: App = { clientId: 'native', redirectUri: NATIVE_CALLBACK };

/** A service; it has no address people come back to. */
export const ROBOT = { clientId: 'robot', secret: WEB_SECRET };

export type Params = Record<string, string | undefined>;

/** Every parameter of an authorization request that we know, with a value that may stand there. */
export const AUTHORIZATION: Readonly<Record<string, string>> = {
  client_id: 'web',
  redirect_uri: CALLBACK,
  response_type: 'code',
  response_mode: 'query',
  scope: 'openid email',
  state: 'a-state',
  nonce: 'a-nonce',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  prompt: 'login',
  max_age: '3600',
  login_hint: 'jane@example.test',
  acr_values: 'pwd',
  ui_locales: 'en',
  claims_locales: 'en',
  display: 'page',
  dpop_jkt: 'a'.repeat(43),
};

export const requestOf = (issuer: string, app: App, params: Params = {}): AuthorizationRequest =>
  authorizationRequest(issuer, { client_id: app.clientId, redirect_uri: app.redirectUri, ...params });

export interface Authorized {
  readonly browser: Browser;
  readonly request: AuthorizationRequest;
  /** What the app got at its callback. */
  readonly answer: URLSearchParams;
  readonly code: string;
}

interface Visit {
  readonly app?: App;
  /** Whoever signs in, where the page asks. */
  readonly email?: string;
  readonly params?: Params;
  /** One that is signed in already, for example. */
  readonly browser?: Browser;
}

/** A person goes through whatever pages come, allows what is asked, and is back at the app. */
export async function authorize(issuer: string, visit: Visit): Promise<Authorized> {
  const { app = WEB, email = '', params = {}, browser = newBrowser() } = visit;
  const request = requestOf(issuer, app, params);
  await browser.open(request.url);
  if (browser.page.text.includes('name="password"')) await signsIn(browser, { identifier: email });
  if (browser.page.text.includes('value="allow"')) await browser.submit({}, 'Allow');
  const answer = callbackOf(browser);
  const code = answer.get('code');
  if (code === null) throw new Error(`no code at ${browser.page.url}: ${browser.text.slice(0, 300)}`);
  return { browser, request, answer, code };
}

export interface Tokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken: string;
  readonly scope: string;
  readonly body: Record<string, unknown>;
}

/** The same, and the code redeemed. */
export async function signedIn(issuer: string, visit: Visit): Promise<Authorized & { tokens: Tokens }> {
  const authorized = await authorize(issuer, visit);
  const { app = WEB, params = {} } = visit;
  const { status, body } = await redeemFor(issuer, app, authorized, { redirectUri: params['redirect_uri'] });
  if (status !== 200) throw new Error(`token endpoint answered ${status}: ${JSON.stringify(body)}`);
  return { ...authorized, tokens: tokensOf(body) };
}

/** Redeems a code as this app, with its verifier unless another one is given. */
export const redeemFor = (
  issuer: string,
  app: App,
  { code, request }: Pick<Authorized, 'code' | 'request'>,
  { redirectUri = app.redirectUri }: { redirectUri?: string | undefined } = {},
) => redeemCode(issuer, { code, verifier: request.verifier, redirectUri }, app);

export const refresh = (issuer: string, app: App, refreshToken: string, params: Params = {}) =>
  redeem(issuer, { grant_type: 'refresh_token', refresh_token: refreshToken, ...params }, app);

export const tokensOf = (body: Record<string, unknown>): Tokens => ({
  accessToken: String(body['access_token']),
  idToken: String(body['id_token']),
  refreshToken: String(body['refresh_token']),
  scope: String(body['scope']),
  body,
});

export const userinfo = (issuer: string, accessToken: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${issuer}/me`, { ...init, headers: { authorization: `Bearer ${accessToken}`, ...init.headers } });

/** A form posted to an endpoint as this client, or as nobody. */
export function post(
  url: string,
  form: Record<string, string> | URLSearchParams | string,
  { client, headers = {} }: { client?: { clientId: string; secret?: string }; headers?: Record<string, string> } = {},
): Promise<Response> {
  const secret = client?.secret;
  return fetch(url, {
    method: 'POST',
    redirect: 'manual',
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(client === undefined || secret === undefined ? {} : { authorization: basic(client.clientId, secret) }),
      ...headers,
    },
  });
}

/** What an authorization answer says, wherever it stands: in the query, or in the fragment of other response types. */
export function answerAt(location: string | null): URLSearchParams {
  if (location === null) throw new Error('there is no Location');
  const url = new URL(location);
  return new URLSearchParams(url.hash === '' ? url.search : url.hash.slice(1));
}

/** The fields of the form that an answer by form post is. */
export const formFieldsOf = (html: string): Record<string, string> =>
  Object.fromEntries(
    parse(html)
      .querySelectorAll('form input')
      .map((input) => [input.getAttribute('name'), input.getAttribute('value') ?? '']),
  );

/** The header of a JWT, unverified. */
export const headerOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString('utf8'));
