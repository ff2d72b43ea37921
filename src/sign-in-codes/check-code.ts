// The code that was typed: right once, in the sign-in that it was sent for.
import { recordEvent, type Source } from '../audit/audit-log.ts';
import { isCode } from '../crypto/mailed-code.ts';
import { atomically } from '../database/atomically.ts';
import type { SignInCodeDeps } from './send-code.ts';
import { countTry, findWaiting, spend, type Waiting } from './sign-in-codes.ts';

export type CodeCheck =
  | { readonly outcome: 'right' }
  | { readonly outcome: 'wrong_code' }
  /** Too old, or tried too often, or none was sent. */
  | { readonly outcome: 'code_void' }
  /** Nobody waits any more: it was passed, or has ended. */
  | { readonly outcome: 'over' };

/** The try is counted before the code is looked at. `deps.db` must not be a transaction that may be rolled back. */
export async function checkCode(
  deps: Omit<SignInCodeDeps, 'box'>,
  waiting: Waiting,
  { code, clientId, source }: { code: string; clientId: string; source: Source },
): Promise<CodeCheck> {
  const { accountId } = waiting;
  const codeHash = await countTry(deps, waiting);
  if (codeHash === undefined) return { outcome: (await findWaiting(deps, waiting)) ? 'code_void' : 'over' };
  if (!isCode(deps.config, code, { id: waiting.id, codeHash })) {
    const failed = { accountId, clientId, source, outcome: 'failure' } as const;
    await recordEvent(deps, { event: 'sign_in.extra_step_failed', ...failed });
    return { outcome: 'wrong_code' };
  }
  return atomically(deps.db, async (db): Promise<CodeCheck> => {
    if (!(await spend(db, waiting, codeHash))) return { outcome: 'over' };
    await recordEvent({ ...deps, db }, { event: 'sign_in.extra_step_passed', accountId, clientId, source });
    return { outcome: 'right' };
  });
}
