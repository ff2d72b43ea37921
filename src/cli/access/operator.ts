// An operator asks for what the verbs of administration do: what they answer becomes a result, or a reason why not.
import type { Administrator } from '../../administration/administrator.ts';
import type { ModelDeps } from '../../administration/model/deps.ts';
import type { InUse, NotDone, Problem, Thing } from '../../administration/outcomes.ts';
import type { Config } from '../../config/config.ts';
import { textsIn } from '../../texts/messages.ts';
import { loadClientsWith } from '../config/wanted.ts';
import { commandConfig } from '../configuration.ts';
import { confirmation } from '../confirmation.ts';
import { CommandFailed } from '../failure.ts';
import { quoted } from '../output.ts';
import { type Invocation, isInteractive } from '../terminal.ts';
import { type CommandDeps, withDatabase } from '../with-database.ts';

export type AccessDeps = CommandDeps & ModelDeps & { readonly config: Config };

/** With the apps as their files describe them: roles and permissions may belong to one. */
export function withAccess<T>(invocation: Invocation, work: (deps: AccessDeps) => Promise<T>): Promise<T> {
  const config = commandConfig(invocation);
  const place = { env: invocation.terminal.env, cwd: invocation.terminal.cwd() };
  const clients = () => loadClientsWith(config, place).clients;
  return withDatabase(config, (deps) => work({ ...deps, config, clients }));
}

export const OPERATOR: Administrator = { kind: 'operator' };

type Answered = NotDone | InUse<unknown> | { readonly outcome: 'done' };

/** Asks where it would leave nobody to administer this server; with `yes` it is done all the same. */
export async function evenTheLast<A extends Answered>(
  invocation: Invocation,
  { yes }: { yes: boolean },
  work: (by: Administrator) => Promise<A>,
): Promise<A> {
  const answer = await work({ kind: 'operator', evenLast: yes });
  if (answer.outcome !== 'last_administrator') return answer;
  if (!isInteractive(invocation.terminal)) {
    throw new CommandFailed('last_administrator', `${NOBODY_LEFT} To do it all the same, add --yes.`);
  }
  await confirmation(invocation, { yes: false })(`${NOBODY_LEFT} Do it all the same?`);
  return work({ kind: 'operator', evenLast: true });
}

const NOBODY_LEFT = 'Nobody would be left who has gatehouse:admin for good.';

/**
 * Whether something was changed.
 * @throws CommandFailed where it could not be
 */
export function changedBy<A extends Answered>(
  answer: A,
  about: { kind: 'account' | 'role' | 'group' | 'permission'; name: string },
): answer is Extract<A, { outcome: 'done' }> {
  if (answer.outcome === 'done') return true;
  if (answer.outcome === 'unchanged') return false;
  throw failure(answer as Exclude<Answered, { outcome: 'done' | 'unchanged' }>, about);
}

function failure(
  answer: Exclude<Answered, { outcome: 'done' | 'unchanged' }>,
  { kind, name }: { kind: string; name: string },
): CommandFailed {
  switch (answer.outcome) {
    case 'unknown':
      return notFound(answer.what, answer.name);
    case 'declared':
      return new CommandFailed('declared', `roles.yaml declares the ${kind} ${quoted(name)}: change it there.`);
    case 'reserved':
      return new CommandFailed('reserved', `The ${kind} ${quoted(name)} is one of Gatehouse's own${KEPT}.`);
    case 'taken':
      return new CommandFailed('taken', `There is a ${kind} ${quoted(name)} already.`);
    case 'invalid':
      return new CommandFailed('invalid', `Nothing was changed.${reasons(answer.problems)}`);
    default:
      return new CommandFailed('refused', `Nothing was changed (${answer.outcome}).`);
  }
}

const KEPT = ' and stays as it is; gatehouse:admin always needs a second factor';

const LISTED_BY: Readonly<Partial<Record<Thing, string>>> = {
  role: 'role list',
  group: 'group list',
  permission: 'permission list',
  client: 'client list',
};

export const notFound = (what: Thing, name: string): CommandFailed => {
  const command = LISTED_BY[what];
  const hint = command === undefined ? '' : ` "gatehouse ${command}" shows those there are.`;
  return new CommandFailed('not_found', `There is no ${what} ${quoted(name)}.${hint}`);
};

function reasons(problems: readonly Problem[]): string {
  const t = textsIn('en');
  return problems.map(({ key, values }) => ` ${t(key, values)}`).join('');
}
