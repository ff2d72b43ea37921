// A way to a new password, mailed at the word of an administrator, who never sees it and cannot choose the password.
import { type Account, isUsable } from '../accounts/account.ts';
import { canonicalEmail } from '../accounts/identifiers.ts';
import { issueMailedToken, MAILED_TOKEN_SECONDS } from '../accounts/mailed-tokens.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import { type Actor, recordEvent, type Source } from '../audit/audit-log.ts';
import { atomically } from '../database/atomically.ts';
import { writeMail } from '../mail/outbox.ts';
import type { CredentialDeps } from './deps.ts';
import { linkTo, RESET_PATH } from './links.ts';

interface Start {
  readonly account: Account;
  readonly actor: Actor;
  readonly source?: Source | undefined;
}

/** The password that there is stays until the link is used. False for whoever could not sign in afterwards. */
export async function startReset(deps: CredentialDeps, { account, actor, source }: Start): Promise<boolean> {
  if (!isUsable(account)) return false;
  await atomically(deps.db, async (db) => {
    const inside = { ...deps, db };
    const boundTo = { email: canonicalEmail(account.email)?.key ?? account.email, by: 'administrator' };
    const token = await issueMailedToken(inside, { accountId: account.id, purpose: 'reset_password', boundTo });
    const language = languageFor(account);
    await writeMail(inside, {
      to: account.email,
      accountId: account.id,
      language,
      message: {
        mail: 'reset_password',
        link: linkTo(deps.config, RESET_PATH, token),
        minutes: MAILED_TOKEN_SECONDS.reset_password / 60,
        // Where the administrator sits says nothing to the reader.
        where: whereFrom(undefined, language),
        by: 'administrator',
      },
    });
    await recordEvent(inside, { event: 'password.reset_requested', accountId: account.id, actor, source });
  });
  return true;
}
