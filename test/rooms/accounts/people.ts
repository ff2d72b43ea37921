// Makes accounts and what verifying their passwords needs.
import { createHash } from 'node:crypto';
import type { Account } from '../../../src/accounts/account.ts';
import { createPasswordHasher, type PasswordHasher } from '../../../src/accounts/password-hash.ts';
import type { PasswordRules } from '../../../src/accounts/password-rules.ts';
import type { AccountRequest } from '../../../src/accounts/prepare-account.ts';
import type { Db } from '../../../src/database/database.ts';
import { DEFAULT_LIMITS } from '../../support/limits.ts';
import { createAccount } from '../../support/stored-account.ts';
import { movingClock } from '../limits/moving-clock.ts';

export const PASSWORD = 'correct horse battery';

export const limits = { ...DEFAULT_LIMITS, parallelHashes: 2, hashQueue: 200 };

const rules: PasswordRules = {
  minLength: 15,
  maxLength: 256,
  contextWords: ['gatehouse'],
  commonPasswords: new Set(['passwordpassword']),
};

export interface CountingHasher extends PasswordHasher {
  readonly verified: () => number;
}

/** Counts how often a password was really checked. */
export function countingHasher(hasher = createPasswordHasher({ parallel: 2, queue: 200 })): CountingHasher {
  let verified = 0;
  return {
    ...hasher,
    verify(hash, password, instead) {
      verified += 1;
      return hasher.verify(hash, password, instead);
    },
    verified: () => verified,
  };
}

/** For tests that make many recovery codes and look at something else. */
export const quickHasher = (): CountingHasher => ({
  ...countingHasher(),
  hashWithSalt: async (text, salt) => createHash('sha256').update(salt).update(text).digest('base64url'),
});

export const depsFor = (db: Db) => ({
  db,
  clock: movingClock(),
  hasher: countingHasher(),
  rules,
  limits,
  config: { issuer: 'https://id.example.test', limits },
});

let people = 0;

/** Everybody has an e-mail address, a username and a password of their own. */
export async function person(
  deps: Pick<ReturnType<typeof depsFor>, 'db' | 'clock' | 'hasher' | 'rules'>,
  request: Partial<AccountRequest> = {},
): Promise<Account> {
  people += 1;
  const name = `person${people}`;
  const created = await createAccount(deps, {
    email: `${name}@example.test`,
    username: name,
    password: PASSWORD,
    emailVerified: true,
    ...request,
  });
  if (created.outcome !== 'created') throw new Error(JSON.stringify(created));
  return created.account;
}
