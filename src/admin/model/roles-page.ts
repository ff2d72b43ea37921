// The roles there are.
import { textsFor } from '../../http/page.ts';
import { listRoles } from '../../roles/role.ts';
import { countsOf } from '../../roles/usage.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { showAdminPage } from '../page.ts';
import { NEW_ROLE_PATH, rolePath } from './paths.ts';
import { originShown, resourceName } from './shown.ts';

/** Nobody reads more digits. */
const MOST_COUNTED = 10_000;

export const showRoles =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const t = textsFor(ctx);
    const counts = (await countsOf(deps.db, { atMost: MOST_COUNTED })).roles;
    const roles = await listRoles(deps.db);
    await showAdminPage(deps, ctx, {
      view: 'model/roles',
      title: 'model.roles.title',
      lead: 'model.roles.lead',
      current: 'roles',
      admin,
      locals: {
        problems: deps.live.problems().roles,
        create: admin.may.has('roles:write') ? NEW_ROLE_PATH : undefined,
        roles: roles.map((role) => {
          const scope = role.clientId ?? role.resource;
          return {
            name: role.name,
            href: rolePath(role.name),
            description: role.description,
            accounts: countShown(t.number, counts.get(role.name) ?? 0),
            origin: originShown(t, role.origin),
            scope: scope === undefined ? undefined : resourceName(deps, scope),
            needsFactor: role.mfa === 'required',
          };
        }),
      },
    });
  };

const countShown = (number: (value: number) => string, count: number): string =>
  count === MOST_COUNTED ? `${number(count)}+` : number(count);
