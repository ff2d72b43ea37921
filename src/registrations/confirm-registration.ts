// The address is proved: an account comes of the registration, once, whoever else tries at the same moment.

import { type Account, isUsable } from '../accounts/account.ts';
import { findAccount, insertAccount } from '../accounts/accounts.ts';
import { findPasswordHash } from '../accounts/finding/find-credentials.ts';
import { canonicalUsername } from '../accounts/identifiers.ts';
import { recordEvent, type Source } from '../audit/audit-log.ts';
import { equalInConstantTime } from '../crypto/constant-time.ts';
import { isCode } from '../crypto/mailed-code.ts';
import { atomically } from '../database/atomically.ts';
import { writeMail } from '../mail/outbox.ts';
import { isOpen } from './policy.ts';
import type { Registration, RegistrationDeps } from './registration.ts';
import {
  countTry,
  findRegistration,
  finishRegistration,
  lockRegistration,
  markConfirmed,
  markOvertaken,
  markProved,
} from './registrations.ts';
import { reserveUsername, type TooManyUsernames } from './username-tries.ts';

export type Confirmation =
  /** By this call, or before it. */
  | { readonly outcome: 'confirmed' }
  | { readonly outcome: 'wrong_code' }
  /** Too old, or tried too often. */
  | { readonly outcome: 'code_void' }
  /** Somebody else was faster with the username; nothing is lost. */
  | { readonly outcome: 'username_taken' }
  | { readonly outcome: 'username_unusable' }
  /** Somebody else has proved the address first. */
  | { readonly outcome: 'email_taken' }
  /** It has ended, or nobody can sign up any more. */
  | { readonly outcome: 'over' };

/** By the code, in the sign-in that it was asked for in. The try is counted before the code is looked at. */
export async function confirmByCode(
  deps: RegistrationDeps,
  { registrationId, code, source }: { registrationId: string; code: string; source?: Source },
): Promise<Confirmation> {
  const registration = await findRegistration(deps, registrationId);
  if (registration === undefined || !isOpen(deps.config)) return { outcome: 'over' };
  if (registration.state !== 'waiting') return outcomeOf(registration);
  const codeHash = await countTry(deps, registrationId);
  if (codeHash === undefined) {
    // Another call may have settled it since.
    const now = await findRegistration(deps, registrationId);
    return now === undefined ? { outcome: 'over' } : outcomeOf(now);
  }
  if (!isCode(deps.config, code, { id: registrationId, codeHash }) || registration.taken) {
    return { outcome: 'wrong_code' };
  }
  return settle(deps, { registrationId, source, byCode: true });
}

/** After `username_taken`: the code is spent, and proved the address. An empty name is none; others are counted. */
export async function confirmWithUsername(
  deps: RegistrationDeps,
  { registrationId, username, source, network }: UsernameTried,
): Promise<Confirmation | TooManyUsernames> {
  const registration = await findRegistration(deps, registrationId);
  if (registration === undefined || !isOpen(deps.config)) return { outcome: 'over' };
  if (registration.state !== 'proved') return outcomeOf(registration);
  const lookUp = await reserveUsername(deps, { username, network });
  if (!lookUp.allowed) return { ...lookUp, outcome: 'too_many_attempts' };
  return settle(deps, { registrationId, source, username, byCode: true });
}

interface UsernameTried {
  readonly registrationId: string;
  readonly username: string;
  /** /24 or /64, as text. */
  readonly network: string;
  readonly source?: Source;
}

export interface Settling {
  readonly registrationId: string;
  readonly source?: Source | undefined;
  /** In place of the one that was taken. */
  readonly username?: string | undefined;
  /** Chosen in another browser, in place of a password that may be a stranger's: its hash. */
  readonly passwordHash?: string | undefined;
  /** The code is spent by it; a link stays good until there is an account. */
  readonly byCode: boolean;
}

/** Whoever comes second waits for the row and finds it settled. Account, mail, event and row are one transaction. */
export function settle(deps: RegistrationDeps, settling: Settling): Promise<Confirmation> {
  return atomically(deps.db, async (db): Promise<Confirmation> => {
    const inside = { ...deps, db };
    const registration = await lockRegistration(inside, settling.registrationId);
    if (registration === undefined || registration.taken) return { outcome: 'over' };
    if (registration.state !== 'waiting' && registration.state !== 'proved') return outcomeOf(registration);
    const passwordHash = settling.passwordHash ?? registration.passwordHash;
    const username = usernameFor(deps, registration, settling.username);
    if (username === 'unusable') return { outcome: 'username_unusable' };
    if (passwordHash === undefined) return { outcome: 'over' };
    const { email, displayName, language } = registration;
    const elsewhere = settling.passwordHash !== undefined;
    // A stranger may have signed up: what they accepted, the owner has not.
    const terms = elsewhere ? undefined : registration.terms;
    const made = { email, username, displayName, passwordHash, language, terms, emailVerified: true };
    const account = await insertAccount(inside, made);
    if (account === 'username_taken') {
      if (settling.byCode) await markProved(db, registration.id);
      return { outcome: 'username_taken' };
    }
    if (account === 'email_taken') {
      await markOvertaken(inside, registration.id);
      return { outcome: 'email_taken' };
    }
    await markConfirmed(inside, { id: registration.id, accountId: account.id, passwordHash, elsewhere });
    await welcome(inside, { account, registration: { ...registration, terms }, source: settling.source });
    return { outcome: 'confirmed' };
  });
}

function usernameFor(
  { config }: RegistrationDeps,
  registration: Registration,
  typed: string | undefined,
): ReturnType<typeof canonicalUsername> | 'unusable' {
  const { reservedUsernames, requiredFields } = config.registration;
  const wanted = typed ?? registration.username ?? '';
  if (wanted.trim() === '') return requiredFields.includes('username') ? 'unusable' : undefined;
  return canonicalUsername(wanted, reservedUsernames) ?? 'unusable';
}

async function welcome(
  inside: RegistrationDeps,
  { account, registration, source }: { account: Account; registration: Registration; source: Source | undefined },
): Promise<void> {
  const { language, clientId, terms } = registration;
  await writeMail(inside, {
    to: account.email,
    accountId: account.id,
    language,
    message: { mail: 'welcome', accountLink: `${inside.config.issuer}/account` },
  });
  const details = terms === undefined ? {} : { terms_version: terms.version };
  await recordEvent(inside, { event: 'account.registered', accountId: account.id, clientId, source, details });
}

export function outcomeOf({ state }: Registration): Confirmation {
  switch (state) {
    case 'confirmed':
    case 'finished':
      return { outcome: 'confirmed' };
    case 'overtaken':
      return { outcome: 'email_taken' };
    case 'proved':
      return { outcome: 'username_taken' };
    case 'waiting':
      return { outcome: 'code_void' };
  }
}

/**
 * The account that the sign-in goes on with, once: not where the password was chosen in another browser, nor where it has
 * been changed since.
 */
export async function takeUpAccount(
  deps: Pick<RegistrationDeps, 'db'>,
  registrationId: string,
): Promise<Account | undefined> {
  const finished = await finishRegistration(deps.db, registrationId);
  if (finished === undefined) return undefined;
  const account = await findAccount(deps.db, finished.accountId);
  if (account === undefined || !isUsable(account)) return undefined;
  const passwordHash = await findPasswordHash(deps.db, account.id);
  const isSame = passwordHash !== undefined && equalInConstantTime(passwordHash, finished.passwordHash);
  return isSame ? account : undefined;
}
