// The link of the mail: in the browser that signed up it confirms; in another one it wants a new password.
import type { PasswordHasher } from '../accounts/password-hash.ts';
import { type PasswordFlaw, type PasswordRules, passwordFlaws, withPersonalWords } from '../accounts/password-rules.ts';
import type { Source } from '../audit/audit-log.ts';
import { equalInConstantTime } from '../crypto/constant-time.ts';
import { hashSecretToken } from '../crypto/secret-token.ts';
import { type Confirmation, outcomeOf, settle } from './confirm-registration.ts';
import { isOpen } from './policy.ts';
import type { Registration, RegistrationDeps } from './registration.ts';
import { findRegistrationByToken } from './registrations.ts';
import { reserveUsername, type TooManyUsernames } from './username-tries.ts';

export interface ConfirmationLink {
  readonly registration: Registration;
  /** Whether this browser is the one that signed up. */
  readonly here: boolean;
}

/** Undefined where the link is no good. Changes nothing. */
export async function openConfirmationLink(
  deps: RegistrationDeps,
  { token, binding }: { token: string; binding: string | undefined },
): Promise<ConfirmationLink | undefined> {
  const registration = await findRegistrationByToken(deps, hashSecretToken(token));
  if (registration === undefined || registration.taken || !isOpen(deps.config)) return undefined;
  const here = binding !== undefined && equalInConstantTime(hashSecretToken(binding), registration.bindingHash);
  return { registration, here };
}

export type LinkConfirmation =
  | Confirmation
  | TooManyUsernames
  /** In another browser, with a password that will not do. */
  | { readonly outcome: 'weak_password'; readonly flaws: readonly PasswordFlaw[] };

export interface LinkUsed {
  readonly link: ConfirmationLink;
  /** Asked for in another browser only: whoever signed up there may not be who reads the mail. */
  readonly password: string;
  /** Set where the one that was chosen has been taken meanwhile. */
  readonly username?: string | undefined;
  /** /24 or /64, as text. */
  readonly network: string;
  readonly source?: Source;
}

/** @throws Refusal `busy` (503); the link is still good then. */
export async function confirmByLink(
  deps: RegistrationDeps & { readonly hasher: PasswordHasher; readonly rules: PasswordRules },
  { link: { registration, here }, password, username, network, source }: LinkUsed,
): Promise<LinkConfirmation> {
  if (registration.state !== 'waiting' && registration.state !== 'proved') return outcomeOf(registration);
  // Before the hash: a name that is taken leaves the link good, for as many tries as somebody likes.
  const lookUp = await reserveUsername(deps, { username: username ?? registration.username ?? '', network });
  if (!lookUp.allowed) return { ...lookUp, outcome: 'too_many_attempts' };
  const settling = { registrationId: registration.id, source, username, byCode: false };
  if (here) return settle(deps, settling);
  const names = { ...registration, email: registration.email.address };
  const flaws = passwordFlaws(password, withPersonalWords(deps.rules, names));
  if (flaws.length > 0) return { outcome: 'weak_password', flaws };
  return settle(deps, { ...settling, passwordHash: await deps.hasher.hash(password) });
}
