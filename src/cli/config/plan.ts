// gatehouse config plan: what the files would change about what the server serves, what that costs, what gets weaker.
import { formatProblems, type Problem } from '../../config/problem.ts';
import { count } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { type Comparison, compareWithServed } from './comparison.ts';
import { planResult, regressionsOf } from './plan-result.ts';
import { planText } from './plan-text.ts';
import { changesRoles, planRoles, type RolesPlan } from './roles-plan.ts';
import { readWanted } from './wanted.ts';

export interface PlanOptions {
  /** Tell by the exit code whether there are changes, and regressions. */
  readonly exitCode: boolean;
  /** Regressions that were looked at: `grafana:require_pkce`. */
  readonly accept: readonly string[];
}

export interface Plan {
  readonly comparisons: readonly Comparison[];
  readonly roles: RolesPlan;
  readonly accepted: ReadonlySet<string>;
}

/** Changes nothing. Files with problems change nothing either, whatever else is in them. */
export async function planConfiguration(invocation: Invocation, { exitCode, accept }: PlanOptions): Promise<Answer> {
  const wanted = await readWanted(invocation);
  if (wanted.outcome === 'invalid') return invalid(wanted.problems);
  const plan = await withDatabase(
    wanted.config,
    async (deps): Promise<Plan> => ({
      comparisons: await compareWithServed(deps, wanted),
      roles: await planRoles(deps, wanted.declared),
      accepted: new Set(accept),
    }),
  );
  return {
    result: planResult(plan),
    text: planText(plan),
    exitCode: exitCode ? exitCodeFor(plan) : 0,
  };
}

const invalid = (problems: readonly Problem[]): Answer => ({
  result: { valid: false, problems: problems.map(({ file, line, path, message }) => ({ file, line, path, message })) },
  text: `${count(problems.length, 'problem')}:\n${formatProblems(problems)}\n${INVALID}`,
  exitCode: 1,
});

const INVALID =
  'Nothing changes: a running server goes on with what it has, and one that is started with these files and this environment would refuse to.';

/** Not 2, which says that the command line was not understood. */
function exitCodeFor({ comparisons, roles, accepted }: Plan): 0 | 3 | 4 {
  if (regressionsOf({ comparisons, roles }).some(({ id }) => !accepted.has(id))) return 4;
  return comparisons.some(hasChanges) || changesRoles(roles) ? 3 : 0;
}

const hasChanges = ({ clients, settings, secretsDiffer }: Comparison): boolean =>
  clients.length + settings.length > 0 || secretsDiffer;
