// What people who have been given something by hand would administer once roles.yaml says what it is.

import type { DeclaredModel } from '../../config/roles/declared-model.ts';
import { permittedByFile } from '../../roles/declared/product-reach.ts';
import { useOfGroup } from '../../roles/usage.ts';
import { countHolders } from '../../roles/who-has.ts';
import { CommandFailed } from '../failure.ts';
import { count, neutral } from '../output.ts';
import { confirm } from '../prompts.ts';
import { type Invocation, isInteractive } from '../terminal.ts';
import type { AccessDeps } from './operator.ts';

interface Named {
  readonly kind: 'role' | 'group';
  readonly name: string;
}

/**
 * A name that somebody could foresee may have been taken, and given, by whoever makes roles or groups here.
 * @throws CommandFailed `cancelled`; `would_administer` where there is nobody to ask
 */
export async function askAboutRights(
  { terminal }: Invocation,
  deps: AccessDeps,
  { declared, named, yes }: { declared: DeclaredModel; named: Named; yes: boolean },
): Promise<void> {
  // The file includes nothing but itself and the product's own roles.
  const permissions = [...permittedByFile({ roles: [] }, declared)(named)].sort();
  const people = yes || permissions.length === 0 ? 0 : await holdersOf(deps, named);
  if (people === 0) return;
  const { kind, name } = named;
  const lookHere = kind === 'role' ? `gatehouse role who ${name}` : `gatehouse group show ${name}`;
  const what = `By hand ${count(people, 'person has', 'people have')} the ${kind} ${neutral(name)} ("${lookHere}"), and would administer this server: ${permissions.join(', ')}.`;
  if (!isInteractive(terminal)) throw new CommandFailed('would_administer', `${what} Add --yes if that is meant.`);
  if (!(await confirm(terminal, `${what} Is that meant?`))) {
    throw new CommandFailed('cancelled', 'Nothing was changed.');
  }
}

const holdersOf = async (deps: AccessDeps, { kind, name }: Named): Promise<number> =>
  kind === 'role' ? countHolders(deps, { role: name }) : (await useOfGroup(deps.db, name)).members;
