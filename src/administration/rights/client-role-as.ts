// Gives a service client a role beside those of its file, and takes it away.
import { recordEvent } from '../../audit/audit-log.ts';
import type { ClientRegistry } from '../../clients/client.ts';
import { isBuiltIn } from '../../clients/live/built-in.ts';
import { grantClientRole, revokeClientRole, rolesGivenToClient } from '../../roles/client-roles.ts';
import { findRole } from '../../roles/role.ts';
import { type AdministrationDeps, type Administrator, actorOf, sourceOf, type Until } from '../administrator.ts';
import { type Acting, change } from '../change.ts';
import { mayGive } from '../guards.ts';
import { canBeName, type NotDone, type Outcome, unknown } from '../outcomes.ts';

export interface ClientRoleDeps extends AdministrationDeps {
  readonly clients: () => ClientRegistry;
}

interface ClientRole {
  readonly clientId: string;
  readonly role: string;
}

export function grantClientRoleAs(deps: ClientRoleDeps, by: Administrator, given: ClientRole): Promise<Outcome> {
  return change(deps, { by, needs: 'roles:assign', action: 'client_role.grant' }, async (inside, acting) => {
    const refused = await refusal(inside, acting, { ...given, until: 'for good' });
    if (refused !== undefined) return refused;
    if (!inside.clients().has(given.clientId) || isBuiltIn(given.clientId)) return unknown('client', given.clientId);
    const before = await rolesGivenToClient(inside.db, given.clientId);
    const granted = await grantClientRole(inside.db, given);
    if (granted === 'unknown_role') return unknown('role', given.role);
    if (granted === 'already') return { outcome: 'unchanged' };
    await record(inside, acting, { event: 'client_role.granted', ...given, before });
    return { outcome: 'done' };
  });
}

/** Also from a client whose file is gone. */
export function revokeClientRoleAs(deps: AdministrationDeps, by: Administrator, taken: ClientRole): Promise<Outcome> {
  return change(deps, { by, needs: 'roles:assign', action: 'client_role.revoke' }, async (inside, acting) => {
    const refused = await refusal(inside, acting, taken);
    if (refused !== undefined) return refused;
    const before = await rolesGivenToClient(inside.db, taken.clientId);
    const revoked = await revokeClientRole(inside.db, taken);
    if (revoked === 'not_assigned') return { outcome: 'unchanged' };
    if (revoked === 'declared') return { outcome: 'declared' };
    await record(inside, acting, { event: 'client_role.revoked', ...taken, before });
    return { outcome: 'done' };
  });
}

async function refusal(
  inside: AdministrationDeps,
  acting: Acting,
  { clientId, role, until }: ClientRole & { until?: Until },
): Promise<NotDone | undefined> {
  if (!canBeName(clientId)) return unknown('client', clientId);
  if (!canBeName(role) || (await findRole(inside.db, role)) === undefined) return unknown('role', role);
  const isOwn = acting.by.kind === 'client' && acting.by.clientId === clientId;
  return mayGive(inside, acting, { roles: [role], isOwn, until });
}

async function record(
  inside: AdministrationDeps,
  { by }: Acting,
  {
    event,
    clientId,
    role,
    before,
  }: ClientRole & {
    event: 'client_role.granted' | 'client_role.revoked';
    before: readonly string[];
  },
): Promise<void> {
  const after = await rolesGivenToClient(inside.db, clientId);
  await recordEvent(inside, {
    event,
    clientId,
    subject: `client:${clientId}`,
    actor: actorOf(by),
    source: sourceOf(by),
    details: { role, before, after },
  });
}
