// Subject → account, as the engine asks for it: at every sign-in, redemption, refresh and userinfo call.
import type { Account as EngineAccount, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount } from '../accounts/accounts.ts';
import type { Client, ClientRegistry } from '../clients/client.ts';
import type { Db } from '../database/database.ts';
import { rolesOf } from '../roles/roles.ts';
import { mayUse } from './access.ts';
import { claimsOf } from './claims.ts';

export interface SignedInAccount extends EngineAccount {
  readonly account: Account;
  /** All roles of the account, before any client's filter. */
  readonly roles: readonly string[];
}

/**
 * Finds only accounts that may be used now, so that a banned or deleted one is out at once everywhere. Where a token is
 * being redeemed, a person who has lost the role that the client requires is out as well.
 */
export const engineFindAccount =
  ({ db, clients }: { db: Db; clients: () => ClientRegistry }): FindAccount =>
  async (ctx, sub, token) => {
    const account = await findAccount(db, sub);
    if (account === undefined || !isUsable(account)) return undefined;
    const roles = await rolesOf(db, account.id);
    const client = clientOf(ctx, clients());
    if (token !== undefined && client !== undefined && !mayUse(client, roles)) return undefined;
    const signedIn: SignedInAccount = {
      accountId: account.id,
      account,
      roles,
      claims: async (use, scope) => claimsOf({ account, roles, client }, use, scope),
    };
    return signedIn;
  };

/** The account that findAccount gave the engine for this request. */
export const signedInAccount = (ctx: KoaContextWithOIDC): SignedInAccount | undefined =>
  ctx.oidc.account as SignedInAccount | undefined;

const clientOf = (ctx: KoaContextWithOIDC, clients: ClientRegistry): Client | undefined =>
  ctx.oidc.client === undefined ? undefined : clients.get(ctx.oidc.client.clientId);
