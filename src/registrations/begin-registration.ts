// Somebody signs up: what is wrong with what they typed, or a registration that waits for the proof of its address.
import { findAccountByIdentifier } from '../accounts/accounts.ts';
import { canonicalEmail } from '../accounts/identifiers.ts';
import type { PasswordHasher } from '../accounts/password-hash.ts';
import type { PasswordFlaw, PasswordRules } from '../accounts/password-rules.ts';
import { type AccountField, checkAccount } from '../accounts/prepare-account.ts';
import { newId } from '../crypto/identifiers.ts';
import { hashSecretToken } from '../crypto/secret-token.ts';
import { atomically } from '../database/atomically.ts';
import { mailRecipient, reserveInEach, signUpLimits } from '../limits/limits.ts';
import type { Language } from '../texts/messages.ts';
import { admitsAddress, isOpen } from './policy.ts';
import { placeOfInteraction, type RegistrationDeps } from './registration.ts';
import { insertRegistration } from './registrations.ts';
import { newProofs, tellHolder } from './send-proofs.ts';
import { reserveUsername } from './username-tries.ts';

export interface SignUpDeps extends RegistrationDeps {
  readonly hasher: PasswordHasher;
  readonly rules: PasswordRules;
}

export interface SignUp {
  /** As typed; an empty username or name is none. */
  readonly email: string;
  readonly username: string;
  readonly displayName: string;
  readonly password: string;
  readonly acceptsTerms: boolean;
  readonly language: Language;
  /** The app it is for, and the sign-in it happens in. */
  readonly client: { readonly clientId: string; readonly clientName: string };
  readonly interaction: string;
  /** A secret that only this browser presents again. */
  readonly binding: string;
  /** /24 or /64, as text. */
  readonly network: string;
}

export interface SignUpProblem {
  readonly field: AccountField | 'terms';
  readonly problem: 'malformed' | 'required' | 'taken' | 'domain_refused' | 'weak';
  /** With `weak`. */
  readonly flaw?: PasswordFlaw | undefined;
}

export type Beginning =
  | { readonly outcome: 'begun'; readonly registrationId: string }
  | { readonly outcome: 'invalid'; readonly problems: readonly SignUpProblem[] }
  | { readonly outcome: 'closed' }
  | { readonly outcome: 'too_many_attempts'; readonly retryAfterSeconds: number };

/**
 * Whether the address has an account changes neither the answer nor the work: the password is hashed, a row and a mail are
 * written. What is said about a username is no secret, since nobody could choose one otherwise; it is counted.
 * @throws Refusal `busy` (503)
 */
export async function beginRegistration(deps: SignUpDeps, signUp: SignUp): Promise<Beginning> {
  if (!isOpen(deps.config)) return { outcome: 'closed' };
  const lookUp = await reserveUsername(deps, signUp);
  if (!lookUp.allowed) return { ...lookUp, outcome: 'too_many_attempts' };
  const { problems, checked } = await examine(deps, signUp);
  if (checked === undefined || problems.length > 0) return { outcome: 'invalid', problems };
  const recipientKey = mailRecipient(checked.email.key);
  const { limits } = deps.config;
  const reservation = await reserveInEach(deps, signUpLimits(limits, { recipientKey, network: signUp.network }));
  if (!reservation.allowed) return { ...reservation, outcome: 'too_many_attempts' };
  const passwordHash = await deps.hasher.hash(signUp.password);
  return store(deps, signUp, { ...checked, passwordHash });
}

type Checked = Extract<ReturnType<typeof checkAccount>, { outcome: 'fine' }>['account'];

/** Everything that is wrong, at once. */
async function examine(
  { config: { registration }, db, rules }: SignUpDeps,
  signUp: SignUp,
): Promise<{ problems: readonly SignUpProblem[]; checked: Checked | undefined }> {
  const username = optional(signUp.username);
  const { reservedUsernames, requiredFields, termsVersion } = registration;
  const check = checkAccount(rules, {
    email: signUp.email,
    username,
    displayName: optional(signUp.displayName),
    password: signUp.password,
    emailVerified: true,
    reservedUsernames,
  });
  const problems: SignUpProblem[] =
    check.outcome === 'fine'
      ? []
      : check.problems.map(({ field, flaw }) => ({ field, flaw, problem: flaw ? 'weak' : 'malformed' }));
  const email = canonicalEmail(signUp.email);
  if (email !== undefined && !admitsAddress(registration, email.key)) {
    problems.push({ field: 'email', problem: 'domain_refused' });
  }
  if (username === undefined && requiredFields.includes('username')) {
    problems.push({ field: 'username', problem: 'required' });
  }
  if (optional(signUp.displayName) === undefined && requiredFields.includes('name')) {
    problems.push({ field: 'displayName', problem: 'required' });
  }
  if (
    username !== undefined &&
    !username.includes('@') &&
    (await findAccountByIdentifier(db, username)) !== undefined
  ) {
    problems.push({ field: 'username', problem: 'taken' });
  }
  if (termsVersion !== undefined && !signUp.acceptsTerms) problems.push({ field: 'terms', problem: 'required' });
  return { problems, checked: check.outcome === 'fine' ? check.account : undefined };
}

const optional = (typed: string): string | undefined => (typed.trim() === '' ? undefined : typed);

async function store(deps: SignUpDeps, signUp: SignUp, account: Checked): Promise<Beginning> {
  const id = newId();
  const proofs = newProofs(deps.config, id);
  const { clientId, clientName } = signUp.client;
  await atomically(deps.db, async (db) => {
    const inside = { ...deps, db };
    const holder = await findAccountByIdentifier(db, account.email.key);
    await insertRegistration(inside, {
      ...proofs.stored,
      id,
      email: account.email,
      username: account.username?.username,
      displayName: account.displayName,
      passwordHash: account.passwordHash,
      language: signUp.language,
      termsVersion: deps.config.registration.termsVersion,
      clientId,
      interaction: deps.box.seal(signUp.interaction, placeOfInteraction(id)),
      bindingHash: hashSecretToken(signUp.binding),
      taken: holder !== undefined,
    });
    await tellHolder(inside, { email: account.email, language: signUp.language, app: clientName, holder, proofs });
  });
  return { outcome: 'begun', registrationId: id };
}
