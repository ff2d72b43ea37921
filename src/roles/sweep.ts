// Takes away what is over: roles and memberships that were given until a day, and what has been declared no longer for one.
import { recordEvent, recordEvents } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { takeExpiredAssignments } from './assignments.ts';
import { deleteGoneGroups } from './groups.ts';
import { takeExpiredMemberships } from './members.ts';
import { lockModel } from './model-lock.ts';
import { deleteGonePermissions } from './permissions.ts';
import { deleteGoneRoles } from './roles.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** At most `batch` of each kind; returns how many of the kind that had more. */
export async function sweepExpiredRights(deps: Deps, batch: number): Promise<number> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const assignments = await takeExpiredAssignments(inside, batch);
    const memberships = await takeExpiredMemberships(inside, batch);
    const over = ({ accountId, expiresAt }: { accountId: string; expiresAt: Date }) =>
      ({ accountId, actor: 'server', details: { reason: 'expired', expires_at: expiresAt.toISOString() } }) as const;
    await recordEvents(inside, [
      ...assignments.map((each) => ({ event: 'role.revoked', subject: `role:${each.role}`, ...over(each) }) as const),
      ...memberships.map(
        (each) => ({ event: 'group.member_removed', subject: `group:${each.group}`, ...over(each) }) as const,
      ),
    ]);
    return Math.max(assignments.length, memberships.length);
  });
}

/** Seconds. Put back within a day, what was taken out of roles.yaml by mistake is as it was, with whoever had it. */
export const GONE_KEPT_SECONDS = 86_400;

/** For good, with who had it; returns what: `role editor`. */
export async function forgetGone(deps: Deps): Promise<readonly string[]> {
  return atomically(deps.db, async (tx) => {
    await lockModel(tx);
    const inside = { ...deps, db: tx };
    const details = { reason: 'declared_no_longer' };
    const groups = await deleteGoneGroups(inside, GONE_KEPT_SECONDS);
    for (const name of groups) await recordEvent(inside, { event: 'group.deleted', subject: `group:${name}`, details });
    const roles = await deleteGoneRoles(inside, GONE_KEPT_SECONDS);
    for (const name of roles) await recordEvent(inside, { event: 'role.deleted', subject: `role:${name}`, details });
    const permissions = (await deleteGonePermissions(inside, GONE_KEPT_SECONDS)).map(
      ({ resource, name }) => `${resource} ${name}`,
    );
    for (const name of permissions) {
      await recordEvent(inside, { event: 'permission.deleted', subject: `permission:${name}`, details });
    }
    return [
      ...groups.map((name) => `group ${name}`),
      ...roles.map((name) => `role ${name}`),
      ...permissions.map((name) => `permission ${name}`),
    ];
  });
}
