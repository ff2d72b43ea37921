// Builds the engine from the parts of this room. Cheap enough (milliseconds) to be built again when keys change.
import { type Configuration, Provider } from 'oidc-provider';
import { recordEvent } from '../audit/audit-log.ts';
import type { ClientRegistry } from '../clients/client.ts';
import { toClientMetadata } from '../clients/client-metadata.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { SIGNING_ALGORITHMS } from '../config/keys/algorithms.ts';
import { scopesServed } from '../config/scopes.ts';
import type { Db } from '../database/database.ts';
import { sourceOf } from '../http/request-source.ts';
import { engineKeySet, verificationKeys } from '../keys/key-set.ts';
import type { SigningKey } from '../keys/signing-key.ts';
import type { Logger } from '../observability/logger.ts';
import { createOutgoing } from '../outgoing/outgoing.ts';
import { createAdapterFactory } from '../protocol-store/adapter.ts';
import { endSession } from '../sessions/end-session.ts';
import { sessionEnd } from '../sessions/session-lifetime.ts';
import { LANGUAGES } from '../texts/messages.ts';
import { createAccessTokenReader } from './access-token-reader.ts';
import { customizeJwt, extraTokenClaims } from './access-tokens.ts';
import { resuming } from './browser-sessions/finished-sign-ins.ts';
import { keepSessionsAsAsked } from './browser-sessions/kept-sessions.ts';
import { keepAppSignIns, noteSavedSessions } from './browser-sessions/saved-sessions.ts';
import { claimsByScope } from './claims.ts';
import {
  CLOCK_TOLERANCE_SECONDS,
  checkAssertion,
  compareHashedSecrets,
  detectReplaysAtomically,
} from './client-authentication.ts';
import { loadConsentedGrant } from './consented-grant.ts';
import { cookies } from './cookies.ts';
import { errorPage } from './error-page.ts';
import { logEngineEvents } from './event-log.ts';
import { ReferringProvider } from './failures/redirect-errors.ts';
import { rememberPresentedTokens } from './failures/remembered.ts';
import { features } from './features.ts';
import { engineFindAccount } from './find-account.ts';
import { admitIdTokensOnly } from './narrowed/id-token-hints.ts';
import { refuseLongScopes } from './narrowed/long-scopes.ts';
import { findPushedRequestsExactly } from './narrowed/pushed-requests.ts';
import { limitResponseModes } from './narrowed/response-modes.ts';
import { keepResponseTypeNone, RESPONSE_TYPES } from './narrowed/response-types.ts';
import { PROOF_ALGORITHMS } from './own-api/dpop-proof.ts';
import { ENDPOINTS } from './paths.ts';
import { policy, promptValues } from './policy.ts';
import { releaseRightClaims } from './rights/released.ts';
import { tellAppsByOutbox } from './sign-out/back-channel-logout.ts';
import {
  keepLanguageOfSignOut,
  leaveSignOutByPage,
  nameSessionsInIdTokens,
  skipEmptySignOut,
  takeSignOutFromOwnPage,
} from './sign-out/logout.ts';
import { ACR_VALUES } from './step-up/acr.ts';
import { tokenLifetimes } from './token-lifetimes.ts';

/** A JWK Set of a client is a few kilobytes; the engine would read any length. */
const FETCHED_DOCUMENT_BYTES = 64 * 1024;

export interface ProviderDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly db: Db;
  /** Asked at every request, so that a changed client file is live at once. */
  readonly clients: () => ClientRegistry;
  readonly keys: readonly SigningKey[];
  /** 32 bytes, the same in all processes: a nonce for DPoP that one gives out is good at the others. */
  readonly nonceSecret: Buffer;
  readonly log: Logger;
}

export function createProvider(deps: ProviderDeps): Provider {
  const provider = new ReferringProvider(deps.config.issuer, configuration(deps));
  // Endpoint URLs are made from the request; http/host.ts has already made that the issuer's (X-Forwarded-Proto, Host).
  provider.proxy = true;
  provider.use(takeSignOutFromOwnPage(deps));
  provider.use(skipEmptySignOut);
  provider.use(leaveSignOutByPage(deps));
  provider.use(keepLanguageOfSignOut);
  provider.use(keepAppSignIns(deps));
  compareHashedSecrets(provider, deps);
  detectReplaysAtomically(provider);
  endWholeSessions(provider, deps);
  keepSessionsAsAsked(provider);
  admitIdTokensOnly(provider);
  refuseLongScopes(provider);
  findPushedRequestsExactly(provider);
  limitResponseModes(provider);
  keepResponseTypeNone(provider);
  nameSessionsInIdTokens(provider);
  tellAppsByOutbox(provider, deps);
  releaseRightClaims(provider);
  rememberPresentedTokens(provider);
  logEngineEvents(provider, deps);
  return provider;
}

function configuration(deps: ProviderDeps): Configuration {
  const { config, clients, keys } = deps;
  const verification = verificationKeys(keys);
  return {
    ...protocol(deps),
    adapter: createAdapterFactory({
      ...deps,
      findClientMetadata: (clientId) => {
        const client = clients().get(clientId);
        return client === undefined ? undefined : toClientMetadata(client);
      },
      sessionSaved: noteSavedSessions(deps),
      resuming,
      sessionEnd: (facts) => sessionEnd(config.sessions, facts),
      readAccessToken: createAccessTokenReader({
        ...deps,
        verificationKeys: () => verification,
        endpoint: () => Provider.ctx?.oidc.route,
      }),
      isRevokingAccessToken: () => {
        const { route, entities } = Provider.ctx?.oidc ?? {};
        return route === 'revocation' && entities?.AccessToken !== undefined;
      },
    }),
    jwks: engineKeySet(keys) as NonNullable<Configuration['jwks']>,
    findAccount: engineFindAccount(deps),
    loadExistingGrant: loadConsentedGrant(deps),
    interactions: {
      policy: policy(deps),
      // The client stands in the address so that an expired sign-in can still offer a way back to its app.
      url: (_ctx, { uid, params }) => `/interaction/${uid}?client=${encodeURIComponent(String(params['client_id']))}`,
    },
    extraTokenClaims: extraTokenClaims(deps),
    formats: { customizers: { jwt: customizeJwt(config) } },
    assertJwtClientAuthClaimsAndHeader: checkAssertion(deps),
    clientBasedCORS: (_ctx, origin, client) => clients().get(client.clientId)?.allowedOrigins.includes(origin) === true,
    renderError: errorPage(deps),
  };
}

/** Everything that does not look at a request's data. */
function protocol(deps: ProviderDeps): Configuration {
  const { config, clients } = deps;
  return {
    acrValues: [...ACR_VALUES],
    allowOmittingSingleRegisteredRedirectUri: false,
    claims: claimsByScope(config.attributes),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    conformIdTokenClaims: false,
    cookies: cookies(config),
    // Initiating User Registration via OpenID Connect 1.0 section 4; the engine leaves it out.
    discovery: { prompt_values_supported: promptValues(config), ui_locales_supported: [...LANGUAGES] },
    enabledJWA: {
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      dPoPSigningAlgValues: PROOF_ALGORITHMS,
      // Those of them that there is a key for: it is made when a client or an API first asks (server/keys/).
      idTokenSigningAlgValues: [...SIGNING_ALGORITHMS],
      userinfoSigningAlgValues: ['RS256'],
      introspectionSigningAlgValues: ['RS256'],
    },
    // Session-bound unless the person has consented to offline access (OpenID Connect Core section 11).
    expiresWithSession: async (_ctx, token) => !token.scopes.has('offline_access'),
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: (ctx) => ctx.oidc.client?.clientAuthMethod === 'none',
    features: features(deps),
    fetch: engineFetch(deps),
    fetchResponseBodyLimits: { jwks_uri: FETCHED_DOCUMENT_BYTES, sector_identifier_uri: FETCHED_DOCUMENT_BYTES },
    pkce: { required: (_ctx, client) => clients().get(client.clientId)?.requirePkce !== false },
    responseTypes: [...RESPONSE_TYPES],
    routes: ENDPOINTS,
    scopes: [...scopesServed(config.attributes)],
    subjectTypes: ['public'],
    ttl: tokenLifetimes(deps),
  };
}

/** The engine's own guard against private networks knows no exceptions and says nothing; this one stands in its place. */
function engineFetch({ config, log }: ProviderDeps): NonNullable<Configuration['fetch']> {
  const outgoing = createOutgoing({ ...config.outgoing, log });
  return (url, { method, headers, signal } = {}) =>
    outgoing(String(url), { method, headers: new Headers(headers), signal });
}

/** The engine forgets one identifier of a session; a person who signs out means all of it. */
function endWholeSessions(provider: Provider, deps: ProviderDeps): void {
  const forget = provider.Session.prototype.destroy;
  Object.assign(provider.Session.prototype, {
    async destroy(this: InstanceType<typeof provider.Session>): Promise<void> {
      const { accountId } = this;
      const source = Provider.ctx === undefined ? undefined : sourceOf(Provider.ctx);
      const ending = { accountId, source, details: { reason: 'signed_out' } };
      await endSession(deps, this.uid, {
        alongside: async (inside) => {
          if (accountId !== undefined) await recordEvent(inside, { event: 'session.ended', ...ending });
        },
      });
      await forget.call(this);
    },
  });
}
