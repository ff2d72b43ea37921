// One account at the console: who it is, and what whoever looks at it may do to it.
import type { Account } from '../../accounts/account.ts';
import { findAccount } from '../../accounts/accounts.ts';
import { beyond, givenTo, productPermissionsWithin } from '../../administration/guards.ts';
import type { ProductPermission } from '../../config/roles/product-permissions.ts';
import { nothingThere } from '../../http/refusals.ts';
import type { RouteContext } from '../../http/route.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep, AtConsole } from '../in-console.ts';

export interface AtAccount extends AtConsole {
  readonly account: Account;
  readonly isOwn: boolean;
  /** What it may do and the one who looks may not: nothing of it is changed then. */
  readonly beyond: readonly ProductPermission[];
  /** What is offered here; a verb asks again. */
  readonly can: Offers;
}

/** By permission; those of `others` not on one's own account. */
interface Offers {
  readonly write: boolean;
  readonly assign: boolean;
  readonly group: boolean;
  readonly endSessions: boolean;
  readonly take: boolean;
  readonly others: { readonly ban: boolean; readonly factors: boolean; readonly delete: boolean };
}

export type AccountStep = (ctx: RouteContext, at: AtAccount) => Promise<void>;

/** 404 for an id that no account has. */
export const ofAccount =
  (deps: AdminDeps, step: AccountStep): AdminStep =>
  async (ctx, admin) => {
    const account = await findAccount(deps.db, String(ctx.params['id']));
    if (account === undefined) throw nothingThere();
    return step(ctx, await standingTowards(deps, admin, account));
  };

async function standingTowards(deps: AdminDeps, admin: AtConsole, account: Account): Promise<AtAccount> {
  const isOwn = admin.me.account.id === account.id;
  const theirs = isOwn ? [] : await productPermissionsWithin(deps.db, await givenTo(deps, account.id));
  const missing = beyond({ by: admin.by, held: admin.may }, theirs)?.permissions ?? [];
  const may = (permission: ProductPermission) => missing.length === 0 && admin.may.has(permission);
  const can = {
    write: may('accounts:write'),
    assign: may('roles:assign'),
    group: may('groups:write'),
    endSessions: may('sessions:end'),
    take: may('accounts:delete'),
    others: {
      ban: may('accounts:write') && !isOwn,
      factors: may('accounts:factors') && !isOwn,
      delete: may('accounts:delete') && !isOwn,
    },
  };
  return { ...admin, account, isOwn, beyond: missing, can };
}
