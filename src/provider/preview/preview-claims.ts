// What an app would read of a person, made by what issues tokens and with where each claim comes from; nothing is issued.
import type { Provider } from 'oidc-provider';
import { termsToAccept } from '../../accounts/accepted-terms.ts';
import { type Account, isUsable } from '../../accounts/account.ts';
import { findAccount } from '../../accounts/accounts.ts';
import type { Client, ClientRegistry } from '../../clients/client.ts';
import type { ClaimPlace } from '../../clients/rights/role-format.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Db } from '../../database/database.ts';
import { type Rights, rightsOf } from '../../roles/rights.ts';
import { requestedAccess } from '../access.ts';
import { scopeAndAudience } from '../access-tokens.ts';
import { claimsReader } from '../find-account.ts';
import { type UnmetRule, unmetRule } from '../rights/access-rules.ts';
import { resourcesOf, rightClaims } from '../rights/right-claims.ts';
import { type Demand, secondFactorDemand } from '../step-up/required-acr.ts';
import { type Origin, originsOf, type RightSources, rightSources } from './origins.ts';

export interface PreviewDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly config: Config;
  readonly clients: () => ClientRegistry;
  /** Asked which claims a scope lets through; it signs nothing here. */
  readonly provider: () => Provider;
}

export interface Previewed {
  readonly accountId: string;
  readonly clientId: string;
  /** Undefined: all that the client's file lets it ask for. */
  readonly scope?: string | undefined;
  /** Undefined: none is named, so that access tokens are for the default audience. */
  readonly resource?: string | undefined;
}

export type Preview =
  | { readonly outcome: 'unknown_account' }
  | { readonly outcome: 'unknown_client' }
  /** The client acts for itself only. */
  | { readonly outcome: 'nobody_signs_in' }
  | { readonly outcome: 'scope_not_allowed'; readonly words: readonly string[]; readonly allowed: readonly string[] }
  | { readonly outcome: 'resource_not_allowed'; readonly allowed: readonly string[] }
  | ShownPreview;

export interface ShownPreview {
  readonly outcome: 'shown';
  readonly account: Account;
  readonly clientId: string;
  /** Why none of it would be issued now; undefined: it would be. */
  readonly refusal: Refusal | undefined;
  /** Who would have a second factor asked for; undefined: nobody but the app itself. */
  readonly secondFactor: Demand | undefined;
  /** Whether the person would be asked for what they have not allowed before. */
  readonly consent: 'ask' | 'skip';
  /** Whether the person would have terms of service to accept first. */
  readonly terms: 'ask' | 'skip';
  readonly scope: string;
  readonly audience: string;
  /** Undefined without the scope openid. */
  readonly idToken: PreviewedClaims | undefined;
  readonly accessToken: PreviewedClaims;
  readonly userinfo: PreviewedClaims | undefined;
  /** Of every role, permission and group that the account has, whether an app is told of it or not. */
  readonly rights: RightSources;
  /** Claims that only a sign-in decides. */
  readonly perSignIn: readonly string[];
}

export type Refusal = UnmetRule | { readonly rule: 'account'; readonly status: Account['status'] };

export interface PreviewedClaims {
  readonly claims: Readonly<Record<string, unknown>>;
  /** By claim. */
  readonly origins: Readonly<Record<string, Origin>>;
}

/** Of each token; times, identifiers, and how somebody signed in. */
const PER_SIGN_IN = [
  'iat',
  'exp',
  'jti',
  'auth_time',
  'acr',
  'amr',
  'nonce',
  'sid',
  'at_hash',
  'cnf',
  'gh_grant',
  'gh_session',
];

export async function previewClaims(deps: PreviewDeps, asked: Previewed): Promise<Preview> {
  const read = await readPreviewed(deps, asked);
  return 'outcome' in read ? read : show(deps, read);
}

interface ReadPreviewed {
  readonly client: Client;
  readonly account: Account;
  readonly words: readonly string[];
  readonly audience: string;
}

export type NotShown = Exclude<Preview, ShownPreview>;

async function readPreviewed(deps: PreviewDeps, asked: Previewed): Promise<ReadPreviewed | NotShown> {
  const client = deps.clients().get(asked.clientId);
  if (client === undefined) return { outcome: 'unknown_client' };
  if (!client.grantTypes.includes('authorization_code')) return { outcome: 'nobody_signs_in' };
  const account = await findAccount(deps.db, asked.accountId);
  if (account === undefined) return { outcome: 'unknown_account' };
  const audience = asked.resource ?? deps.config.tokens.defaultAudience;
  if (asked.resource !== undefined && !client.resources.has(audience)) {
    return { outcome: 'resource_not_allowed', allowed: [...client.resources.keys()] };
  }
  const allowed = [...client.scopes, ...(client.resources.get(audience) ?? [])];
  const words = asked.scope?.split(' ').filter(Boolean) ?? allowed;
  const refused = words.filter((word) => !allowed.includes(word));
  return refused.length > 0
    ? { outcome: 'scope_not_allowed', words: refused, allowed }
    : { client, account, words, audience };
}

async function show(deps: PreviewDeps, { client, account, words, audience }: ReadPreviewed): Promise<ShownPreview> {
  const { config } = deps;
  const accountId = account.id;
  const rights = await rightsOf(deps, { accountId, resources: resourcesOf(client, config.tokens.defaultAudience) });
  const granted = requestedAccess(client, { scope: words.join(' '), resource: audience });
  const scope = granted.scopes.join(' ');
  const subject = { deps, client, account, rights, scope, audience };
  const sources = await rightSources(deps, { accountId, client, rights, audience });
  const about = (use: ClaimPlace, claims: Record<string, unknown>): PreviewedClaims => ({
    claims,
    origins: originsOf(claims, { use, client, config, scope, sources }),
  });
  const signsIn = granted.scopes.includes('openid');
  return {
    outcome: 'shown',
    account,
    clientId: client.clientId,
    refusal: isUsable(account)
      ? await unmetRule(deps, client, { accountId, held: rights })
      : { rule: 'account', status: account.status },
    secondFactor: secondFactorDemand({ config, client }, rights),
    consent: client.consent,
    terms: (await termsToAccept(deps, accountId)) === undefined ? 'skip' : 'ask',
    scope: words.join(' '),
    audience,
    idToken: signsIn ? about('id_token', await idToken(subject)) : undefined,
    accessToken: about('access_token', accessToken(subject, granted.resources.get(audience)?.join(' '))),
    userinfo: signsIn ? about('userinfo', await userinfo(subject)) : undefined,
    rights: sources,
    perSignIn: PER_SIGN_IN,
  };
}

interface Subject {
  readonly deps: PreviewDeps;
  readonly client: Client;
  readonly account: Account;
  readonly rights: Rights;
  /** Of OpenID Connect, as granted. */
  readonly scope: string;
  readonly audience: string;
}

async function idToken({ deps, scope, ...subject }: Subject): Promise<Record<string, unknown>> {
  const provider = deps.provider();
  const client = await provider.Client.find(subject.client.clientId);
  if (client === undefined) throw new Error('the engine does not know a client that we know');
  const token = new provider.IdToken(await claimsReader(deps, subject)('id_token', scope, {}, []), { client } as never);
  // The types leave it out; the engine sets it the same way.
  Object.assign(token, { scope });
  return { iss: deps.config.issuer, aud: subject.client.clientId, ...(await token.payload()) };
}

/** As the engine answers it: what the account says, masked by the scope. */
async function userinfo({ deps, scope, ...subject }: Subject): Promise<Record<string, unknown>> {
  const provider = deps.provider();
  const client = await provider.Client.find(subject.client.clientId);
  const { Claims } = provider as unknown as { Claims: EngineClaims };
  return new Claims(await claimsReader(deps, subject)('userinfo', scope, {}, []), { client }).scope(scope).result();
}

type EngineClaims = new (
  available: object,
  options: { client: unknown },
) => { scope(value: string): { result(): Promise<Record<string, unknown>> } };

function accessToken(
  { deps: { config }, client, account, rights, scope: oidcScope, audience }: Subject,
  apiScope: string | undefined,
): Record<string, unknown> {
  return {
    iss: config.issuer,
    sub: account.id,
    client_id: client.clientId,
    ...scopeAndAudience(config, { oidcScope, apiScope, audience }),
    ...rightClaims(client, rights, { use: 'access_token', scope: oidcScope, audience }),
  };
}
