// roles.yaml meets the database, for the reload that has read it.
import type { LiveClients } from '../clients/live/live-clients.ts';
import type { RolesFileDeps } from '../clients/live/roles-file.ts';
import { administeringRolesIn } from '../clients/plan/administering-roles.ts';
import { manyRolesIn } from '../clients/plan/many-roles.ts';
import { unknownNamesIn } from '../clients/plan/unknown-names.ts';
import type { Clock } from '../clock.ts';
import { type Problem, problemLines } from '../config/problem.ts';
import type { DeclaredModel } from '../config/roles/declared-model.ts';
import type { Db } from '../database/database.ts';
import type { Logger } from '../observability/logger.ts';
import { applyDeclared } from '../roles/declared/apply.ts';
import type { Difference, Item } from '../roles/declared/difference.ts';
import { namesOfGroups } from '../roles/names.ts';
import { listRoles } from '../roles/role.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly live: LiveClients;
  /** In one token, before something is said. */
  readonly mostRoles: number;
}

export function applyingRoles(deps: Deps): RolesFileDeps['applyRoles'] {
  let warned: ReadonlySet<string> = new Set();
  return async (declared) => {
    const applied = await applyDeclared(deps, declared);
    const roles = (await listRoles(deps.db)).filter(({ goneAt }) => goneAt === undefined);
    const clients = deps.live.current();
    const lines = problemLines([
      ...unknownNamesIn(clients, {
        roles: roles.map(({ name }) => name),
        groups: await namesOfGroups(deps.db),
      }),
      ...administeringRolesIn(clients, roles),
      ...manyRolesIn(clients, { roles, most: deps.mostRoles }),
    ]);
    for (const line of lines) {
      if (!warned.has(line)) deps.log.warn({ event: 'configuration.warning' }, line);
    }
    warned = new Set(lines);
    switch (applied.outcome) {
      case 'applied':
        return { outcome: 'applied', changes: namesIn(applied.difference) };
      case 'unchanged':
        return { outcome: 'unchanged' };
      case 'conflicts':
        return { outcome: 'refused', problems: conflictProblems(applied.difference) };
      case 'last_administrator':
        return { outcome: 'refused', problems: [nobodyLeft(declared)] };
    }
  };
}

/** Each with the command that ends it. */
export const conflictProblems = ({ conflicts }: Difference): readonly Problem[] =>
  conflicts.map(({ kind, name, place }) => ({
    ...place,
    message: `this ${kind} was made by hand as well; "gatehouse ${kind} adopt ${name}" hands it over to this file, with whoever has it`,
  }));

export const nobodyLeft = ({ file }: DeclaredModel): Problem => ({
  file,
  line: undefined,
  path: '',
  message: 'nobody would be left who has gatehouse:admin for good; give it to somebody first',
});

function namesIn({ added, changed, removed, putBack }: Difference): Record<string, readonly string[]> {
  const names = (items: readonly Item[]) => items.map(({ kind, name }) => `${kind} ${name}`);
  return { added: names(added), changed: names(changed), removed: names(removed), putBack: names(putBack) };
}
