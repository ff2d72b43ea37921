// The groups there are.
import { textsFor } from '../../http/page.ts';
import { listGroups } from '../../roles/groups.ts';
import { countsOf } from '../../roles/usage.ts';
import type { AdminDeps } from '../deps.ts';
import type { AdminStep } from '../in-console.ts';
import { showAdminPage } from '../page.ts';
import { groupPath, NEW_GROUP_PATH } from './paths.ts';
import { originShown } from './shown.ts';

const MOST_COUNTED = 10_000;

export const showGroups =
  (deps: AdminDeps): AdminStep =>
  async (ctx, admin) => {
    const t = textsFor(ctx);
    const counts = (await countsOf(deps.db, { atMost: MOST_COUNTED })).groups;
    const groups = await listGroups(deps.db);
    const members = (name: string) => counts.get(name) ?? 0;
    await showAdminPage(deps, ctx, {
      view: 'model/groups',
      title: 'model.groups.title',
      lead: 'model.groups.lead',
      current: 'groups',
      admin,
      locals: {
        create: admin.may.has('groups:write') ? NEW_GROUP_PATH : undefined,
        groups: groups.map(({ name, description, roles, origin }) => ({
          name,
          href: groupPath(name),
          description,
          roles: t.list(roles),
          members: members(name) === MOST_COUNTED ? `${t.number(MOST_COUNTED)}+` : t.number(members(name)),
          origin: originShown(t, origin),
        })),
      },
    });
  };
