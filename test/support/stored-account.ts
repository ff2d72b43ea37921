// An account with a password, checked and stored as everywhere else, without anybody who asks for it.
import type { Account } from '../../src/accounts/account.ts';
import { insertAccount } from '../../src/accounts/accounts.ts';
import type { PasswordHasher } from '../../src/accounts/password-hash.ts';
import type { PasswordRules } from '../../src/accounts/password-rules.ts';
import { type AccountPreparation, type AccountRequest, prepareAccount } from '../../src/accounts/prepare-account.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/database/database.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  readonly rules: PasswordRules;
}

export type AccountCreation =
  | { readonly outcome: 'created'; readonly account: Account }
  | { readonly outcome: 'email_taken' | 'username_taken' }
  | Extract<AccountPreparation, { outcome: 'invalid' }>;

export async function createAccount(deps: Deps, request: AccountRequest): Promise<AccountCreation> {
  const preparation = await prepareAccount(deps, request);
  if (preparation.outcome === 'invalid') return preparation;
  const account = await insertAccount(deps, preparation.account);
  return typeof account === 'string' ? { outcome: account } : { outcome: 'created', account };
}
