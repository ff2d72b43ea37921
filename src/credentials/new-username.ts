// Tells an account's owner of another username, or of none: it is one to sign in with.
import type { Account } from '../accounts/account.ts';
import { languageFor, whereFrom } from '../accounts/telling.ts';
import type { Source } from '../audit/audit-log.ts';
import { writeMail } from '../mail/outbox.ts';
import type { Language } from '../texts/messages.ts';
import type { CredentialDeps } from './deps.ts';

interface NewUsername {
  /** As it was. */
  readonly account: Account;
  /** Undefined: it has none any more. */
  readonly username: string | undefined;
  /** Undefined where it was not its owner. */
  readonly source?: Source | undefined;
  /** Of the page, where the account has none. */
  readonly language?: Language | undefined;
}

/** In the transaction of the change. */
export async function tellOfNewUsername(
  inside: CredentialDeps,
  { account, username = '', source, language: ofPage }: NewUsername,
): Promise<void> {
  const language = languageFor(account, ofPage);
  const accountLink = `${inside.config.issuer}/account/security`;
  const message = { mail: 'username_changed', username, where: whereFrom(source, language), accountLink } as const;
  await writeMail(inside, { to: account.email, accountId: account.id, language, message });
}
