// A new password for an account: whether it follows the rules, and its hash.
import type { Account } from './account.ts';
import type { PasswordHasher } from './password-hash.ts';
import { type PasswordFlaw, type PasswordRules, passwordFlaws, withPersonalWords } from './password-rules.ts';

export type PasswordPreparation =
  | { readonly outcome: 'prepared'; readonly passwordHash: string }
  | { readonly outcome: 'invalid'; readonly flaws: readonly PasswordFlaw[] };

/**
 * Outside a transaction, which would wait for the hash. Nothing is stored.
 * @throws Refusal `busy` (503)
 */
export async function preparePassword(
  { hasher, rules }: { hasher: PasswordHasher; rules: PasswordRules },
  { account, password }: { account: Account; password: string },
): Promise<PasswordPreparation> {
  const flaws = passwordFlaws(password, withPersonalWords(rules, account));
  if (flaws.length > 0) return { outcome: 'invalid', flaws };
  return { outcome: 'prepared', passwordHash: await hasher.hash(password) };
}
