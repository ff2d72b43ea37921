// Makes, changes and deletes roles: nobody puts into one, or takes out of it, what they do not have themselves.
import { type DetailValue, recordEvent } from '../../audit/audit-log.ts';
import { findRole, type RoleWithContents } from '../../roles/role.ts';
import type { ContentsChange, RoleContents } from '../../roles/role-contents.ts';
import { changeRole, createRole, deleteRole, type RoleChanges, type RoleFields } from '../../roles/roles.ts';
import { isRoleInUse, type UseOfRole } from '../../roles/usage.ts';
import { type AdministrationDeps, type Administrator, actorOf, sourceOf } from '../administrator.ts';
import { type Acting, change } from '../change.ts';
import { mayGive, productPermissionsWithin } from '../guards.ts';
import {
  type Confirmed,
  canBeName,
  type InUse,
  mayTake,
  type NotDone,
  type Outcome,
  type Refusal,
  unknown,
} from '../outcomes.ts';
import { differing, roleAsWritten } from './as-written.ts';
import { current } from './current.ts';
import { type ModelDeps, scopeProblems } from './deps.ts';
import { problemIn } from './problems.ts';
import { hasRole, mayTouch, touchedBetween } from './touched.ts';

export type NewRole = { readonly name: string; readonly description: string } & Partial<RoleFields>;

export function createRoleAs(
  deps: ModelDeps,
  by: Administrator,
  wanted: NewRole,
): Promise<Outcome<{ role: RoleWithContents }>> {
  return change(deps, { by, needs: 'roles:write', action: 'role.create' }, async (inside, acting) => {
    const problems = scopeProblems(inside, wanted);
    if (problems.length > 0) return { outcome: 'invalid', problems };
    const refused = await mayContain(inside, acting, { name: wanted.name, before: NOTHING, after: contentsOf(wanted) });
    if (refused !== undefined) return refused;
    const created = await createRole(inside, wanted);
    if (created.outcome === 'taken') return { outcome: 'taken', field: 'name' };
    if (created.outcome !== 'created') return problemIn(created, 'role');
    await record(inside, by, {
      event: 'role.created',
      name: wanted.name,
      details: { after: roleAsWritten(created.role) },
    });
    return { outcome: 'done', role: created.role };
  });
}

export type ChangeOfRole = { readonly name: string; readonly version?: string | undefined } & RoleChanges;

/** What is left out stays. */
export function changeRoleAs(
  deps: ModelDeps,
  by: Administrator,
  { name, version, ...changes }: ChangeOfRole,
): Promise<Outcome<{ role: RoleWithContents }>> {
  return change(deps, { by, needs: 'roles:write', action: 'role.change' }, async (inside, acting) => {
    const at = await current('role', { name, version }, () => findRole(inside.db, name));
    if ('refused' in at) return at.refused;
    const before = at.found;
    const refused = await mayChange(inside, acting, { before, changes });
    if (refused !== undefined) return refused;
    const changed = await changeRole(inside, { name, ...changes });
    switch (changed.outcome) {
      case 'unknown':
        return unknown('role', name);
      case 'reserved':
      case 'declared':
        return { outcome: changed.outcome };
      case 'changed': {
        const details = differing(roleAsWritten(before), roleAsWritten(changed.role));
        if (details === undefined) return { outcome: 'unchanged' };
        await record(inside, by, { event: 'role.changed', name, details });
        return { outcome: 'done', role: changed.role };
      }
      default:
        return problemIn(changed, 'role');
    }
  });
}

async function mayChange(
  inside: ModelDeps,
  acting: Acting,
  { before, changes }: { before: RoleWithContents; changes: RoleChanges },
): Promise<NotDone | undefined> {
  const problems = scopeProblems(inside, changes);
  if (problems.length > 0) return { outcome: 'invalid', problems };
  // Who may administer without a second factor is not for somebody with fewer rights to say.
  const isOtherProof = changes.mfa !== undefined && changes.mfa !== before.mfa;
  const refused = isOtherProof ? await mayGive(inside, acting, { roles: [before.name], isOwn: false }) : undefined;
  return refused ?? mayContain(inside, acting, { name: before.name, before, after: contentsOf(changes, before) });
}

export interface DeletionOfRole {
  readonly name: string;
  readonly confirmed?: Confirmed<UseOfRole>;
  readonly version?: string | undefined;
}

export function deleteRoleAs(
  deps: AdministrationDeps,
  by: Administrator,
  { name, confirmed = false, version }: DeletionOfRole,
): Promise<Outcome<{ use: UseOfRole }> | InUse<UseOfRole>> {
  return change(deps, { by, needs: 'roles:write', action: 'role.delete' }, async (inside, acting) => {
    const at = await current('role', { name, version }, () => findRole(inside.db, name));
    if ('refused' in at) return at.refused;
    const before = at.found;
    const touched = { given: [], taken: await productPermissionsWithin(inside.db, [name]) };
    const refused = await mayTouch(inside, acting, { touched, isOwn: () => hasRole(inside, by, name) });
    if (refused !== undefined) return refused;
    const deletion = await deleteRole(inside.db, name, mayTake(confirmed, isRoleInUse));
    if (deletion.outcome === 'unknown') return unknown('role', name);
    if (deletion.outcome !== 'deleted') return deletion;
    const { use } = deletion;
    const { accounts, groups, clients } = use;
    const details = { before: roleAsWritten(before), accounts, groups: groups.length, clients: clients.length };
    await record(inside, by, { event: 'role.deleted', name, details });
    return { outcome: 'done', use };
  });
}

const NOTHING: RoleContents = { includes: [], permissions: [] };

const contentsOf = ({ includes, permissions }: ContentsChange, otherwise: RoleContents = NOTHING): RoleContents => ({
  includes: includes ?? otherwise.includes,
  permissions: permissions ?? otherwise.permissions,
});

async function mayContain(
  inside: AdministrationDeps,
  acting: Acting,
  { name, before, after }: { name: string; before: RoleContents; after: RoleContents },
): Promise<Refusal | undefined> {
  if (!after.includes.every(canBeName)) return undefined;
  const touched = await touchedBetween(inside, before, after);
  return mayTouch(inside, acting, { touched, isOwn: () => hasRole(inside, acting.by, name) });
}

interface Told {
  readonly event: 'role.created' | 'role.changed' | 'role.deleted';
  readonly details: Readonly<Record<string, DetailValue>>;
}

const record = (
  inside: AdministrationDeps,
  by: Administrator,
  { name, ...event }: Told & { name: string },
): Promise<void> =>
  recordEvent(inside, { ...event, subject: `role:${name}`, actor: actorOf(by), source: sourceOf(by) });
