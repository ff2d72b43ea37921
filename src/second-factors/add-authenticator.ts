// One more authenticator for somebody who is signed in, or their first.
import { lockAccountUnchanged } from '../accounts/lock-account.ts';
import { findPasswordChange } from '../accounts/password-age.ts';
import { languageFor } from '../accounts/telling.ts';
import { newId } from '../crypto/identifiers.ts';
import { atomically } from '../database/atomically.ts';
import { secondFactorLimit } from '../limits/limits.ts';
import { endEverythingOf } from '../sessions/end-everything.ts';
import { textsIn } from '../texts/messages.ts';
import { freeName } from './authenticator-name.ts';
import type { FactorDeps } from './deps.ts';
import { checkFirstCode, type FirstCode } from './enrol-totp.ts';
import { type Change, tellFactorAdded } from './notices.ts';
import { newRecoveryCodes, replaceRecoveryCodes } from './recovery-codes.ts';
import { newTotpSecret } from './totp.ts';
import { hasTotpSecret, insertTotpSecret, listAuthenticators } from './totp-secrets.ts';

/** A guess may hit any of them, so each one makes guessing easier: five by five tries are 75 in a million (T38). */
export const MOST_AUTHENTICATORS = 5;

/** Shown, not yet confirmed. The identifier becomes the row's, so that one secret is added once. */
export interface PendingAuthenticator {
  readonly id: string;
  readonly secret: string;
}

export const newPendingAuthenticator = (): PendingAuthenticator => ({ id: newId(), secret: newTotpSecret() });

export type Addition =
  /** With the recovery codes that came with the first one; none otherwise. */
  | { readonly outcome: 'added'; readonly name: string; readonly recoveryCodes: readonly string[] }
  | { readonly outcome: 'already_added' }
  | { readonly outcome: 'name_taken' }
  | { readonly outcome: 'too_many_authenticators' }
  /** The password was changed meanwhile: whoever asked has to sign in again. */
  | { readonly outcome: 'superseded' }
  | Exclude<FirstCode, { outcome: 'right' }>;

/**
 * Whoever calls this has made sure that the person has just proved who they are. The code that confirms is spent by it.
 * With the first one everything ends that was begun by a password alone.
 * @throws Refusal `busy` (503)
 */
export async function addAuthenticator(
  deps: FactorDeps,
  { account, by, pending, code, name: wanted, exceptSession }: Change & AdditionRequest,
): Promise<Addition> {
  const accountId = account.id;
  const passwordChange = await findPasswordChange(deps.db, accountId);
  const limit = secondFactorLimit(deps.config.limits, accountId);
  const first = await checkFirstCode(deps, { limit, secret: pending.secret, code });
  if (first.outcome !== 'right') return first;
  // Before the transaction: it lasts a few statements, not ten hashes.
  const codes = (await hasTotpSecret(deps.db, accountId)) ? undefined : await newRecoveryCodes(deps.hasher);
  return atomically(deps.db, async (tx): Promise<Addition> => {
    const inside = { ...deps, db: tx };
    if (!(await lockAccountUnchanged(tx, { accountId, passwordChange }))) return { outcome: 'superseded' };
    const held = await listAuthenticators(tx, accountId);
    if (held.some(({ id }) => id === pending.id)) return { outcome: 'already_added' };
    if (held.length >= MOST_AUTHENTICATORS) return { outcome: 'too_many_authenticators' };
    const name = wanted ?? freeName(held, textsIn(languageFor(account, by.language))('factors.usual_name'));
    if (held.some((each) => each.name === name)) return { outcome: 'name_taken' };
    await insertTotpSecret(inside, { ...pending, accountId, name, lastStep: first.step });
    const isFirst = held.length === 0 && codes !== undefined;
    if (isFirst) {
      await replaceRecoveryCodes(inside, accountId, codes);
      await endEverythingOf(inside, accountId, { exceptSession });
    }
    await tellFactorAdded(inside, { account, by, name });
    return { outcome: 'added', name, recoveryCodes: isFirst ? codes.codes : [] };
  });
}

interface AdditionRequest {
  readonly pending: PendingAuthenticator;
  readonly code: string;
  /** As `authenticatorNameFrom` gives it; the next usual one unless stated. */
  readonly name?: string | undefined;
  /** The session of the browser in which it happens; it goes on. */
  readonly exceptSession: string;
}
