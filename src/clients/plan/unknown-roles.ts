// Roles that client files name: whether there are such roles at all.
import { didYouMean } from '../../config/did-you-mean.ts';
import type { Problem } from '../../config/problem.ts';
import type { Client, ClientRegistry } from '../client.ts';

/**
 * A role may be made later, so it is nothing to stop for. What a service is called need be no role there is: only a name
 * that looks like one is told. `likely`: so are all others, where one cannot know of all roles.
 */
export function unknownRolesIn(
  clients: ClientRegistry,
  known: readonly string[],
  { likely = false }: { likely?: boolean } = {},
): readonly Problem[] {
  return [...clients.values()].flatMap((client) =>
    namedIn(client).flatMap(({ path, role, isFree }): Problem[] => {
      if (known.includes(role)) return [];
      const hint = didYouMean(role, known);
      if ((likely || isFree) && hint === '') return [];
      const { file, line, lines } = client.source;
      const message = `there is no role ${JSON.stringify(role)}${hint}`;
      return [{ file, line: lines[path.split('.')[0] ?? ''] ?? line, path, message }];
    }),
  );
}

const namedIn = ({ access, roles }: Client): readonly { path: string; role: string; isFree: boolean }[] => [
  ...access.requireAnyRole.map((role) => ({ path: 'access.require_any_role', role, isFree: false })),
  ...roles.assign.map((role) => ({ path: 'roles.assign', role, isFree: true })),
];
