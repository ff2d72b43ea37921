// Why an account has each of its roles: given itself, through a group, or by a role that includes it.
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { assignmentsOf } from './assignments.ts';
import type { Held } from './held.ts';
import { membershipsOf } from './members.ts';
import { includesByRole } from './role-contents.ts';
import type { Way } from './who-has.ts';

/** By role, of those that are `held`; the shortest ways first, each from a role that was given down to this one. */
export async function whyHeld(
  deps: { db: Db; clock: Clock },
  { accountId, held }: { accountId: string; held: Pick<Held, 'roles' | 'groups'> },
): Promise<ReadonlyMap<string, readonly Way[]>> {
  const includes = await includesByRole(deps.db);
  const ways = new Map<string, Way[]>();
  for (const { role, group, expiresAt } of await givenTo(deps, accountId, held.groups)) {
    for (const path of pathsFrom(role, includes, new Set(held.roles))) {
      const to = path.at(-1) ?? role;
      ways.set(to, [...(ways.get(to) ?? []), { group, path, expiresAt }]);
    }
  }
  for (const [role, found] of ways)
    ways.set(
      role,
      found.sort((a, b) => a.path.length - b.path.length),
    );
  return ways;
}

interface Given {
  readonly role: string;
  readonly group: string | undefined;
  readonly expiresAt: Date | undefined;
}

/** What was given to the account itself, then what its groups carry. */
async function givenTo(
  deps: { db: Db; clock: Clock },
  accountId: string,
  groups: readonly string[],
): Promise<readonly Given[]> {
  const direct = await assignmentsOf(deps, accountId);
  const memberships = await membershipsOf(deps, accountId);
  const carried =
    groups.length === 0
      ? []
      : await deps.db
          .selectFrom('group_roles')
          .select(['group_name', 'role'])
          .where('group_name', 'in', groups)
          .orderBy('group_name')
          .execute();
  const endOf = new Map(memberships.map(({ group, expiresAt }) => [group, expiresAt]));
  return [
    ...direct.map(({ role, expiresAt }) => ({ role, group: undefined, expiresAt })),
    ...carried.map(({ group_name: group, role }) => ({ role, group, expiresAt: endOf.get(group) })),
  ];
}

/** One to each role that can be reached, none longer than it has to be; through roles that are held alone. */
function pathsFrom(
  role: string,
  includes: ReadonlyMap<string, readonly string[]>,
  held: ReadonlySet<string>,
): readonly (readonly string[])[] {
  if (!held.has(role)) return [];
  const seen = new Set([role]);
  const paths: (readonly string[])[] = [[role]];
  for (const path of paths) {
    for (const next of includes.get(path.at(-1) ?? '') ?? []) {
      if (seen.has(next) || !held.has(next)) continue;
      seen.add(next);
      paths.push([...path, next]);
    }
  }
  return paths;
}
