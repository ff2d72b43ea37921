// The name that somebody signs in with besides their address.
import { setUsername } from '../accounts/accounts.ts';
import { canonicalUsername } from '../accounts/identifiers.ts';
import { isIdentifierTaken } from '../accounts/taken.ts';
import { type AuditDeps, recordEvent, type Source } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { atomically } from '../database/atomically.ts';
import { reserveInEach, usernameChangeLimit } from '../limits/limits.ts';

export type UsernameChange =
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'taken' }
  /** Malformed, or reserved. */
  | { readonly outcome: 'unusable' }
  | { readonly outcome: 'unknown_account' }
  /** Whether names are taken is not to be tried by the list. */
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number };

/** An empty name takes it away. */
export async function changeUsername(
  deps: AuditDeps & { readonly config: Pick<Config, 'limits' | 'registration'> },
  { accountId, username: typed, source }: { accountId: string; username: string; source?: Source | undefined },
): Promise<UsernameChange> {
  const username =
    typed.trim() === '' ? undefined : canonicalUsername(typed, deps.config.registration.reservedUsernames);
  if (username === undefined && typed.trim() !== '') return { outcome: 'unusable' };
  const lookedUp = await reserveInEach(deps, [usernameChangeLimit(deps.config.limits, accountId)]);
  if (!lookedUp.allowed) return { outcome: 'too_many_attempts', retryAfterSeconds: lookedUp.retryAfterSeconds };
  try {
    return await atomically(deps.db, async (db): Promise<UsernameChange> => {
      const inside = { ...deps, db };
      const outcome = await setUsername(inside, { accountId, username });
      if (outcome !== 'set') return { outcome };
      await recordEvent(inside, { event: 'username.changed', accountId, source });
      return { outcome: 'changed' };
    });
  } catch (error) {
    if (isIdentifierTaken(error)) return { outcome: 'taken' };
    throw error;
  }
}
