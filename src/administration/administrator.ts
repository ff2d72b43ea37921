// Who administers, and what they may do: read from the database in the transaction of what they do.
import { isUsable } from '../accounts/account.ts';
import { findAccount } from '../accounts/accounts.ts';
import type { Actor, Source } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import { ALL_PRODUCT_PERMISSIONS, type ProductPermission } from '../config/roles/product-permissions.ts';
import type { Db } from '../database/database.ts';
import { productPermissionsOfClient } from '../roles/client-roles.ts';
import { productPermissionsOf } from '../roles/held.ts';

export type Administrator =
  /** A person at the console. */
  | { readonly kind: 'account'; readonly accountId: string; readonly source: Source }
  /** A service client at the API; `scopes` of its token, `assigned` are the roles of its file, which permit nothing here. */
  | {
      readonly kind: 'client';
      readonly clientId: string;
      readonly scopes: readonly string[];
      readonly assigned: readonly string[];
      readonly source: Source;
    }
  /** Whoever can run the command line has the database anyway. `evenLast`: has been asked about the last administrator. */
  | { readonly kind: 'operator'; readonly evenLast?: boolean };

export interface AdministrationDeps {
  readonly db: Db;
  readonly clock: Clock;
}

export const actorOf = (by: Administrator): Actor => {
  switch (by.kind) {
    case 'account':
      return `account:${by.accountId}`;
    case 'client':
      return `client:${by.clientId}`;
    case 'operator':
      return 'operator';
  }
};

/** For audit events: where the request came from. */
export const sourceOf = (by: Administrator): Source | undefined => (by.kind === 'operator' ? undefined : by.source);

/** As they are now, by the clock of `deps`; a token can only narrow them. */
export async function permissionsHeld(
  deps: AdministrationDeps,
  by: Administrator,
): Promise<ReadonlySet<ProductPermission>> {
  switch (by.kind) {
    case 'operator':
      return new Set(ALL_PRODUCT_PERMISSIONS);
    case 'account': {
      const account = await findAccount(deps.db, by.accountId);
      // Shut out meanwhile: a request that has begun gets no further.
      if (account === undefined || !isUsable(account)) return new Set();
      return new Set(await productPermissionsOf(deps, by.accountId));
    }
    case 'client': {
      const held = await productPermissionsOfClient(deps.db, by.clientId);
      return new Set(held.filter((name) => by.scopes.includes(name)));
    }
  }
}

/** Until when something is given, if it ends at all. */
export type Until = Date | 'for good';

/** Of what they have now, what they have that long as well. Roles of programs do not end. */
export function permissionsHeldUntil(
  deps: AdministrationDeps,
  by: Administrator,
  until: Until,
): Promise<ReadonlySet<ProductPermission>> {
  const { clock } = deps;
  const ahead =
    until === 'for good' ? ALWAYS_SECONDS : (until.getTime() - clock.now().getTime()) / 1000 - CLOCKS_SECONDS;
  const then = { now: () => clock.now(), shiftSeconds: clock.shiftSeconds + Math.max(0, ahead) };
  return permissionsHeld({ ...deps, clock: then }, by);
}

/** Behind every day that a form takes. */
const ALWAYS_SECONDS = 9000 * 365.25 * 86_400;
/** Two that end at the same moment do so, by whichever clock. */
const CLOCKS_SECONDS = 60;
