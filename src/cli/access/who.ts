// gatehouse role who, permission who: who has this, and why.
import { findPermission } from '../../roles/permissions.ts';
import type { PermissionRef } from '../../roles/role-contents.ts';
import { clientsThatHave, type Sought, type Way, whoHas } from '../../roles/who-has.ts';
import { neutral, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { type AccessDeps, notFound, withAccess } from './operator.ts';
import { requireRole } from './roles.ts';

interface Page {
  readonly limit: number;
  readonly after?: string | undefined;
}

export const whoHasRole = (invocation: Invocation, { role, ...page }: Page & { role: string }): Promise<Answer> =>
  withAccess(invocation, async (deps) => {
    await requireRole(deps.db, role);
    return answer(deps, { role }, page);
  });

export const whoHasPermission = (
  invocation: Invocation,
  { resource, name, ...page }: Page & PermissionRef,
): Promise<Answer> =>
  withAccess(invocation, async (deps) => {
    if ((await findPermission(deps.db, { resource, name })) === undefined) {
      throw notFound('permission', `${resource} ${name}`);
    }
    return answer(deps, { permission: { resource, name } }, page);
  });

async function answer(deps: AccessDeps, sought: Sought, page: Page): Promise<Answer> {
  const { holders, next } = await whoHas(deps, sought, page);
  const services = await clientsThatHave(deps.db, sought, deps.clients().values());
  return {
    result: {
      accounts: holders.map(({ accountId, email, status, ways }) => ({
        id: accountId,
        email,
        status,
        ways: ways.map(({ group, path, expiresAt }) => ({ group, path, expires_at: expiresAt })),
      })),
      clients: services.map(({ clientId, path }) => ({ client_id: clientId, path })),
      next,
    },
    text: [
      table(
        ['WHO', 'WHY', 'UNTIL'],
        [
          ...holders.flatMap(({ email, ways }) => ways.map((way) => [email, why(way), way.expiresAt])),
          ...services.map(({ clientId, path }) => [clientId, `service: ${path.join(' → ')}`, undefined]),
        ],
      ),
      ...(next === undefined ? [] : ['', `There are more: --after ${neutral(next)}`]),
    ].join('\n'),
  };
}

const why = ({ group, path }: Way): string => `${group === undefined ? 'has' : `group ${group}:`} ${path.join(' → ')}`;
