// Keys are replaced by themselves. Any number of processes may ask for it at once: one of them does what is due.
import type { SigningAlgorithm } from '../config/keys/algorithms.ts';
import { dueSteps } from './life-cycle.ts';
import { inTurn, type KeyDeps, keyStates } from './signing-keys.ts';
import { makeSpares } from './spare-keys.ts';
import { BY_SERVER, take } from './take-step.ts';

/**
 * Sees to it that there is a key of each of the algorithms, and of those that are always published, and that each is
 * replaced in time. Looking costs one small statement; true when something was done.
 */
export async function turnKeys(deps: KeyDeps, algorithms: readonly SigningAlgorithm[]): Promise<boolean> {
  const wanted = { algorithms: [...deps.rules.algorithms, ...algorithms], rules: deps.rules };
  const planned = dueSteps(await keyStates(deps), wanted);
  if (planned.length === 0) return false;
  const spares = await makeSpares(planned.flatMap((step) => (step.does === 'make' ? [step.algorithm] : [])));
  return inTurn(deps, async (inside) => {
    const due = dueSteps(await keyStates(inside), wanted);
    for (const step of due) await take(inside, step, { spares, by: BY_SERVER });
    return due.length > 0;
  });
}
