// Roles and groups that client files name: whether there are such at all.
import { didYouMean } from '../../config/did-you-mean.ts';
import type { Problem } from '../../config/problem.ts';
import type { Client, ClientRegistry } from '../client.ts';

export interface KnownNames {
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

/**
 * One may be made later, so it is nothing to stop for. What a service is called need be no role there is: only a name
 * that looks like one is told. `likely`: so are all others, where one cannot know of all there are.
 */
export function unknownNamesIn(
  clients: ClientRegistry,
  known: KnownNames,
  { likely = false }: { likely?: boolean } = {},
): readonly Problem[] {
  return [...clients.values()].flatMap((client) =>
    namedIn(client).flatMap(({ path, kind, name, isFree }): Problem[] => {
      const there = known[`${kind}s`];
      if (there.includes(name)) return [];
      const hint = didYouMean(name, there);
      if ((likely || isFree) && hint === '') return [];
      const { file, line, lines } = client.source;
      const message = `there is no ${kind} ${JSON.stringify(name)}${hint}`;
      return [{ file, line: lines[path.split('.')[0] ?? ''] ?? line, path, message }];
    }),
  );
}

interface Named {
  readonly path: string;
  readonly kind: 'role' | 'group';
  readonly name: string;
  /** Need not be there. */
  readonly isFree: boolean;
}

const namedIn = ({ access, roles }: Client): readonly Named[] => [
  ...access.requireAnyRole.map(
    (name) => ({ path: 'access.require_any_role', kind: 'role', name, isFree: false }) as const,
  ),
  ...access.requireAnyGroup.map(
    (name) => ({ path: 'access.require_any_group', kind: 'group', name, isFree: false }) as const,
  ),
  ...roles.assign.map((name) => ({ path: 'roles.assign', kind: 'role', name, isFree: true }) as const),
];
