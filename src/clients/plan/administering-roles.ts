// Services whose files assign them roles that administer this very server: there they permit nothing.
import type { Problem } from '../../config/problem.ts';
import { PRODUCT_RESOURCE } from '../../config/roles/product-permissions.ts';
import { isProductRole } from '../../config/roles/role-names.ts';
import type { ClientRegistry } from '../client.ts';

interface KnownRole {
  readonly name: string;
  readonly includes: readonly string[];
  readonly permissions: readonly { readonly resource: string }[];
}

/** Other APIs may go by the role, so it is nothing to stop for. */
export function administeringRolesIn(clients: ClientRegistry, known: readonly KnownRole[]): readonly Problem[] {
  const administering = thoseThatAdminister(known);
  return [...clients.values()].flatMap(({ roles: { assign }, source }) =>
    assign
      .filter((name) => administering.has(name))
      .map((name) => ({
        file: source.file,
        line: source.lines['roles'] ?? source.line,
        path: 'roles.assign',
        message: `${JSON.stringify(name)} carries permissions of Gatehouse itself, which no client file can give; "clients" of roles.yaml or an administrator can`,
      })),
  );
}

/** At every remove. */
function thoseThatAdminister(known: readonly KnownRole[]): ReadonlySet<string> {
  const found = new Set<string>();
  const administers = ({ includes, permissions }: KnownRole) =>
    permissions.some(({ resource }) => resource === PRODUCT_RESOURCE) ||
    includes.some((name) => isProductRole(name) || found.has(name));
  for (let size = -1; size < found.size; ) {
    size = found.size;
    for (const role of known) if (administers(role)) found.add(role.name);
  }
  return found;
}
