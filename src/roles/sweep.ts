// Takes away what is over: roles and memberships that were given until a day, and what has been declared no longer for one.
import { recordEvent } from '../audit/audit-log.ts';
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
    for (const { accountId, role, expiresAt } of assignments) {
      const details = { reason: 'expired', expires_at: expiresAt.toISOString() };
      await recordEvent(inside, {
        event: 'role.revoked',
        accountId,
        actor: 'server',
        subject: `role:${role}`,
        details,
      });
    }
    const memberships = await takeExpiredMemberships(inside, batch);
    for (const { accountId, group, expiresAt } of memberships) {
      const details = { reason: 'expired', expires_at: expiresAt.toISOString() };
      await recordEvent(inside, {
        event: 'group.member_removed',
        accountId,
        actor: 'server',
        subject: `group:${group}`,
        details,
      });
    }
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
