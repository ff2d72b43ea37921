// An account that waits for its owner: made without a password, and a link to its mailbox that sets one.
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { atomically } from '../database/atomically.ts';
import { type MailDeps, writeMail } from '../mail/outbox.ts';
import type { Language } from '../texts/messages.ts';
import { INVITATION_PATH, takesInvitations } from './accept-invitation.ts';
import { type Account, isUsable } from './account.ts';
import { findAccount } from './accounts.ts';
import { findPasswordHash } from './finding/find-credentials.ts';
import { canonicalEmail } from './identifiers.ts';
import { issueMailedToken, MAILED_TOKEN_SECONDS } from './mailed-tokens.ts';
import { languageFor } from './telling.ts';

export type Invitation =
  /** The link is in the mail too; whoever has it can set the password. */
  | { readonly outcome: 'invited'; readonly account: Account; readonly link: string }
  | { readonly outcome: 'unknown_account' }
  /** It has a password already, or is shut out. */
  | { readonly outcome: 'not_waiting' }
  /** `registration.policy` is `closed`. */
  | { readonly outcome: 'invitations_closed' };

export interface Inviting {
  readonly accountId: string;
  readonly actor: Actor;
  readonly source?: Source | undefined;
  /** Of the mail, where the account's is not known. */
  readonly language?: Language;
}

/** Invitations sent before are void. */
export function inviteAccount(
  deps: MailDeps & { readonly config: Pick<Config, 'issuer' | 'registration'> },
  { accountId, actor, source, language }: Inviting,
): Promise<Invitation> {
  if (!takesInvitations(deps.config)) return Promise.resolve({ outcome: 'invitations_closed' });
  return atomically(deps.db, async (db): Promise<Invitation> => {
    const inside = { ...deps, db };
    const account = await findAccount(db, accountId);
    if (account === undefined) return { outcome: 'unknown_account' };
    if (!isUsable(account) || (await findPasswordHash(db, accountId)) !== undefined) return { outcome: 'not_waiting' };
    const boundTo = { email: canonicalEmail(account.email)?.key ?? account.email };
    const token = await issueMailedToken(inside, { accountId, purpose: 'invitation', boundTo });
    const link = `${deps.config.issuer}${INVITATION_PATH}?${new URLSearchParams({ token })}`;
    await writeMail(inside, {
      to: account.email,
      accountId,
      language: languageFor(account, language),
      message: { mail: 'invitation', link, days: MAILED_TOKEN_SECONDS.invitation / 86_400 },
    });
    await recordEvent(inside, { event: 'account.invited', accountId, actor, source });
    return { outcome: 'invited', account, link };
  });
}
