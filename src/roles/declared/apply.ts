// Puts what roles.yaml declares in force: all of it, in one transaction, or nothing.
import { type Actor, recordEvent } from '../../audit/audit-log.ts';
import type { Clock } from '../../clock.ts';
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import type { Db } from '../../database/database.ts';
import { keepingAnAdministrator } from '../administrators.ts';
import { declareClientRoles } from '../client-roles.ts';
import { insertGroup, updateGroup } from '../groups.ts';
import { lockModel } from '../model-lock.ts';
import { insertPermission, updatePermission } from '../permissions.ts';
import { setContents } from '../role-contents.ts';
import { insertRole, updateRole } from '../roles.ts';
import { type Difference, differenceOf, type Item, isDifferent } from './difference.ts';
import { readModel } from './state.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

export type Applied =
  | { readonly outcome: 'applied'; readonly difference: Difference }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'conflicts'; readonly difference: Difference }
  /** Nobody would be left who administers. */
  | { readonly outcome: 'last_administrator' };

/** Of several processes at once one applies it, and the others find nothing left to change. */
export function applyDeclared(
  deps: Deps,
  declared: DeclaredModel,
  { actor = 'server' }: { actor?: Actor } = {},
): Promise<Applied> {
  return keepingAnAdministrator(deps, async (inside): Promise<Applied> => {
    await lockModel(inside.db);
    const difference = differenceOf(await readModel(inside.db), declared);
    if (difference.conflicts.length > 0) return { outcome: 'conflicts', difference };
    if (!isDifferent(difference)) return { outcome: 'unchanged' };
    await writePermissions(inside, declared, difference);
    await writeRoles(inside, declared, difference);
    await writeGroups(inside, declared, difference);
    await declareClientRoles(inside.db, declared.clients);
    await recordEvent(inside, {
      event: 'roles_file.applied',
      actor,
      subject: 'configuration:roles.yaml',
      details: told(difference),
    });
    return { outcome: 'applied', difference };
  });
}

const namesOf = (items: readonly Item[], kind: Item['kind']): ReadonlySet<string> =>
  new Set(items.flatMap((item) => (item.kind === kind ? [item.name] : [])));

async function writePermissions(inside: Deps, { permissions }: DeclaredModel, difference: Difference): Promise<void> {
  const added = namesOf(difference.added, 'permission');
  const back = namesOf(difference.putBack, 'permission');
  const changed = namesOf(difference.changed, 'permission');
  for (const { resource, name, description } of permissions) {
    const key = `${resource} ${name}`;
    if (added.has(key)) await insertPermission(inside, { resource, name, description, declared: true });
    else if (back.has(key) || changed.has(key)) {
      await updatePermission(inside, { resource, name, description, gone: false });
    }
  }
  for (const key of namesOf(difference.removed, 'permission')) {
    const [resource = '', name = ''] = key.split(' ');
    await updatePermission(inside, { resource, name, gone: true });
  }
}

/** First all roles, then what they include: one may stand below the other. */
async function writeRoles(inside: Deps, { roles }: DeclaredModel, difference: Difference): Promise<void> {
  const added = namesOf(difference.added, 'role');
  const back = namesOf(difference.putBack, 'role');
  const changed = namesOf(difference.changed, 'role');
  for (const { name, description, mfa, clientId, resource } of roles) {
    const fields = { name, description, mfa, clientId, resource };
    if (added.has(name)) await insertRole(inside, { ...fields, declared: true });
    else if (back.has(name) || changed.has(name)) {
      await updateRole(inside, { ...fields, clientId: clientId ?? null, resource: resource ?? null, gone: false });
    }
  }
  for (const { name, includes, permissions } of roles) {
    if (!added.has(name) && !back.has(name) && !changed.has(name)) continue;
    await setContents(inside.db, { role: name, includes, permissions });
  }
  for (const name of namesOf(difference.removed, 'role')) await updateRole(inside, { name, gone: true });
}

async function writeGroups(inside: Deps, { groups }: DeclaredModel, difference: Difference): Promise<void> {
  const added = namesOf(difference.added, 'group');
  const back = namesOf(difference.putBack, 'group');
  const changed = namesOf(difference.changed, 'group');
  for (const { name, description, roles } of groups) {
    if (added.has(name)) await insertGroup(inside, { name, description, roles, declared: true });
    else if (back.has(name) || changed.has(name)) await updateGroup(inside, { name, description, roles, gone: false });
  }
  for (const name of namesOf(difference.removed, 'group')) await updateGroup(inside, { name, gone: true });
}

/** For the audit log: `role editor`. */
const told = ({ added, changed, removed, putBack }: Difference) => ({
  added: added.map(({ kind, name, after }) => ({ what: `${kind} ${name}`, after })),
  changed: changed.map(({ kind, name, before, after }) => ({ what: `${kind} ${name}`, before, after })),
  removed: removed.map(({ kind, name, before }) => ({ what: `${kind} ${name}`, before })),
  put_back: putBack.map(({ kind, name }) => `${kind} ${name}`),
});
