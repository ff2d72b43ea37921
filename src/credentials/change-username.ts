// The name that somebody signs in with besides their address.
import { findAccount, setUsername } from '../accounts/accounts.ts';
import { canonicalUsername } from '../accounts/identifiers.ts';
import { isIdentifierTaken } from '../accounts/taken.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { atomically } from '../database/atomically.ts';
import { reserveInEach, usernameChangeLimit } from '../limits/limits.ts';
import type { Language } from '../texts/messages.ts';
import type { CredentialDeps } from './deps.ts';
import { tellOfNewUsername } from './new-username.ts';

export type UsernameChange =
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'taken' }
  /** Malformed, or reserved. */
  | { readonly outcome: 'unusable' }
  | { readonly outcome: 'unknown_account' }
  /** Whether names are taken is not to be tried by the list. */
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number };

interface Wanted {
  readonly accountId: string;
  /** As typed. */
  readonly username: string;
  readonly source?: Source | undefined;
  /** Of the page. */
  readonly language?: Language | undefined;
}

/** An empty name takes it away. Its owner is told, unless it is the name that they have. */
export async function changeUsername(
  deps: CredentialDeps & { readonly config: Pick<Config, 'registration'> },
  { accountId, username: typed, source, language }: Wanted,
): Promise<UsernameChange> {
  const username =
    typed.trim() === '' ? undefined : canonicalUsername(typed, deps.config.registration.reservedUsernames);
  if (username === undefined && typed.trim() !== '') return { outcome: 'unusable' };
  const lookedUp = await reserveInEach(deps, [usernameChangeLimit(deps.config.limits, accountId)]);
  if (!lookedUp.allowed) return { outcome: 'too_many_attempts', retryAfterSeconds: lookedUp.retryAfterSeconds };
  try {
    return await atomically(deps.db, async (db): Promise<UsernameChange> => {
      const inside = { ...deps, db };
      const account = await findAccount(db, accountId);
      if (account === undefined) return { outcome: 'unknown_account' };
      const name = username?.username;
      if (name === account.username) return { outcome: 'changed' };
      const outcome = await setUsername(inside, { accountId, username });
      if (outcome !== 'set') return { outcome };
      await tellOfNewUsername(inside, { account, username: name, source, language });
      await recordEvent(inside, { event: 'username.changed', accountId, source });
      return { outcome: 'changed' };
    });
  } catch (error) {
    if (isIdentifierTaken(error)) return { outcome: 'taken' };
    throw error;
  }
}
