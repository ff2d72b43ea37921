// Rules between keys of roles.yaml, and between roles.yaml and what else is configured.
import { didYouMean } from '../did-you-mean.ts';
import type { Path } from '../problem.ts';
import { circleThrough, type Includes } from './circles.ts';
import { ALL_PRODUCT_PERMISSIONS, PRODUCT_RESOURCE, PRODUCT_ROLES } from './product-permissions.ts';
import type { RolesFile } from './roles-file.ts';

export interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** What else is configured; undefined where that has problems of its own, so that nothing can be compared. */
export interface KnownNames {
  /** Audiences of APIs. */
  readonly resources: readonly string[] | undefined;
  readonly clients: readonly { readonly clientId: string; readonly isService: boolean }[] | undefined;
}

/** Keys with problems of their own are missing from `file`; what refers to them is not looked at. */
export function brokenRoleRules(file: Partial<RolesFile>, known: KnownNames): readonly Finding[] {
  return [
    ...resourcesOfPermissions(file, known),
    ...rolesRules(file, known),
    ...circles(file),
    ...groupRules(file),
    ...clientRules(file, known),
  ];
}

function* resourcesOfPermissions({ permissions = {} }: Partial<RolesFile>, known: KnownNames): Iterable<Finding> {
  const { resources, clients } = known;
  for (const resource of Object.keys(permissions)) {
    const path = ['permissions', resource];
    if (resource === PRODUCT_RESOURCE) {
      yield { path, message: 'are the permissions of the product itself; they are there, and roles can carry them' };
    } else if (resources !== undefined && clients !== undefined) {
      const names = [...resources, ...clients.map(({ clientId }) => clientId)];
      const message = `is neither an API of gatehouse.yaml nor the client_id of an app${didYouMean(resource, names)}`;
      if (!names.includes(resource)) yield { path, message };
    }
  }
}

function* rolesRules(file: Partial<RolesFile>, { resources, clients }: KnownNames): Iterable<Finding> {
  for (const [name, role] of Object.entries(file.roles ?? {})) {
    const path = ['roles', name];
    yield* unknownRoles(file, role.includes ?? [], [...path, 'includes']);
    if (file.permissions !== undefined) yield* unknownPermissions(file.permissions, role, [...path, 'permissions']);
    if (role.client !== undefined && role.resource !== undefined) {
      yield { path: [...path, 'resource'], message: 'a role belongs to a client or to a resource, not to both' };
    }
    const ids = clients?.map(({ clientId }) => clientId);
    if (role.client !== undefined && ids !== undefined && !ids.includes(role.client)) {
      yield { path: [...path, 'client'], message: unknownClient(role.client, ids) };
    }
    if (role.resource !== undefined && resources !== undefined && !resources.includes(role.resource)) {
      const hint = didYouMean(role.resource, resources);
      yield {
        path: [...path, 'resource'],
        message: `${JSON.stringify(role.resource)} is not among the resources of gatehouse.yaml${hint}`,
      };
    }
  }
}

/** Roles of this file and of the product: what is made elsewhere may be gone tomorrow. */
function* unknownRoles({ roles }: Partial<RolesFile>, stated: readonly string[], path: Path): Iterable<Finding> {
  if (roles === undefined) return;
  const known = [...Object.keys(roles), ...Object.keys(PRODUCT_ROLES)];
  for (const [index, role] of stated.entries()) {
    if (known.includes(role)) continue;
    const message = `${JSON.stringify(role)} is not a role of this file${didYouMean(role, known)}`;
    yield { path: [...path, index], message };
  }
}

function* unknownPermissions(
  declared: RolesFile['permissions'],
  { permissions = {} }: RolesFile['roles'][string],
  path: Path,
): Iterable<Finding> {
  const resources = [...Object.keys(declared), PRODUCT_RESOURCE];
  for (const [resource, names] of Object.entries(permissions)) {
    if (!resources.includes(resource)) {
      const message = `${JSON.stringify(resource)} has no permissions in this file${didYouMean(resource, resources)}`;
      yield { path: [...path, resource], message };
      continue;
    }
    const known = resource === PRODUCT_RESOURCE ? ALL_PRODUCT_PERMISSIONS : Object.keys(declared[resource] ?? {});
    for (const [index, name] of names.entries()) {
      if ((known as readonly string[]).includes(name)) continue;
      const message = `${JSON.stringify(name)} is not a permission of ${resource}${didYouMean(name, known)}`;
      yield { path: [...path, resource, index], message };
    }
  }
}

/** Each circle once, where its first role stands. */
function* circles({ roles = {} }: Partial<RolesFile>): Iterable<Finding> {
  const includes: Includes = new Map(Object.entries(roles).map(([name, role]) => [name, role.includes ?? []]));
  const told = new Set<string>();
  for (const name of includes.keys()) {
    const circle = told.has(name) ? undefined : circleThrough(name, includes);
    if (circle === undefined) continue;
    for (const member of circle) told.add(member);
    yield { path: ['roles', name, 'includes'], message: `is a circle: ${circle.join(' → ')}` };
  }
}

function* groupRules(file: Partial<RolesFile>): Iterable<Finding> {
  for (const [name, group] of Object.entries(file.groups ?? {})) {
    yield* unknownRoles(file, group.roles ?? [], ['groups', name, 'roles']);
  }
}

function* clientRules(file: Partial<RolesFile>, { clients }: KnownNames): Iterable<Finding> {
  for (const [clientId, { roles }] of Object.entries(file.clients ?? {})) {
    yield* unknownRoles(file, roles, ['clients', clientId, 'roles']);
    if (clients === undefined) continue;
    const client = clients.find((each) => each.clientId === clientId);
    const path = ['clients', clientId];
    if (client === undefined) {
      yield {
        path,
        message: unknownClient(
          clientId,
          clients.map((each) => each.clientId),
        ),
      };
    } else if (!client.isService) {
      yield { path, message: 'acts for people, who have roles of their own; only preset service has some itself' };
    }
  }
}

const unknownClient = (clientId: string, known: readonly string[]): string =>
  `there is no file for a client ${JSON.stringify(clientId)}${didYouMean(clientId, known)}`;
