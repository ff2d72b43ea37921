// Calls an authenticator by another name.
import { lockAccount } from '../accounts/lock-account.ts';
import { atomically } from '../database/atomically.ts';
import type { ChangeDeps } from './deps.ts';
import { type Change, tellFactorRenamed } from './notices.ts';
import { listAuthenticators, renameTotpSecret } from './totp-secrets.ts';

/** `unknown` for one of another account too. */
export type Renaming = { readonly outcome: 'renamed' | 'unknown' | 'name_taken' };

/** `name` is what `authenticatorNameFrom` gives. */
export const renameAuthenticator = (
  deps: ChangeDeps,
  { account, by, id, name }: Change & { id: string; name: string },
): Promise<Renaming> =>
  atomically(deps.db, async (tx) => {
    await lockAccount(tx, account.id);
    const held = await listAuthenticators(tx, account.id);
    const found = held.find((each) => each.id === id);
    if (found === undefined) return { outcome: 'unknown' };
    if (found.name === name) return { outcome: 'renamed' };
    if (held.some((each) => each.name === name)) return { outcome: 'name_taken' };
    await renameTotpSecret(tx, { accountId: account.id, id, name });
    await tellFactorRenamed({ ...deps, db: tx }, { account, by, name });
    return { outcome: 'renamed' };
  });
