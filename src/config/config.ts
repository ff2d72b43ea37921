// The checked configuration of the server, as the rest of the program sees it: frozen, complete, in our own names.

import type { Scheme } from './branding/accent-colours.ts';
import type { SigningAlgorithm } from './keys/algorithms.ts';
import type { Mailbox } from './mail/mailbox.ts';

export type Mode = 'development' | 'production';

export interface Config {
  readonly mode: Mode;
  /** No trailing slash, no path of its own unless one is configured; every absolute URL starts with it. */
  readonly issuer: string;
  readonly name: string;
  readonly branding: BrandingConfig;
  readonly paths: ConfigPaths;
  readonly server: ServerConfig;
  readonly outgoing: OutgoingConfig;
  readonly database: DatabaseConfig;
  readonly mail: MailConfig;
  /** Everything new is sealed and signed with it. */
  readonly masterSecret: string;
  /** Accepted besides: what they have sealed and signed is still good. */
  readonly previousSecrets: readonly string[];
  readonly accounts: AccountsConfig;
  readonly registration: RegistrationConfig;
  readonly geo: GeoConfig;
  readonly sessions: SessionsConfig;
  readonly tokens: TokensConfig;
  readonly keys: KeysConfig;
  readonly limits: LimitsConfig;
  readonly api: ApiConfig;
  readonly logging: LoggingConfig;
  readonly metrics: MetricsConfig;
  readonly audit: AuditConfig;
  /** By audience. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** By name. */
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface ConfigPaths {
  /** Absolute. */
  readonly configDir: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly clientsDir: string;
}

export interface BrandingConfig {
  /** Absolute path of an image that has been looked into. */
  readonly logoFile: string | undefined;
  /** As chosen, `#rrggbb`. */
  readonly accent: string | undefined;
  /** Made of `accent`, readable on our grounds. */
  readonly colours: Scheme | undefined;
  readonly termsUrl: string | undefined;
  readonly privacyUrl: string | undefined;
  /** https: or mailto: */
  readonly supportUrl: string | undefined;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Processes that share the port; 0: as many as there are cores. */
  readonly workers: number;
  /** CIDR blocks whose X-Forwarded-* headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Host[:port] names under which apps on the inside may call discovery, JWKS, token, userinfo and introspection. */
  readonly internalHosts: readonly string[];
  /** How long a stopping server waits for requests in flight. */
  readonly drainSeconds: number;
}

export interface MetricsConfig {
  /** Of its own, for `host`; undefined: none. */
  readonly port: number | undefined;
  readonly host: string;
  /** Names by which that port is asked, besides addresses and names without a dot. */
  readonly allowedHosts: readonly string[];
  /** Opens /metrics at the server's port; undefined: it is not there. */
  readonly token: string | undefined;
}

export interface OutgoingConfig {
  /** Hosts, host:port, addresses and CIDR blocks that our own requests may reach although they are not public. */
  readonly privateHosts: readonly string[];
}

export interface DatabaseConfig {
  /** A postgres:// URL, or undefined for the embedded database in the data directory. */
  readonly url: string | undefined;
  /** Connections of one process: workers have as many each. */
  readonly poolSize: number;
  readonly preparedStatements: boolean;
  /** How long a starting server waits for PostgreSQL. */
  readonly startWaitSeconds: number;
}

export interface MailConfig {
  /** smtp: or smtps:, with user and password; undefined: development shows mails itself, production keeps them waiting. */
  readonly smtpUrl: string | undefined;
  readonly from: Mailbox;
  readonly replyTo: Mailbox | undefined;
  readonly connections: number;
  /** Whether a connection without TLS is refused. */
  readonly tlsRequired: boolean;
  readonly plaintextInProduction: boolean;
}

export interface AccountsConfig {
  readonly mfa: 'optional' | 'required';
  /** Code points. NIST SP 800-63B-4 section 3.1.1.2: 15 when the password stands alone. */
  readonly passwordMinLength: number;
  /** Code points, when a second factor is enforced (mfa: required). */
  readonly passwordMinLengthWithSecondFactor: number;
  readonly passwordMaxLength: number;
  /** Between a person's request and the deletion; 0: at once. */
  readonly deletionGraceSeconds: number;
}

export interface RegistrationConfig {
  readonly policy: 'open' | 'invite' | 'closed';
  /** In ASCII and lower case; `*.` in front means everything below. Empty: any domain. */
  readonly allowedDomains: readonly string[];
  readonly refusedDomains: readonly string[];
  readonly requiredFields: readonly ('username' | 'name')[];
  /** Lower case; besides those that are always reserved. */
  readonly reservedUsernames: readonly string[];
  /** With it, the terms of `branding.termsUrl` have to be accepted. */
  readonly termsVersion: string | undefined;
}

export interface GeoConfig {
  /** Absolute path of a file that has been looked into. */
  readonly mmdbFile: string | undefined;
}

export interface SessionLimits {
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
}

export interface SessionsConfig extends SessionLimits {
  /** For who asks to be kept signed in; undefined where nobody is asked. */
  readonly keep: SessionLimits | undefined;
}

export interface TokensConfig {
  /** The `aud` of access tokens when the app names no resource. */
  readonly defaultAudience: string;
  readonly accessTokenSeconds: number;
  readonly clientCredentialsTokenSeconds: number;
  readonly idTokenSeconds: number;
  readonly refreshTokenIdleSeconds: number;
  readonly refreshTokenAbsoluteSeconds: number;
  /** In one token, before the log says something. */
  readonly mostRoles: number;
}

/** The keys that sign tokens. */
export interface KeysConfig {
  /** That there is always a published key of, whether or not somebody asks for it. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly rotateEverySeconds: number;
  /** Between the publication of the next key and its first signature. */
  readonly publishAheadSeconds: number;
  /** Between the last signature of a key and its end. */
  readonly keepRetiredSeconds: number;
}

export interface LimitsConfig {
  /** Failed sign-ins per account and network, and the window they are counted in. */
  readonly signInFailures: number;
  readonly signInWindowSeconds: number;
  /** Failed sign-ins per account from all networks, and the window they are counted in. */
  readonly accountFailures: number;
  readonly accountWindowSeconds: number;
  /** Different accounts that may fail from one network, the window, and how long it is blocked then. */
  readonly networkAccounts: number;
  readonly networkWindowSeconds: number;
  readonly networkBlockSeconds: number;
  /** Failed sign-ins of all accounts that raise an alarm, and the window they are counted in. */
  readonly alarmFailures: number;
  readonly alarmWindowSeconds: number;
  /** Wrong second-factor codes per account, and the window they are counted in. */
  readonly secondFactorFailures: number;
  readonly secondFactorWindowSeconds: number;
  /** Per hour. */
  readonly mailsPerRecipient: number;
  /** Per ten minutes. */
  readonly mailsPerNetwork: number;
  /** Per five minutes. */
  readonly signUpsPerNetwork: number;
  /** Passwords hashed at once; 0 means as many as there are cores. */
  readonly parallelHashes: number;
  readonly hashQueue: number;
}

export interface ApiConfig {
  /** What access tokens for it are made for. */
  readonly audience: string;
  /** Whether its description can be read. */
  readonly docs: boolean;
  /** Of one service client. */
  readonly requestsPerMinute: number;
  /** Without a token that can be used, from one network. */
  readonly refusalsPerMinute: number;
}

export interface LoggingConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly format: 'json' | 'pretty';
}

export interface AuditConfig {
  readonly retentionSeconds: number;
  /** Where tokens that are issued and refreshed are written down. */
  readonly tokens: 'log' | 'table';
  /** A copy of every event on standard output. */
  readonly stdout: boolean;
}

/** An API that access tokens can be made for (RFC 8707). */
export interface Resource {
  readonly audience: string;
  readonly name: string;
  /** Scope → one sentence for the consent page. */
  readonly scopes: ReadonlyMap<string, string>;
  readonly accessTokenSeconds: number;
  readonly signingAlgorithm: SigningAlgorithm;
}

/** What is kept of people beyond the standard claims. */
export interface Attribute {
  readonly name: string;
  readonly label: string;
  readonly type: 'string' | 'number' | 'boolean' | 'enum' | 'list';
  /** Of an enum and of a list; empty: any text. */
  readonly choices: readonly string[];
  /** Who may change it; an operator always. */
  readonly edit: 'user' | 'operator';
  /** The scope that releases it. */
  readonly scope: string;
  /** What apps find it under. */
  readonly claim: string;
  /** Whoever edits it cannot leave it empty. */
  readonly required: boolean;
}
