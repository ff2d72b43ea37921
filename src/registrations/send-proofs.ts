// The mail with code and link; to the owner of a taken address, another one of the same make.
import type { Account } from '../accounts/account.ts';
import { findAccountByIdentifier } from '../accounts/accounts.ts';
import { languageFor } from '../accounts/telling.ts';
import type { Config } from '../config/config.ts';
import { hashCode, newCode } from '../crypto/mailed-code.ts';
import { hashSecretToken, newSecretToken } from '../crypto/secret-token.ts';
import { atomically } from '../database/atomically.ts';
import { mailLimits, mailRecipient, reserveInEach } from '../limits/limits.ts';
import { writeMail } from '../mail/outbox.ts';
import type { Language } from '../texts/messages.ts';
import { isOpen } from './policy.ts';
import type { Registration, RegistrationDeps } from './registration.ts';
import { findRegistration, type Proofs, renewProofs } from './registrations.ts';

export const VERIFY_EMAIL_PATH = '/verify-email';

interface NewProofs {
  readonly token: string;
  readonly code: string;
  readonly stored: Proofs;
}

export function newProofs(config: Config, id: string): NewProofs {
  const token = newSecretToken();
  const code = newCode();
  return { token, code, stored: { tokenHash: hashSecretToken(token), codeHash: hashCode(config, { id, code }) } };
}

/** `holder` has an account with the address already, and is told that; the code and the link then prove nothing to anybody. */
export function tellHolder(
  deps: RegistrationDeps,
  told: {
    readonly email: Registration['email'];
    readonly language: Language;
    readonly app: string;
    readonly holder: Account | undefined;
    readonly proofs: NewProofs;
  },
): Promise<void> {
  const { issuer } = deps.config;
  const { holder, proofs, language, app } = told;
  const link = `${issuer}${VERIFY_EMAIL_PATH}?${new URLSearchParams({ token: proofs.token })}`;
  if (holder === undefined) {
    const message = { mail: 'verify_email', code: proofs.code, link, app } as const;
    return writeMail(deps, { to: told.email.address, language, message });
  }
  const message = {
    mail: 'already_registered',
    signInLink: `${issuer}/account`,
    resetLink: `${issuer}/reset-password`,
  } as const;
  return writeMail(deps, {
    to: holder.email,
    accountId: holder.id,
    language: languageFor(holder, language),
    message,
  });
}

export type Resending =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number }
  /** As often as one registration can have them. */
  | { readonly outcome: 'no_more' };

/** A new code and a new link; those sent before are void. */
export async function resendProofs(
  deps: RegistrationDeps,
  { registrationId, app, network }: { registrationId: string; app: string; network: string },
): Promise<Resending> {
  const registration = await findRegistration(deps, registrationId);
  if (registration === undefined || registration.state !== 'waiting' || !isOpen(deps.config)) {
    return { outcome: 'no_more' };
  }
  const { email, language, taken } = registration;
  const recipientKey = mailRecipient(email.key);
  const reservation = await reserveInEach(deps, mailLimits(deps.config.limits, { recipientKey, network }));
  if (!reservation.allowed) return { ...reservation, outcome: 'too_many_attempts' };
  const proofs = newProofs(deps.config, registrationId);
  return atomically(deps.db, async (db): Promise<Resending> => {
    const inside = { ...deps, db };
    const account = await findAccountByIdentifier(db, email.key);
    if (!(await renewProofs(inside, registrationId, proofs.stored))) return { outcome: 'no_more' };
    // Who has registered the address since then is told when it is proved.
    const holder = taken ? account : undefined;
    await tellHolder(inside, { email, language, app, holder, proofs });
    return { outcome: 'sent' };
  });
}
