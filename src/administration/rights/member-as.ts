// Puts somebody into a group, for good or until a day, and takes them out.
import type { Account } from '../../accounts/account.ts';
import { touchAccount } from '../../accounts/accounts.ts';
import { type DetailValue, recordEvent } from '../../audit/audit-log.ts';
import { findGroup } from '../../roles/groups.ts';
import { addMember, membershipsOf, removeMember } from '../../roles/members.ts';
import { type AdministrationDeps, type Administrator, actorOf, sourceOf, type Until } from '../administrator.ts';
import { type Acting, change } from '../change.ts';
import { accountFor, mayGive, mayReceive } from '../guards.ts';
import { canBeName, type NotDone, type Outcome, unknown } from '../outcomes.ts';
import { ITS_TIME_IS_OVER, isOver } from './expiry.ts';

interface Membership {
  readonly group: string;
  readonly accountId: string;
  /** Undefined: for good. */
  readonly expiresAt?: Date | undefined;
}

/** Also to a group that roles.yaml declares: who is in it is decided here. */
export function addMemberAs(
  deps: AdministrationDeps,
  by: Administrator,
  { group, accountId, expiresAt }: Membership,
): Promise<Outcome> {
  return change(deps, { by, needs: 'groups:write', action: 'group.add_member', accountId }, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId });
    return 'outcome' in account ? account : putIntoGroup(inside, acting, { account, group, expiresAt });
  });
}

/** For whoever has made sure that the account may be acted on. */
export async function putIntoGroup(
  inside: AdministrationDeps,
  acting: Acting,
  { account, group, expiresAt }: { account: Account; group: string; expiresAt: Date | undefined },
): Promise<NotDone | { readonly outcome: 'done' }> {
  if (isOver(inside.clock, expiresAt)) return ITS_TIME_IS_OVER;
  const accountId = account.id;
  const refused = await refusedGroup(inside, acting, { accountId, group, until: expiresAt ?? 'for good' });
  if (refused !== undefined) return refused;
  const before = await names(inside, accountId);
  const added = await addMember(inside, { accountId, group, expiresAt });
  if (added === 'unknown_group') return unknown('group', group);
  if (added === 'already') return { outcome: 'unchanged' };
  const details = { before, after: await names(inside, accountId), expires_at: expiresAt?.toISOString() };
  await record(inside, acting, { event: 'group.member_added', accountId, group, details });
  return { outcome: 'done' };
}

export function removeMemberAs(
  deps: AdministrationDeps,
  by: Administrator,
  { group, accountId }: { group: string; accountId: string },
): Promise<Outcome> {
  const doing = { by, needs: 'groups:write', action: 'group.remove_member', accountId } as const;
  return change(deps, doing, async (inside, acting) => {
    const account = await accountFor(inside, acting, { accountId });
    if ('outcome' in account) return account;
    const refused = await refusedGroup(inside, acting, { accountId, group });
    if (refused !== undefined) return refused;
    const before = await names(inside, accountId);
    if ((await removeMember(inside.db, { group, accountId })) === 'not_a_member') return { outcome: 'unchanged' };
    const details = { before, after: await names(inside, accountId) };
    await record(inside, acting, { event: 'group.member_removed', accountId, group, details });
    return { outcome: 'done' };
  });
}

async function refusedGroup(
  inside: AdministrationDeps,
  acting: Acting,
  { accountId, group, until }: { accountId: string; group: string; until?: Until },
): Promise<NotDone | undefined> {
  const found = canBeName(group) ? await findGroup(inside.db, group) : undefined;
  if (found === undefined) return unknown('group', group);
  const isOwn = acting.by.kind === 'account' && acting.by.accountId === accountId;
  const { roles } = found;
  const refused = await mayGive(inside, acting, { roles, isOwn, until });
  return refused ?? (until && mayReceive(inside, acting, { accountId, roles }));
}

const names = async (inside: AdministrationDeps, accountId: string): Promise<readonly string[]> =>
  (await membershipsOf(inside, accountId)).map(({ group }) => group);

async function record(
  inside: AdministrationDeps,
  { by }: Acting,
  {
    group,
    ...event
  }: {
    details: Readonly<Record<string, DetailValue | undefined>>;
    event: 'group.member_added' | 'group.member_removed';
    accountId: string;
    group: string;
  },
): Promise<void> {
  await touchAccount(inside, event.accountId);
  await recordEvent(inside, { ...event, subject: `group:${group}`, actor: actorOf(by), source: sourceOf(by) });
}
