// What storing a password needs besides the database.
import { createPasswordHasher } from '../../accounts/password-hash.ts';
import { passwordRulesFor } from '../../accounts/password-rules.ts';
import type { Config } from '../../config/config.ts';

export const passwordDeps = ({ accounts, limits, name }: Config) => ({
  hasher: createPasswordHasher({ parallel: limits.parallelHashes, queue: limits.hashQueue }),
  rules: passwordRulesFor(accounts, name),
});
