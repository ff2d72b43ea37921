// Subject → account, as the engine asks for it: at every sign-in, redemption, refresh and userinfo call.
import {
  type AccessToken,
  type AuthorizationCode,
  type Account as EngineAccount,
  errors,
  type FindAccount,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { type Account, isUsable } from '../accounts/account.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { refusalDetail } from '../explanations/kinds/refusals.ts';
import { findPerson } from '../profiles/person.ts';
import { findProfile, NO_PROFILE, type Profile } from '../profiles/profiles.ts';
import type { Rights } from '../roles/rights.ts';
import { type ClaimSource, claimsOf, needsProfile } from './claims.ts';
import { type UnmetRule, unmetRule } from './rights/access-rules.ts';
import { takePerson } from './rights/kept-person.ts';
import { resourcesOf } from './rights/right-claims.ts';
import { type Demand, SAID_BY, secondFactorDemand } from './step-up/required-acr.ts';

export interface SignedInAccount extends EngineAccount {
  readonly account: Account;
  readonly profile: Profile;
  /** All roles and groups of the account, before any client's filter; permissions only where a token is redeemed or shown. */
  readonly held: Rights;
  /** The version of the terms of service. */
  readonly acceptedTerms: string | undefined;
}

/**
 * Finds only accounts that may be used now, so that a banned or deleted one is out at once everywhere. Where a token is
 * being redeemed, a person whom the client's file does not let in any more is out as well; and a code, refresh token or,
 * at userinfo, access token of a sign-in without a second factor ends where one has been demanded since: an answer of
 * userinfo does not say how the person was authenticated, and its roles are those of now.
 */
export const engineFindAccount =
  ({
    db,
    clock,
    config,
    clients,
  }: {
    db: Db;
    clock: Clock;
    config: Config;
    clients: () => ClientRegistry;
  }): FindAccount =>
  async (ctx, sub, token) => {
    const client = clientOf(ctx, clients());
    // What is permitted is read for tokens only: `client` is theirs.
    const resources =
      token === undefined || client === undefined ? [] : resourcesOf(client, config.tokens.defaultAudience);
    const person = takePerson(ctx, sub) ?? (await findPerson({ db, clock }, { accountId: sub, resources }));
    if (person === undefined || !isUsable(person.account)) return undefined;
    const { account, held, profile, acceptedTerms } = person;
    const unmet =
      token === undefined || client === undefined
        ? undefined
        : await unmetRule({ db, config }, client, { accountId: account.id, held, profile });
    if (unmet !== undefined && token?.kind === 'AccessToken') return undefined;
    if (unmet !== undefined) throw refusedByFile(unmet);
    if (token !== undefined && acrOf(token) !== 'mfa') {
      const demand = secondFactorDemand({ config, client }, held);
      if (demand !== undefined && token.kind === 'AccessToken') return undefined;
      if (demand !== undefined) throw withoutSecondFactor(demand);
    }
    const signedIn: SignedInAccount = {
      accountId: account.id,
      account,
      profile,
      held,
      acceptedTerms,
      claims: claimsReader({ db, config }, { account, rights: held, client, profile }),
    };
    return signedIn;
  };

/** What the engine takes claims out of; the profile is read only for scopes that release some of it. */
export const claimsReader =
  (
    { db, config }: { db: Db; config: Pick<Config, 'attributes'> },
    source: Omit<ClaimSource, 'profile' | 'attributes'> & { readonly profile?: Profile },
  ): EngineAccount['claims'] =>
  async (use, scope) => {
    const read = async () => (needsProfile(scope) ? findProfile(db, source.account.id) : NO_PROFILE);
    const profile = source.profile ?? (await read());
    return claimsOf({ ...source, profile, attributes: config.attributes }, use, scope);
  };

/** Ours stand in an access token among the claims that we add (access-tokens.ts). */
const acrOf = (token: NonNullable<Parameters<FindAccount>[2]>): unknown =>
  token.kind === 'AccessToken' ? (token as AccessToken).extra?.['acr'] : (token as AuthorizationCode).acr;

/** The account that findAccount gave the engine for this request. */
export const signedInAccount = (ctx: KoaContextWithOIDC): SignedInAccount | undefined =>
  ctx.oidc.account as SignedInAccount | undefined;

const clientOf = (ctx: KoaContextWithOIDC, clients: ClientRegistry): Client | undefined =>
  ctx.oidc.client === undefined ? undefined : clients.get(ctx.oidc.client.clientId);

/** The app hears invalid_grant and sends the person to sign in, where a page says that they may not; the log says why. */
const refusedByFile = (unmet: UnmetRule): Error => new errors.InvalidGrant(refusalDetail(unmet));

/** The app hears invalid_grant and sends the person to sign in; the log says why. */
const withoutSecondFactor = (demand: Demand): Error =>
  new errors.InvalidGrant(`the sign-in had no second factor, which is required now by ${SAID_BY[demand]}`);
