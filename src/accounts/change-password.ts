// Gives an account a new password.
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { findAccount, setPasswordHash } from './accounts.ts';
import type { PasswordHasher } from './password-hash.ts';
import { checkPassword, type PasswordRules, withPersonalWords } from './password-rules.ts';

export type PasswordChange =
  | { outcome: 'changed' }
  | { outcome: 'unknown_account' }
  /** Sentences for the person. */
  | { outcome: 'invalid'; reasons: string[] };

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly rules: PasswordRules;
}

/** Whoever calls this has made sure that the password may be changed; sessions and tokens are not touched here. */
export async function setPassword(
  { db, clock, hasher, rules }: Deps,
  { accountId, password }: { accountId: string; password: string },
): Promise<PasswordChange> {
  const account = await findAccount(db, accountId);
  if (!account) return { outcome: 'unknown_account' };
  const reasons = checkPassword(password, withPersonalWords(rules, account));
  if (reasons.length > 0) return { outcome: 'invalid', reasons };
  const changed = await setPasswordHash(db, { accountId, passwordHash: await hasher.hash(password) }, clock);
  return { outcome: changed ? 'changed' : 'unknown_account' };
}
