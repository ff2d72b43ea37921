// Shuts an account out at once, or lets it back in; its owner is told of a ban by mail.
import type { Account } from '../accounts/account.ts';
import { liftBan, setBanned } from '../accounts/accounts.ts';
import { languageFor } from '../accounts/telling.ts';
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { type MailDeps, writeMail } from '../mail/outbox.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { endEverythingOf } from './end-everything.ts';

interface Whom {
  readonly accountId: string;
  readonly actor?: Actor;
  readonly source?: Source | undefined;
}

/** Returns how many sessions ended with it; undefined if there is no such account. The reason is for operators alone. */
export async function banAccount(
  deps: StoreDeps & MailDeps,
  { accountId, reason, actor = 'operator', source }: Whom & { readonly reason: string | undefined },
): Promise<number | undefined> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const account = await setBanned(inside, { accountId, reason });
    if (account === undefined) return undefined;
    const ended = await endEverythingOf(inside, accountId);
    const details = { reason, sessions_ended: ended };
    await recordEvent(inside, { event: 'account.banned', accountId, actor, source, details });
    const message = { mail: 'account_banned' } as const;
    await writeMail(inside, { to: account.email, accountId, language: languageFor(account), message });
    return ended;
  });
}

/** The account as it is now; undefined for who is not banned. */
export async function unbanAccount(
  deps: StoreDeps,
  { accountId, actor = 'operator', source }: Whom,
): Promise<Account | undefined> {
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    const account = await liftBan(inside, accountId);
    if (account !== undefined) await recordEvent(inside, { event: 'account.unbanned', accountId, actor, source });
    return account;
  });
}
