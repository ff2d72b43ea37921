// A relying party, as its file in config/clients/ describes it.
import type { SigningAlgorithm } from '../config/keys/algorithms.ts';
import type { AttributeCondition } from './rights/access-conditions.ts';
import type { RoleFormat } from './rights/role-format.ts';

export type Preset = 'web' | 'spa' | 'native' | 'service';
export type GrantType = 'authorization_code' | 'refresh_token' | 'client_credentials';
export type ClientAuthMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';

export interface Client {
  readonly clientId: string;
  readonly clientName: string;
  readonly preset: Preset;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** Where the app is told that somebody has signed out (OpenID Connect Back-Channel Logout 1.0). */
  readonly backchannelLogoutUri: string | undefined;
  /** The app takes such a message only with the session's name (`sid`) in it. */
  readonly backchannelLogoutSessionRequired: boolean;
  readonly grantTypes: readonly GrantType[];
  readonly tokenEndpointAuthMethod: ClientAuthMethod;
  /** Several, so that one can be replaced while the other still works. */
  readonly secrets: readonly ClientSecret[];
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] } | undefined;
  readonly jwksUri: string | undefined;
  /** OpenID Connect scopes the client may ask for; scopes of APIs stand in `resources`. */
  readonly scopes: readonly string[];
  /** Audience, or `gatehouse` for the API of this server → scopes the client may ask for there. */
  readonly resources: ReadonlyMap<string, readonly string[]>;
  readonly requirePkce: boolean;
  readonly requirePushedAuthorizationRequests: boolean;
  readonly dpopBoundAccessTokens: boolean;
  readonly consent: 'ask' | 'skip';
  /** All that is stated has to hold. */
  readonly access: {
    /** Empty: whatever roles somebody has. */
    readonly requireAnyRole: readonly string[];
    /** Likewise. */
    readonly requireAnyGroup: readonly string[];
    /** By the attribute's name. */
    readonly attributes: readonly AttributeCondition[];
    /** `mfa`: every sign-in here needs a second factor. */
    readonly acr: 'pwd' | 'mfa';
  };
  readonly roles: RoleFormat & {
    /** Patterns with `*`; undefined: every role that is not the product's own. */
    readonly include: readonly string[] | undefined;
    /** Roles of the client itself, for tokens of the client_credentials grant. */
    readonly assign: readonly string[];
  };
  /** Claims of the granted scopes stand in the ID token too, not only at userinfo. */
  readonly scopeClaimsInIdToken: boolean;
  /** Of ID tokens and logout tokens. */
  readonly idTokenAlgorithm: SigningAlgorithm;
  /** Origins whose scripts may call token, userinfo and revocation (CORS). */
  readonly allowedOrigins: readonly string[];
  /** Audiences whose tokens this client may introspect besides its own. */
  readonly introspect: readonly string[];
  readonly assertionAudience: 'issuer' | 'token_endpoint';
  readonly clientUri: string | undefined;
  readonly policyUri: string | undefined;
  readonly tosUri: string | undefined;
  /** Absolute path of an image beside the client file, served by us. */
  readonly logoFile: string | undefined;
  readonly source: ClientSource;
}

export interface ClientSource {
  readonly file: string;
  /** Of `client_id`. */
  readonly line: number;
  /** Of every key that the file states, by its name. */
  readonly lines: Readonly<Record<string, number>>;
}

export interface ClientSecret {
  /** SHA-256 of the secret, 32 bytes. */
  readonly sha256: Buffer;
  readonly expires: Date | undefined;
  /** When it was made, as the file says. */
  readonly created: Date | undefined;
}

export type ClientRegistry = ReadonlyMap<string, Client>;
