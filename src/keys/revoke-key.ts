// Takes a key out of use at once, with everything that it has signed.
import { recordEvent } from '../audit/audit-log.ts';
import type { SigningAlgorithm } from '../config/keys/algorithms.ts';
import { type KeyState, keyIn, type Step } from './life-cycle.ts';
import type { KeyStage } from './signing-key.ts';
import { inTurn, type KeyDeps, keyStates, removeKey } from './signing-keys.ts';
import { makeSpares } from './spare-keys.ts';
import { type By, take } from './take-step.ts';

export type Revocation =
  | {
      readonly outcome: 'revoked';
      readonly algorithm: SigningAlgorithm;
      readonly stage: KeyStage;
      /** The key that signs in its place; undefined where it did not sign. */
      readonly replacedBy: string | undefined;
    }
  | { readonly outcome: 'no_such_key' };

export async function revokeKey(deps: KeyDeps, by: By, kid: string): Promise<Revocation> {
  const found = await keyStates(deps);
  const spares = await makeSpares(found.flatMap((key) => (key.kid === kid ? neededFor(found, key) : [])));
  return inTurn(deps, async (inside) => {
    const keys = await keyStates(inside);
    const key = keys.find((candidate) => candidate.kid === kid);
    if (key === undefined) return { outcome: 'no_such_key' };
    const { algorithm, stage } = key;
    await removeKey(inside.db, kid);
    const replacedBy = stage === 'active' ? await take(inside, successor(keys, algorithm), { spares, by }) : undefined;
    const details = { algorithm, stage, replaced_by: replacedBy ?? null };
    await recordEvent(inside, { ...by, event: 'keys.revoked', subject: `key:${kid}`, details });
    return { outcome: 'revoked', algorithm, stage, replacedBy };
  });
}

function successor(keys: readonly KeyState[], algorithm: SigningAlgorithm): Step {
  const next = keyIn(keys, algorithm, 'next');
  return next === undefined
    ? { does: 'make', algorithm, stage: 'active' }
    : { does: 'activate', key: next, retiring: undefined };
}

const neededFor = (keys: readonly KeyState[], { algorithm, stage }: KeyState): readonly SigningAlgorithm[] =>
  stage === 'active' && keyIn(keys, algorithm, 'next') === undefined ? [algorithm] : [];
