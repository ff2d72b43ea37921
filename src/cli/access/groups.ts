// gatehouse group list, show, create, change, delete.
import { changeGroupAs, createGroupAs, deleteGroupAs } from '../../administration/model/group-model-as.ts';
import type { Db } from '../../database/database.ts';
import { findGroup, type Group, listGroups } from '../../roles/groups.ts';
import { listMembers } from '../../roles/members.ts';
import { countsOf, useOfGroup } from '../../roles/usage.ts';
import { confirmation } from '../confirmation.ts';
import { CommandFailed } from '../failure.ts';
import { count, details, neutral, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { edited } from './arguments.ts';
import { changedBy, evenTheLast, notFound, OPERATOR, withAccess } from './operator.ts';

export const showGroups = (invocation: Invocation): Promise<Answer> =>
  withAccess(invocation, async ({ db }) => {
    const groups = await listGroups(db);
    const { groups: members } = await countsOf(db);
    const rows = groups.map((group) => ({ group, members: members.get(group.name) ?? 0 }));
    return {
      result: { groups: rows.map((row) => ({ ...groupResult(row.group), members: row.members })) },
      text: table(
        ['GROUP', 'MEMBERS', 'FROM', 'ROLES', 'DESCRIPTION'],
        rows.map(({ group, members: number }) => [
          group.name,
          number,
          group.origin,
          group.roles.join(', '),
          group.description,
        ]),
      ),
    };
  });

const groupResult = ({ name, description, roles, origin, goneAt, createdAt, updatedAt }: Group) => ({
  name,
  description,
  roles,
  origin,
  gone_at: goneAt,
  created_at: createdAt,
  updated_at: updatedAt,
});

/** With a page of its members. */
export const showGroup = (
  invocation: Invocation,
  { name, limit, after }: { name: string; limit: number; after?: string | undefined },
): Promise<Answer> =>
  withAccess(invocation, async (deps) => {
    const group = await requireGroup(deps.db, name);
    const found = await listMembers(deps, { group: name, after, limit: limit + 1 });
    const members = found.slice(0, limit);
    const next = found.length > limit ? members.at(-1)?.accountId : undefined;
    return {
      result: {
        ...groupResult(group),
        members: members.map(({ accountId, email, expiresAt }) => ({ id: accountId, email, expires_at: expiresAt })),
        next,
      },
      text: [
        details([
          ['group', group.name],
          ['description', group.description],
          ['from', group.origin],
          ['roles', group.roles.join(', ')],
        ]),
        '',
        table(
          ['ID', 'E-MAIL', 'UNTIL'],
          members.map(({ accountId, email, expiresAt }) => [accountId, email, expiresAt]),
        ),
        ...(next === undefined ? [] : ['', `There are more: --after ${next}`]),
      ].join('\n'),
    };
  });

export const addGroup = (
  invocation: Invocation,
  { name, description = '', role }: { name: string; description?: string | undefined; role: readonly string[] },
): Promise<Answer> =>
  withAccess(invocation, async (deps) => {
    const answer = await createGroupAs(deps, OPERATOR, { name, description, roles: role });
    if (!changedBy(answer, { kind: 'group', name })) throw new Error('a group cannot be made without a change');
    return { result: groupResult(answer.group), text: `Created the group ${neutral(name)}.` };
  });

export interface GroupChangeOptions {
  readonly name: string;
  readonly description?: string | undefined;
  readonly role: readonly string[];
  readonly removeRole: readonly string[];
  readonly yes: boolean;
}

export function alterGroup(
  invocation: Invocation,
  { name, description, role, removeRole, yes }: GroupChangeOptions,
): Promise<Answer> {
  if (description === undefined && role.length + removeRole.length === 0) {
    throw new CommandFailed('invalid', 'Say what to change: --description, --role or --remove-role.');
  }
  return withAccess(invocation, async (deps) => {
    const before = await requireGroup(deps.db, name);
    const roles = edited(before.roles, { add: role, remove: removeRole, key: (each) => each });
    const change = { name, description, roles };
    const answer = await evenTheLast(invocation, { yes }, (by) => changeGroupAs(deps, by, change));
    const group = changedBy(answer, { kind: 'group', name }) ? answer.group : before;
    return { result: groupResult(group), text: `Changed the group ${neutral(name)}.` };
  });
}

export async function removeGroup(
  invocation: Invocation,
  { name, yes }: { name: string; yes: boolean },
): Promise<Answer> {
  const confirmed = confirmation(invocation, { yes });
  return withAccess(invocation, async (deps) => {
    const { origin } = await requireGroup(deps.db, name);
    const { members, roles } = await useOfGroup(deps.db, name);
    const through = roles.length === 0 ? '' : ` and the roles that they have through it (${roles.join(', ')})`;
    if (origin !== 'declared') {
      await confirmed(`Delete the group ${neutral(name)}, which ${count(members, 'member')} would lose${through}?`);
    }
    const answer = await evenTheLast(invocation, { yes }, (by) => deleteGroupAs(deps, by, { name, confirmed: true }));
    if (!changedBy(answer, { kind: 'group', name }) || !('use' in answer)) throw notFound('group', name);
    const { use } = answer;
    return {
      result: { name, members: use.members, roles: use.roles },
      text: `Deleted the group ${neutral(name)}; ${count(use.members, 'account was', 'accounts were')} in it.`,
    };
  });
}

async function requireGroup(db: Db, name: string): Promise<Group> {
  const group = name === '' ? undefined : await findGroup(db, name);
  if (group === undefined) throw notFound('group', name);
  return group;
}
