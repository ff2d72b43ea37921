// Clients whose tokens could have more roles than the operator thinks right (tokens.most_roles).
import type { Problem } from '../../config/problem.ts';
import { showsRole } from '../../config/roles/role-names.ts';
import type { ClientRegistry } from '../client.ts';

interface NamedRole {
  readonly name: string;
  /** The only client that sees it. */
  readonly clientId: string | undefined;
}

/** Nobody may have all of them, so it is nothing to stop for; a token that has too many is told of when it is issued. */
export function manyRolesIn(
  clients: ClientRegistry,
  { roles, most }: { roles: readonly NamedRole[]; most: number },
): readonly Problem[] {
  return [...clients.values()].flatMap(({ clientId, preset, roles: { include = ['*'] }, source }): Problem[] => {
    if (preset === 'service') return [];
    const shown = roles.filter(
      (role) =>
        (role.clientId === undefined || role.clientId === clientId) &&
        include.some((pattern) => showsRole(pattern, role.name)),
    ).length;
    if (shown <= most) return [];
    const message = `shows ${shown} roles, more than a token should have (tokens.most_roles: ${most}); narrow it down`;
    return [{ file: source.file, line: source.lines['roles'] ?? source.line, path: 'roles.include', message }];
  });
}
