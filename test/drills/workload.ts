// What is asked of a site under load, and what the load says of it: what both processes know.
import type { SerializedCookieJar } from 'tough-cookie';
import type { Span } from './measures.ts';

/**
 * `login`: a person signs in with a password in a new browser, and the app redeems the code. `silent`: a signed-in browser
 * comes back. `documents`: discovery and JWKS. `forgot`: somebody asks for a link to a new password.
 */
export type Kind = 'login' | 'silent' | 'refresh' | 'introspect' | 'userinfo' | 'documents' | 'forgot';

/** A second. */
export type Rates = Readonly<Partial<Record<Kind, number>>>;

export const W: Rates = { login: 8, refresh: 40, introspect: 40, userinfo: 10 };

export const scaled = (rates: Rates, factor: number): Rates =>
  Object.fromEntries(Object.entries(rates).map(([kind, rate]) => [kind, rate * factor]));

/** What became of one request, or of all requests of a sign-in. */
export interface Outcome {
  readonly kind: Kind;
  /** When it was due, milliseconds since 1970. */
  readonly at: number;
  /** From then until it was answered. */
  readonly ms: number;
  /** Of the last of several requests: from the answer before it. */
  readonly lastMs: number;
  /** 0: there was no answer. */
  readonly status: number;
  readonly good: boolean;
  /** Whether a refusal said when to come back. */
  readonly comeBack: boolean;
  readonly why?: string;
}

/** What an app holds of one sign-in. */
export interface Chain {
  readonly clientId: string;
  /** Null for a public client. */
  readonly secret: string | null;
  /** Whose it is, as the ID token says. */
  readonly subject: string;
  refreshToken: string;
  accessToken: string;
}

export interface SignedInBrowser {
  readonly clientId: string;
  readonly jar: SerializedCookieJar;
}

export interface Plan {
  readonly issuer: string;
  /** PEM of nginx's. */
  readonly certificate: string;
  readonly chains: readonly Chain[];
  readonly browsers: readonly SignedInBrowser[];
  readonly people: readonly string[];
  /** How long apps that check tokens keep the keys; they check only where it is stated. */
  readonly keysCachedSeconds?: number | undefined;
}

/** What the apps found in the end. */
export interface Checked {
  readonly tried: number;
  readonly lost: number;
  /** Of public clients whose last refresh was not answered: they have to sign in again. */
  readonly forced: number;
  /** Success that is not true. */
  readonly untrue: number;
  /** How often apps asked about what was revoked before anything broke, and were told so. */
  readonly saidRevoked: number;
  readonly verified: number;
  readonly unverified: number;
  /** Some of what went wrong, in words. */
  readonly words: readonly string[];
}

/** Used refresh tokens that were shown again. */
export interface Shown {
  /** Of those that were used before anything broke. */
  readonly before: number;
  /** Of those that were used while it did. */
  readonly during: number;
  /** How many of both were good. */
  readonly doubled: number;
  /** And how many were neither good nor refused. */
  readonly unsaid: number;
}

export type ToLoad =
  | { readonly do: 'plan'; readonly plan: Plan }
  | { readonly do: 'rates'; readonly rates: Rates }
  | { readonly do: 'check' }
  | { readonly do: 'show'; readonly broken: Span };
export type FromLoad =
  | { readonly outcomes: readonly Outcome[] }
  | { readonly checked: Checked }
  | { readonly shown: Shown }
  | { readonly ready: true };
