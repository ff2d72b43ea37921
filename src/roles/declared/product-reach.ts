// What of the product's own permissions an item of the model carries, through whatever its roles include.
import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import { PRODUCT_RESOURCE, PRODUCT_ROLES } from '../../config/roles/product-permissions.ts';
import { type Item, keyOf } from './difference.ts';
import type { ModelState } from './state.ts';

export type Reach = (item: Item) => ReadonlySet<string>;

/** By what has an effect now. */
export const permittedBefore = ({ roles, groups, clients }: ModelState): Reach =>
  reachOver(
    new Map([
      ...roles.filter(({ origin }) => origin !== 'removed').map(roleNode),
      ...groups.filter(({ origin }) => origin !== 'removed').map(groupNode),
      ...[...Map.groupBy(clients, ({ clientId }) => clientId)].map(([clientId, rows]): [string, Node] => [
        `client ${clientId}`,
        { permissions: [], roles: rows.map(({ role }) => role) },
      ]),
    ]),
  );

/** By the file and what was made by hand. */
export const permittedByFile = ({ roles }: Pick<ModelState, 'roles'>, declared: DeclaredModel): Reach =>
  reachOver(
    new Map([
      ...[...roles.filter(({ origin }) => origin === 'made_here'), ...declared.roles].map(roleNode),
      ...declared.groups.map(groupNode),
    ]),
  );

/** Of `gatehouse accounts:read`: no other resource is the product's. */
export function productPermission(permission: string): readonly string[] {
  const [resource, name = ''] = permission.split(' ');
  return resource === PRODUCT_RESOURCE ? [name] : [];
}

interface Node {
  /** Of the product. */
  readonly permissions: readonly string[];
  readonly roles: readonly string[];
}

const roleNode = (role: ModelState['roles'][number] | DeclaredModel['roles'][number]): [string, Node] => [
  `role ${role.name}`,
  {
    permissions: role.permissions.flatMap(({ resource, name }) => productPermission(`${resource} ${name}`)),
    roles: role.includes,
  },
];

const groupNode = ({ name, roles }: { readonly name: string; readonly roles: readonly string[] }): [string, Node] => [
  `group ${name}`,
  { permissions: [], roles },
];

function reachOver(nodes: ReadonlyMap<string, Node>): Reach {
  return (item) => {
    const found = new Set<string>();
    const seen = new Set<string>();
    const visit = (key: string) => {
      if (seen.has(key)) return;
      seen.add(key);
      const { permissions, roles } = PRODUCT_NODES.get(key) ?? nodes.get(key) ?? { permissions: [], roles: [] };
      for (const each of permissions) found.add(each);
      for (const role of roles) visit(`role ${role}`);
    };
    visit(keyOf(item));
    return found;
  };
}

/** Nobody changes what these carry. */
const PRODUCT_NODES: ReadonlyMap<string, Node> = new Map(
  Object.entries(PRODUCT_ROLES).map(([name, permissions]) => [`role ${name}`, { permissions, roles: [] }]),
);
