// What pages say alike of roles, groups and permissions.
import { PRODUCT_RESOURCE } from '../../config/roles/product-permissions.ts';
import { listPermissions } from '../../roles/permissions.ts';
import type { Origin } from '../../roles/role.ts';
import type { PermissionRef } from '../../roles/role-contents.ts';
import type { MessageKey, Texts } from '../../texts/messages.ts';
import type { AdminDeps } from '../deps.ts';

const ORIGINS: Readonly<Record<Origin, MessageKey>> = {
  product: 'model.origin.product',
  declared: 'model.origin.declared',
  removed: 'model.origin.removed',
  made_here: 'model.origin.made_here',
};

/** Whether it is changed here; what roles.yaml does not declare any longer, is until it is forgotten. */
export const isEditable = ({ origin }: { readonly origin: Origin }): boolean => origin === 'made_here';

const WHY_FIXED: Readonly<Record<Exclude<Origin, 'made_here'>, MessageKey>> = {
  product: 'model.origin.product.help',
  declared: 'model.origin.declared.help',
  removed: 'model.origin.removed.help',
};

export const originShown = (t: Texts, origin: Origin) => ({
  text: t(ORIGINS[origin]),
  kind: origin === 'removed' ? 'warning' : 'quiet',
  /** Why it cannot be changed here. */
  help: origin === 'made_here' ? undefined : t(WHY_FIXED[origin]),
});

/** What people call an API or an app; the product by its own name. */
export function resourceName({ config, clients }: AdminDeps, resource: string): string {
  if (resource === PRODUCT_RESOURCE) return config.name;
  return config.resources.get(resource)?.name ?? clients().get(resource)?.clientName ?? resource;
}

/** Those there are, by resource, each with whether it is among `held`. */
export async function permissionsByResource(deps: AdminDeps, held: readonly PermissionRef[]) {
  const all = (await listPermissions(deps.db)).filter(({ goneAt }) => goneAt === undefined);
  return [...Map.groupBy(all, ({ resource }) => resource)].map(([resource, permissions]) => ({
    resource,
    name: resourceName(deps, resource),
    permissions: permissions.map(({ name, description }) => ({
      name,
      description,
      on: held.some((each) => each.resource === resource && each.name === name),
    })),
  }));
}
