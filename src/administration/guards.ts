// Who may act on whom, and give what: nobody changes their own rights, and nobody reaches beyond what they have.
import { sql } from 'kysely';
import type { Account } from '../accounts/account.ts';
import { findAccount } from '../accounts/accounts.ts';
import { findPasswordHash } from '../accounts/finding/find-credentials.ts';
import { isProductPermission, PRODUCT_RESOURCE, type ProductPermission } from '../config/roles/product-permissions.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { type AdministrationDeps, permissionsHeldUntil, type Until } from './administrator.ts';
import type { Acting } from './change.ts';
import { type Refusal, unknown } from './outcomes.ts';

/**
 * The account, if this administrator may act on it. `own: 'refused'` for what people do to their own account on its own
 * pages. Under the lock of the model.
 */
export async function accountFor(
  inside: AdministrationDeps,
  { by, held }: Acting,
  { accountId, own = 'allowed' }: { accountId: string; own?: 'allowed' | 'refused' },
): Promise<Account | Refusal | ReturnType<typeof unknown>> {
  const account = await findAccount(inside.db, accountId);
  if (account === undefined) return unknown('account', accountId);
  if (by.kind === 'account' && by.accountId === accountId) {
    return own === 'refused' ? { outcome: 'own_rights' } : account;
  }
  return beyond({ by, held }, await productPermissionsWithin(inside.db, await givenTo(inside, accountId))) ?? account;
}

/** Whether any of these is more than the one who acts has. */
export function beyond(
  { by, held }: Acting,
  permissions: readonly ProductPermission[],
): Extract<Refusal, { outcome: 'beyond_own_rights' }> | undefined {
  const missing = by.kind === 'operator' ? [] : permissions.filter((permission) => !held.has(permission));
  return missing.length === 0 ? undefined : { outcome: 'beyond_own_rights', permissions: missing };
}

/**
 * Whether roles may be given or taken; `isOwn`: to or from the one who does it, who may not where they administer. `until`:
 * for how long they would be given; left out where they are taken.
 */
export async function mayGive(
  inside: AdministrationDeps,
  acting: Acting,
  { roles, isOwn, until }: { roles: readonly string[]; isOwn: boolean; until?: Until | undefined },
): Promise<Refusal | undefined> {
  const permissions = await productPermissionsWithin(inside.db, roles);
  if (permissions.length === 0) return undefined;
  if (isOwn) return { outcome: 'own_rights' };
  return beyond(acting, permissions) ?? (until && beyondTheirTime(inside, acting, { permissions, until }));
}

/** Nobody gives for longer than they have it: else who administers for a day would make it last, by way of somebody else. */
export async function beyondTheirTime(
  inside: AdministrationDeps,
  { by }: Acting,
  { permissions, until }: { permissions: readonly ProductPermission[]; until: Until },
): Promise<Refusal | undefined> {
  if (permissions.length === 0 || by.kind === 'operator') return undefined;
  return beyond({ by, held: await permissionsHeldUntil(inside, by, until) }, permissions);
}

/**
 * Rights to administer go to whoever reads the mails of the address that they were meant for: an administrator, who proves
 * no address, may have given it to an account of their own. Who has no password yet proves it by getting one.
 */
export async function mayReceive(
  { db }: AdministrationDeps,
  { by }: Acting,
  { accountId, roles }: { accountId: string; roles: readonly string[] },
): Promise<{ readonly outcome: 'unproved_address' } | undefined> {
  const account = by.kind === 'operator' ? undefined : await findAccount(db, accountId);
  if (account === undefined || account.emailVerified) return undefined;
  if ((await findPasswordHash(db, accountId)) === undefined) return undefined;
  return (await productPermissionsWithin(db, roles)).length === 0 ? undefined : { outcome: 'unproved_address' };
}

/** Directly and by groups; what has expired is not given. A group or role that roles.yaml could put back still counts. */
export async function givenTo({ db, clock }: AdministrationDeps, accountId: string): Promise<readonly string[]> {
  const now = databaseNow(clock);
  const { rows } = await sql<{ role: string }>`
    select role from role_assignments where account_id = ${accountId} and (expires_at is null or expires_at > ${now})
    union
    select gr.role from group_members m join group_roles gr on gr.group_name = m.group_name
    where m.account_id = ${accountId} and (m.expires_at is null or m.expires_at > ${now})`.execute(db);
  return rows.map(({ role }) => role);
}

/** What these roles let people do in administering, with all that they include: also what roles.yaml could put back. */
export async function productPermissionsWithin(
  db: Db,
  roles: readonly string[],
): Promise<readonly ProductPermission[]> {
  if (roles.length === 0) return [];
  const { rows } = await sql<{ permission: string }>`
    with recursive ${within(roles)}
    select distinct permission from held join role_permissions rp on rp.role = held.role
    where rp.resource = ${PRODUCT_RESOURCE} order by permission`.execute(db);
  return rows.map(({ permission }) => permission).filter(isProductPermission);
}

/** Names of these roles and of all that they include. */
export async function rolesWithin(db: Db, roles: readonly string[]): Promise<ReadonlySet<string>> {
  if (roles.length === 0) return new Set();
  const { rows } = await sql<{ role: string }>`with recursive ${within(roles)} select role from held`.execute(db);
  return new Set(rows.map(({ role }) => role));
}

const within = (roles: readonly string[]) => sql`held(role) as (
      select unnest(${sql.val([...roles])}::text[])
      union select i.includes from held join role_includes i on i.role = held.role
    )`;
