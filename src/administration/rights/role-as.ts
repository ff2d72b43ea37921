// Gives somebody a role, for good or until a day, and takes it away.
import type { Account } from '../../accounts/account.ts';
import { touchAccount } from '../../accounts/accounts.ts';
import { type DetailValue, recordEvent } from '../../audit/audit-log.ts';
import { assignmentsOf, grantRole, revokeRole } from '../../roles/assignments.ts';
import { findRole } from '../../roles/role.ts';
import { type AdministrationDeps, type Administrator, actorOf, sourceOf, type Until } from '../administrator.ts';
import { type Acting, change } from '../change.ts';
import { accountFor, mayGive, mayReceive } from '../guards.ts';
import { canBeName, type NotDone, type Outcome, unknown } from '../outcomes.ts';
import { ITS_TIME_IS_OVER, isOver } from './expiry.ts';

interface Grant {
  readonly accountId: string;
  readonly role: string;
  /** Undefined: for good. Given anew, the time that was there is replaced. */
  readonly expiresAt?: Date | undefined;
}

export function grantRoleAs(
  deps: AdministrationDeps,
  by: Administrator,
  { accountId, role, expiresAt }: Grant,
): Promise<Outcome> {
  return change(deps, { by, needs: 'roles:assign', action: 'role.grant', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId });
    return 'outcome' in account ? account : giveRole(inside, acting, { account, role, expiresAt });
  });
}

/** For whoever has made sure that the account may be acted on. */
export async function giveRole(
  inside: AdministrationDeps,
  acting: Acting,
  { account, role, expiresAt }: { account: Account; role: string; expiresAt: Date | undefined },
): Promise<NotDone | { readonly outcome: 'done' }> {
  if (isOver(inside.clock, expiresAt)) return ITS_TIME_IS_OVER;
  const until = expiresAt ?? 'for good';
  const refused = await refusedRole(inside, acting, { accountId: account.id, role, until });
  if (refused !== undefined) return refused;
  const before = await names(inside, account.id);
  const granted = await grantRole(inside.db, { accountId: account.id, role, expiresAt });
  if (granted === 'unknown_role') return unknown('role', role);
  if (granted === 'already') return { outcome: 'unchanged' };
  const details = { before, after: await names(inside, account.id), expires_at: expiresAt?.toISOString() };
  await record(inside, acting, { event: 'role.granted', accountId: account.id, role, details });
  return { outcome: 'done' };
}

export function revokeRoleAs(
  deps: AdministrationDeps,
  by: Administrator,
  { accountId, role }: { accountId: string; role: string },
): Promise<Outcome> {
  return change(deps, { by, needs: 'roles:assign', action: 'role.revoke', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId });
    if ('outcome' in account) return account;
    const refused = await refusedRole(inside, acting, { accountId, role });
    if (refused !== undefined) return refused;
    const before = await names(inside, accountId);
    if ((await revokeRole(inside.db, { accountId, role })) === 'not_assigned') return { outcome: 'unchanged' };
    const details = { before, after: await names(inside, accountId) };
    await record(inside, acting, { event: 'role.revoked', accountId, role, details });
    return { outcome: 'done' };
  });
}

async function refusedRole(
  inside: AdministrationDeps,
  acting: Acting,
  { accountId, role, until }: { accountId: string; role: string; until?: Until },
): Promise<NotDone | undefined> {
  if (!canBeName(role) || (await findRole(inside.db, role)) === undefined) return unknown('role', role);
  const roles = [role];
  const refused = await mayGive(inside, acting, { roles, isOwn: isSame(acting.by, accountId), until });
  return refused ?? (until && mayReceive(inside, acting, { accountId, roles }));
}

const isSame = (by: Administrator, accountId: string): boolean => by.kind === 'account' && by.accountId === accountId;

/** What the account was given itself, by name. */
const names = async (inside: AdministrationDeps, accountId: string): Promise<readonly string[]> =>
  (await assignmentsOf(inside, accountId)).map(({ role }) => role);

async function record(
  inside: AdministrationDeps,
  { by }: Acting,
  {
    role,
    ...event
  }: {
    details: Readonly<Record<string, DetailValue | undefined>>;
    event: 'role.granted' | 'role.revoked';
    accountId: string;
    role: string;
  },
): Promise<void> {
  await touchAccount(inside, event.accountId);
  await recordEvent(inside, { ...event, subject: `role:${role}`, actor: actorOf(by), source: sourceOf(by) });
}
