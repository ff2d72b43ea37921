// What changing a credential takes.
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { PasswordRules } from '../accounts/password-rules.ts';
import type { Config } from '../config/config.ts';
import type { MailDeps } from '../mail/outbox.ts';

/** Database, clock and sealed box, and where links in mails lead. */
export interface CredentialDeps extends MailDeps {
  readonly config: Pick<Config, 'issuer' | 'limits' | 'registration'>;
}

export interface PasswordDeps extends CredentialDeps {
  readonly hasher: PasswordHasher;
  readonly rules: PasswordRules;
}
