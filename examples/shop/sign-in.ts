// Sign-in with OpenID Connect: Authorization Code + PKCE, refresh, userinfo, calls of an API, sign-out. Copy this file
// into your own app.
import * as oidc from 'openid-client';

export interface SignInSettings {
  /** The authorization server, exactly as its discovery document spells it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the server sends people back to; registered with the client, compared exactly. */
  readonly redirectUri: string;
  /** Where people land after signing out; registered as post_logout_redirect_uri. */
  readonly signedOutUri: string;
  /** The API that access tokens are for (RFC 8707), by its name at the server, and its scopes. */
  readonly api: { readonly audience: string; readonly scope: string };
}

/** What is remembered between leaving and coming back. Keep it on your server, and bind `state` to the browser. */
export interface SignInAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** How old the authentication may be, where the request said so: the ID token is held against it. */
  readonly maxAgeSeconds?: number | undefined;
}

/** What an API asks for when it wants to be surer of the person (RFC 9470 section 3). */
export interface StepUp {
  readonly acrValues: string | undefined;
  readonly maxAgeSeconds: number | undefined;
}

export interface Person {
  /** The `sub` claim: the only name that never changes. Own your records by it, never by e-mail. */
  readonly subject: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** What they may do in this app; undefined where the server knows nothing that there is to be allowed here. */
  readonly permissions: readonly string[] | undefined;
  /** The claims of the ID token, signature and contents checked. */
  readonly claims: oidc.IDToken;
  readonly tokens: Tokens;
}

export interface Tokens {
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** When the access token expires. Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export type Failure =
  /** The server answered with an OAuth error, `access_denied` for example (RFC 6749 section 4.1.2.1). */
  | { readonly outcome: 'refused'; readonly error: string; readonly description: string | undefined }
  | { readonly outcome: 'unreachable'; readonly reason: string }
  /** The answer failed a check: wrong state, nonce, signature, issuer, audience or time. */
  | { readonly outcome: 'invalid'; readonly reason: string };

export type SignInResult = { readonly outcome: 'signed_in'; readonly person: Person } | Failure;

export interface ApiRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: URL;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export type ApiAnswer =
  | { readonly outcome: 'answered'; readonly status: number; readonly body: unknown }
  /** Start a sign-in with this, and call again with the tokens that come of it. */
  | { readonly outcome: 'step_up'; readonly stepUp: StepUp }
  | Failure;

export interface SignIn {
  /** With `stepUp`, people who are signed in are asked for what is missing; where nothing is, they see no page. */
  start(stepUp?: StepUp): Promise<{ outcome: 'started'; url: string; attempt: SignInAttempt } | Failure>;
  /** `callbackUrl` is the redirect URI with the query that came back; `attempt` the one its `state` belongs to. */
  finish(callbackUrl: URL, attempt: SignInAttempt): Promise<SignInResult>;
  /** New tokens, and with them the roles of now. `refused` means that the sign-in is over: sign the person out. */
  refresh(person: Person): Promise<SignInResult>;
  userInfo(person: Person): Promise<{ outcome: 'answered'; claims: oidc.UserInfoResponse } | Failure>;
  /** Calls the API for this person. `refused` with `invalid_token`: refresh, and call again. */
  callApi(person: Person, request: ApiRequest): Promise<ApiAnswer>;
  /** Where to send the browser so that the person is signed out at the server as well (RP-Initiated Logout 1.0). */
  signOutUrl(person: Person, state: string): Promise<{ outcome: 'ready'; url: string } | Failure>;
}

// `roles` brings what this app decides by, permissions among it; `offline_access` asks for a refresh token.
const SCOPE = 'openid profile email roles offline_access';
const REQUEST_TIMEOUT_SECONDS = 5;

export function createSignIn(settings: SignInSettings): SignIn {
  const server = createConnection(settings);
  return {
    start: ({ acrValues, maxAgeSeconds }: Partial<StepUp> = {}) =>
      server.use(async (config) => {
        const attempt = {
          state: oidc.randomState(),
          nonce: oidc.randomNonce(),
          codeVerifier: oidc.randomPKCECodeVerifier(),
          maxAgeSeconds,
        };
        const url = oidc.buildAuthorizationUrl(config, {
          redirect_uri: settings.redirectUri,
          scope: `${SCOPE} ${settings.api.scope}`,
          resource: settings.api.audience,
          ...(acrValues !== undefined && { acr_values: acrValues }),
          ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
          state: attempt.state,
          nonce: attempt.nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(attempt.codeVerifier),
          code_challenge_method: 'S256',
        });
        return { outcome: 'started', url: url.href, attempt };
      }),

    finish: (callbackUrl, attempt) =>
      server.use(async (config) => {
        const response = await oidc.authorizationCodeGrant(config, callbackUrl, {
          expectedState: attempt.state,
          expectedNonce: attempt.nonce,
          pkceCodeVerifier: attempt.codeVerifier,
          idTokenExpected: true,
          ...(attempt.maxAgeSeconds !== undefined && { maxAge: attempt.maxAgeSeconds }),
        });
        return signedIn(response, undefined);
      }),

    refresh: (person) =>
      server.use(async (config) => {
        const { refreshToken } = person.tokens;
        if (refreshToken === undefined) {
          return { outcome: 'refused', error: 'invalid_grant', description: 'The server gave no refresh token.' };
        }
        return signedIn(await oidc.refreshTokenGrant(config, refreshToken), person);
      }),

    userInfo: (person) =>
      server.use(async (config) => ({
        outcome: 'answered',
        claims: await oidc.fetchUserInfo(config, person.tokens.accessToken, person.subject),
      })),

    callApi: (person, request) => server.use((config) => callApi(config, person.tokens.accessToken, request)),

    signOutUrl: (person, state) =>
      server.use(async (config) => {
        const url = oidc.buildEndSessionUrl(config, {
          id_token_hint: person.tokens.idToken,
          post_logout_redirect_uri: settings.signedOutUri,
          state,
        });
        return { outcome: 'ready', url: url.href };
      }),
  };
}

async function callApi(
  config: oidc.Configuration,
  accessToken: string,
  { method, url, body }: ApiRequest,
): Promise<ApiAnswer> {
  const headers = new Headers({ accept: 'application/json' });
  if (body !== undefined) headers.set('content-type', 'application/json');
  const sent = body === undefined ? undefined : JSON.stringify(body);
  try {
    const response = await oidc.fetchProtectedResource(config, accessToken, url, method, sent, headers);
    return { outcome: 'answered', status: response.status, body: await response.json() };
  } catch (error) {
    const stepUp = error instanceof oidc.WWWAuthenticateChallengeError ? stepUpIn(error.cause) : undefined;
    if (stepUp === undefined) throw error;
    return { outcome: 'step_up', stepUp };
  }
}

/** The library has parsed the header. Undefined where no challenge says what would help. */
function stepUpIn(challenges: oidc.WWWAuthenticateChallengeError['cause']): StepUp | undefined {
  const parameters = challenges.find(
    ({ scheme, parameters: { error } }) => scheme === 'bearer' && error === 'insufficient_user_authentication',
  )?.parameters;
  const acrValues = parameters?.['acr_values'];
  const maxAge = parameters?.['max_age'];
  const maxAgeSeconds = maxAge !== undefined && /^\d{1,9}$/.test(maxAge) ? Number(maxAge) : undefined;
  return acrValues === undefined && maxAgeSeconds === undefined ? undefined : { acrValues, maxAgeSeconds };
}

/** Discovers the server when it is first needed and again after any failure, so that neither has to start first. */
function createConnection(settings: SignInSettings) {
  let discovered: Promise<oidc.Configuration> | undefined;
  return {
    async use<T>(work: (config: oidc.Configuration) => Promise<T>): Promise<T | Failure> {
      try {
        discovered ??= discover(settings);
        return await work(await discovered);
      } catch (error) {
        const failure = failureOf(error);
        if (failure.outcome !== 'refused') discovered = undefined;
        return failure;
      }
    },
  };
}

function discover({ issuer, clientId, clientSecret }: SignInSettings): Promise<oidc.Configuration> {
  const server = new URL(issuer);
  return oidc.discovery(server, clientId, undefined, oidc.ClientSecretBasic(clientSecret), {
    timeout: REQUEST_TIMEOUT_SECONDS,
    execute: [
      // Checks the ID token's signature against the server's published keys too, not only the connection it came over.
      oidc.enableNonRepudiationChecks,
      ...(isLoopbackHttp(server) ? [oidc.allowInsecureRequests] : []),
    ],
  });
}

const isLoopbackHttp = (url: URL): boolean =>
  url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);

type TokenResponse = oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;

/** A refresh may leave out the ID token and the refresh token: then those of before stay valid. */
function signedIn(response: TokenResponse, before: Person | undefined): SignInResult {
  const claims = response.claims() ?? before?.claims;
  const idToken = response.id_token ?? before?.tokens.idToken;
  if (claims === undefined || idToken === undefined) return { outcome: 'invalid', reason: 'there was no ID token' };
  // OpenID Connect Core 1.0 section 12.2: a refresh never changes who it is about.
  if (before !== undefined && claims.sub !== before.subject) {
    return { outcome: 'invalid', reason: 'the refreshed ID token is about someone else' };
  }
  const tokens: Tokens = {
    idToken,
    accessToken: response.access_token,
    refreshToken: response.refresh_token ?? before?.tokens.refreshToken,
    expiresAt: Date.now() + (response.expiresIn() ?? 0) * 1000,
  };
  return {
    outcome: 'signed_in',
    person: {
      subject: claims.sub,
      name: nameIn(claims),
      roles: namesIn(claims, 'roles') ?? [],
      permissions: namesIn(claims, 'permissions'),
      claims,
      tokens,
    },
  };
}

const nameIn = (claims: oidc.IDToken): string =>
  [claims['name'], claims['preferred_username'], claims['email']].find(isText) ?? claims.sub;

const namesIn = (claims: oidc.IDToken, claim: string): readonly string[] | undefined => {
  const names: unknown = claims[claim];
  return Array.isArray(names) ? names.filter(isText) : undefined;
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function failureOf(error: unknown): Failure {
  if (error instanceof oidc.AuthorizationResponseError) {
    return { outcome: 'refused', error: error.error, description: error.error_description };
  }
  if (error instanceof oidc.ResponseBodyError && error.status < 500) {
    return { outcome: 'refused', error: error.error, description: error.error_description };
  }
  if (error instanceof oidc.WWWAuthenticateChallengeError && error.status < 500) {
    const { error: code = 'invalid_token', error_description: description } = error.cause[0]?.parameters ?? {};
    return { outcome: 'refused', error: code, description };
  }
  return isOutage(error)
    ? { outcome: 'unreachable', reason: reasonOf(error) }
    : { outcome: 'invalid', reason: reasonOf(error) };
}

// What openid-client throws when no answer of the protocol came at all: no connection, no time, or a page in its place.
const OUTAGE_CODES = ['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'];

const isOutage = (error: unknown): boolean =>
  (error instanceof TypeError && error.message === 'fetch failed') ||
  error instanceof oidc.ResponseBodyError ||
  error instanceof oidc.WWWAuthenticateChallengeError ||
  (error instanceof oidc.ClientError && OUTAGE_CODES.includes(error.code ?? ''));

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && 'code' in error.cause ? ` (${String(error.cause.code)})` : '';
  return `${error.message}${cause}`;
}
