// An account's owner asks for its deletion: everything ends now, and the account itself when the time to think is over.
import type { Account } from '../accounts/account.ts';
import { setDeleting } from '../accounts/accounts.ts';
import { addressesThatCanUndo, issueMailedToken, voidMailedTokens } from '../accounts/mailed-tokens.ts';
import { languageFor } from '../accounts/telling.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { atomically } from '../database/atomically.ts';
import { endTrustOf } from '../devices/devices.ts';
import { writeMail } from '../mail/outbox.ts';
import { isLastAdministrator } from '../roles/administrators.ts';
import { endEverythingOf } from '../sessions/end-everything.ts';
import type { Language } from '../texts/messages.ts';
import { type LeavingDeps, removeAccount } from './delete-account.ts';

export const KEEP_ACCOUNT_PATH = '/keep-account';

export type DeletionRequest =
  | { readonly outcome: 'requested'; readonly until: Date }
  /** There is no time to think. */
  | { readonly outcome: 'deleted' }
  | { readonly outcome: 'last_administrator' }
  /** Banned meanwhile, being deleted already, or gone. */
  | { readonly outcome: 'not_active' };

interface Deps extends LeavingDeps {
  readonly config: Pick<Config, 'issuer' | 'accounts'>;
}

interface Request {
  readonly accountId: string;
  readonly source?: Source | undefined;
  /** Of the page. */
  readonly language?: Language | undefined;
}

/** Whoever calls this has made sure that it is the owner, by password and second factor. */
export async function requestDeletion(deps: Deps, request: Request): Promise<DeletionRequest> {
  const { accountId, source } = request;
  const { deletionGraceSeconds: inSeconds } = deps.config.accounts;
  return atomically(deps.db, async (tx) => {
    const inside = { ...deps, db: tx };
    if (await isLastAdministrator(inside, accountId)) return { outcome: 'last_administrator' };
    const account = await setDeleting(inside, { accountId, inSeconds });
    if (account?.deleteAt === undefined) return { outcome: 'not_active' };
    if (inSeconds === 0) {
      await removeAccount(inside, { accountId, actor: `account:${accountId}`, source });
      return { outcome: 'deleted' };
    }
    const ended = await endEverythingOf(inside, accountId);
    await endTrustOf(tx, accountId);
    await voidMailedTokens(tx, accountId, ['reset_password', 'confirm_email', 'invitation']);
    await tell(inside, { account, until: account.deleteAt, request });
    const details = { sessions_ended: ended, until: account.deleteAt.toISOString() };
    await recordEvent(inside, { event: 'account.deletion_requested', accountId, source, details });
    return { outcome: 'requested', until: account.deleteAt };
  });
}

/** Also at addresses whose owners may still undo a change: who takes an account away and deletes it is not alone to know. */
async function tell(
  deps: Deps,
  { account, until, request }: { account: Account; until: Date; request: Request },
): Promise<void> {
  const { id: accountId, email } = account;
  const { issuer, accounts } = deps.config;
  const token = await issueMailedToken(deps, {
    accountId,
    purpose: 'keep_account',
    seconds: accounts.deletionGraceSeconds,
  });
  const keepLink = `${issuer}${KEEP_ACCOUNT_PATH}?${new URLSearchParams({ token })}`;
  const message = { mail: 'account_deletion_requested', until: until.toISOString(), keepLink } as const;
  const language = languageFor(account, request.language);
  const earlier = await addressesThatCanUndo(deps, accountId);
  for (const to of new Set([email, ...earlier])) await writeMail(deps, { to, accountId, language, message });
}
