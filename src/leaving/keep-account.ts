// Keeps an account that is going to be deleted, by the link in the mail that said so.
import type { Account } from '../accounts/account.ts';
import { findAccount, unsetDeleting } from '../accounts/accounts.ts';
import { findMailedToken, spendMailedToken, voidMailedTokens } from '../accounts/mailed-tokens.ts';
import { languageFor } from '../accounts/telling.ts';
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { writeMail } from '../mail/outbox.ts';
import type { LeavingDeps } from './delete-account.ts';

const purpose = 'keep_account';

/** The account that a link would keep; undefined where it is no good. Changes nothing. */
export async function findKeepable(
  deps: Pick<LeavingDeps, 'db' | 'clock'>,
  token: string,
): Promise<Account | undefined> {
  const link = await findMailedToken(deps, { purpose, token });
  const account = link === undefined ? undefined : await findAccount(deps.db, link.accountId);
  return account?.status === 'deleting' ? account : undefined;
}

export type Keeping = { readonly outcome: 'kept'; readonly account: Account } | { readonly outcome: 'void' };

/** Nobody is signed in by it. A banned account stays what it is. */
export async function keepAccountByLink(
  deps: LeavingDeps,
  { token, source }: { token: string; source?: Source | undefined },
): Promise<Keeping> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const link = await spendMailedToken(inside, { purpose, token });
    return link === undefined ? { outcome: 'void' } : keepAccount(inside, { accountId: link.accountId, source });
  });
}

/** At the word of an operator, or of whoever has opened the link. */
export async function keepAccount(
  deps: LeavingDeps,
  { accountId, source, actor }: { accountId: string; source?: Source | undefined; actor?: Actor },
): Promise<Keeping> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const account = await unsetDeleting(inside, accountId);
    if (account === undefined) return { outcome: 'void' };
    await voidMailedTokens(tx, accountId, [purpose]);
    await recordEvent(inside, { event: 'account.deletion_cancelled', accountId, source, actor });
    const message = { mail: 'account_deletion_cancelled' } as const;
    await writeMail(inside, { to: account.email, accountId, language: languageFor(account), message });
    return { outcome: 'kept', account };
  });
}
