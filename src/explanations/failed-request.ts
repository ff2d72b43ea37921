// A request that was refused, in plain values: what the edge that knows the protocol engine reads out of it.
import type { ClientAuthMethod, ClientRegistry } from '../clients/client.ts';

/** Parameters whose values are kept. Codes, tokens, verifiers, assertions, secrets, state, nonce and hints are not among them. */
export const HARMLESS_PARAMETERS = [
  'acr_values',
  'client_assertion_type',
  'code_challenge_method',
  'grant_type',
  'max_age',
  'post_logout_redirect_uri',
  'prompt',
  'redirect_uri',
  'resource',
  'response_mode',
  'response_type',
  'scope',
] as const;

export type HarmlessParameter = (typeof HARMLESS_PARAMETERS)[number];

export interface FailedRequest {
  /** The engine's name of it: `authorization`, `token`, … */
  readonly endpoint: string;
  readonly error: string;
  /** What the caller was told. */
  readonly description: string | undefined;
  /** What the engine told nobody. */
  readonly detail: string | undefined;
  /** As stated, whether or not there is such a client. */
  readonly clientId: string | undefined;
  readonly parameters: Readonly<Partial<Record<HarmlessParameter, readonly string[]>>>;
  /** Characters; undefined when it was not sent. */
  readonly verifierLength: number | undefined;
  readonly challengeLength: number | undefined;
  readonly credentials: Credentials;
  /** The code or refresh token that was presented, if we know it. */
  readonly presented: PresentedToken | undefined;
  readonly proof: { readonly htm?: string; readonly htu?: string; readonly iat?: number } | undefined;
}

export interface Credentials {
  readonly method: ClientAuthMethod;
  /** ISO 8601: the secret is one of the client's that has expired. */
  readonly expiredAt: string | undefined;
  /** What an assertion says of itself, unverified. */
  readonly assertion:
    | {
        readonly alg?: string;
        readonly kid?: string;
        readonly aud?: string;
        readonly iss?: string;
        readonly exp?: number;
      }
    | undefined;
}

export interface PresentedToken {
  readonly clientId: string | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number | undefined;
  readonly redirectUri: string | undefined;
}

/** What requests are held against. */
export interface Known {
  readonly issuer: string;
  readonly clients: ClientRegistry;
  /** Audiences of gatehouse.yaml. */
  readonly audiences: readonly string[];
  /** What apps may ask for besides the scopes of APIs. */
  readonly scopes: readonly string[];
  readonly now: Date;
}
