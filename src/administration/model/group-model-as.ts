// Makes, changes and deletes groups: nobody gives a group, or takes from it, a role with what they do not have themselves.
import { type DetailValue, recordEvent } from '../../audit/audit-log.ts';
import { changeGroup, createGroup, deleteGroup, findGroup, type Group } from '../../roles/groups.ts';
import { isGroupInUse, type UseOfGroup } from '../../roles/usage.ts';
import { type AdministrationDeps, type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { type Acting, change } from '../change.ts';
import { productPermissionsWithin } from '../guards.ts';
import { type Confirmed, canBeName, type InUse, mayTake, type Outcome, type Refusal, unknown } from '../outcomes.ts';
import { differing, groupAsWritten } from './as-written.ts';
import { current } from './current.ts';
import { problemIn } from './problems.ts';
import { isMember, mayTouch, without } from './touched.ts';

export interface NewGroup {
  readonly name: string;
  readonly description: string;
  readonly roles?: readonly string[] | undefined;
}

export function createGroupAs(
  deps: AdministrationDeps,
  by: Administrator,
  { name, description, roles = [] }: NewGroup,
): Promise<Outcome<{ group: Group }>> {
  return change(deps, { by, needs: 'groups:write', action: 'group.create' }, async (inside, acting) => {
    const refused = await mayCarry(inside, acting, { name, given: roles });
    if (refused !== undefined) return refused;
    const created = await createGroup(inside, { name, description, roles });
    if (created.outcome === 'taken') return { outcome: 'taken', field: 'name' };
    if (created.outcome !== 'created') return problemIn(created, 'group');
    await record(inside, by, { event: 'group.created', name, details: { after: groupAsWritten(created.group) } });
    return { outcome: 'done', group: created.group };
  });
}

export interface ChangeOfGroup {
  readonly name: string;
  readonly description?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly version?: string | undefined;
}

/** What is left out stays; members are for addMemberAs. */
export function changeGroupAs(
  deps: AdministrationDeps,
  by: Administrator,
  { name, version, ...changes }: ChangeOfGroup,
): Promise<Outcome<{ group: Group }>> {
  return change(deps, { by, needs: 'groups:write', action: 'group.change' }, async (inside, acting) => {
    const at = await current('group', { name, version }, () => findGroup(inside.db, name));
    if ('refused' in at) return at.refused;
    const before = at.found;
    const { roles = before.roles } = changes;
    const [given, taken] = [without(roles, before.roles), without(before.roles, roles)];
    const refused = await mayCarry(inside, acting, { name, given, taken });
    if (refused !== undefined) return refused;
    const changed = await changeGroup(inside, { name, ...changes });
    switch (changed.outcome) {
      case 'unknown':
        return unknown('group', name);
      case 'declared':
        return { outcome: 'declared' };
      case 'changed': {
        const details = differing(groupAsWritten(before), groupAsWritten(changed.group));
        if (details === undefined) return { outcome: 'unchanged' };
        await record(inside, by, { event: 'group.changed', name, details });
        return { outcome: 'done', group: changed.group };
      }
      default:
        return problemIn(changed, 'group');
    }
  });
}

export interface DeletionOfGroup {
  readonly name: string;
  readonly confirmed?: Confirmed<UseOfGroup>;
  readonly version?: string | undefined;
}

export function deleteGroupAs(
  deps: AdministrationDeps,
  by: Administrator,
  { name, confirmed = false, version }: DeletionOfGroup,
): Promise<Outcome<{ use: UseOfGroup }> | InUse<UseOfGroup>> {
  return change(deps, { by, needs: 'groups:write', action: 'group.delete' }, async (inside, acting) => {
    const at = await current('group', { name, version }, () => findGroup(inside.db, name));
    if ('refused' in at) return at.refused;
    const before = at.found;
    const refused = await mayCarry(inside, acting, { name, taken: before.roles });
    if (refused !== undefined) return refused;
    const deletion = await deleteGroup(inside.db, name, mayTake(confirmed, isGroupInUse));
    if (deletion.outcome === 'unknown') return unknown('group', name);
    if (deletion.outcome !== 'deleted') return deletion;
    const { use } = deletion;
    const details = { before: groupAsWritten(before), members: use.members, roles: use.roles };
    await record(inside, by, { event: 'group.deleted', name, details });
    return { outcome: 'done', use };
  });
}

async function mayCarry(
  inside: AdministrationDeps,
  acting: Acting,
  { name, given = [], taken = [] }: { name: string; given?: readonly string[]; taken?: readonly string[] },
): Promise<Refusal | undefined> {
  if (!given.every(canBeName)) return undefined;
  const of = (roles: readonly string[]) => productPermissionsWithin(inside.db, roles);
  const touched = { given: await of(given), taken: await of(taken) };
  return mayTouch(inside, acting, { touched, isOwn: () => isMember(inside, acting.by, name) });
}

interface Told {
  readonly event: 'group.created' | 'group.changed' | 'group.deleted';
  readonly details: Readonly<Record<string, DetailValue>>;
}

const record = (
  inside: AdministrationDeps,
  by: Administrator,
  { name, ...event }: Told & { name: string },
): Promise<void> =>
  recordEvent(inside, { ...event, subject: `group:${name}`, actor: actorOf(by), source: sourceOf(by) });
