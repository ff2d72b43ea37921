// Deletes an account with all that belongs to it, for good. Its owner is told by mail.
import type { Account } from '../accounts/account.ts';
import { deleteAccount, takeDueAccount } from '../accounts/accounts.ts';
import { addressesThatCanUndo } from '../accounts/mailed-tokens.ts';
import { languageFor } from '../accounts/telling.ts';
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { forgetMailsOf, type MailDeps, writeMail } from '../mail/outbox.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { endEverythingOf } from '../sessions/end-everything.ts';

export type LeavingDeps = StoreDeps & MailDeps;

/**
 * Ends everything it was signed in to, in the same transaction. As it was; undefined when there is no such account. Told
 * also at addresses that could have undone a change: who takes an account away and deletes it is not alone to know.
 */
export async function removeAccount(
  deps: LeavingDeps,
  { accountId, actor = 'operator', source }: { accountId: string; actor?: Actor; source?: Source | undefined },
): Promise<Account | undefined> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    await endEverythingOf(inside, accountId);
    const earlier = await addressesThatCanUndo(inside, accountId);
    const account = await deleteAccount(tx, accountId);
    if (account === undefined) return undefined;
    await forgetMailsOf(tx, accountId);
    await recordEvent(inside, { event: 'account.deleted', accountId, actor, source });
    const message = { mail: 'account_deleted' } as const;
    const language = languageFor(account);
    for (const to of new Set([account.email, ...earlier])) await writeMail(inside, { to, language, message });
    return account;
  });
}

/**
 * Deletes the accounts whose time to think it over has passed, each in a transaction of its own. Safe to run in several
 * processes, and to be interrupted. Returns their ids.
 */
export async function deleteDueAccounts(deps: LeavingDeps): Promise<readonly string[]> {
  const deleted: string[] = [];
  for (;;) {
    const accountId = await atomically(deps.db, async (tx) => {
      const inside = { ...deps, db: tx };
      const due = await takeDueAccount(inside);
      if (due !== undefined) await removeAccount(inside, { accountId: due.id, actor: 'server' });
      return due?.id;
    });
    if (accountId === undefined) return deleted;
    deleted.push(accountId);
  }
}
