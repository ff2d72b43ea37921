// How fresh and how strong a sign-in a page wants, and what of it is missing.
import type { Account } from '../accounts/account.ts';
import { ACCOUNT_CENTRE_ID } from '../clients/live/built-in.ts';
import { epochSeconds } from '../clock.ts';
import { secondFactorDemand } from '../provider/step-up/required-acr.ts';
import { heldRoles } from '../roles/held.ts';
import { hasSecondFactor } from '../second-factors/second-factor.ts';
import type { SignedInDeps } from './deps.ts';
import type { SignedIn } from './signed-in.ts';

export interface Demand {
  /** Since the person last proved who they are. */
  readonly maxAgeSeconds?: number | undefined;
  /** Who has a second factor has to have used it, also on a device that is trusted. */
  readonly secondFactor?: 'if_enrolled' | undefined;
}

/** For what changes how somebody gets in, or cannot be taken back (OWASP ASVS 7.5.1). */
export const FRESH: Demand = { maxAgeSeconds: 300, secondFactor: 'if_enrolled' };

/** What an authorization request has to bring. */
export interface Missing {
  readonly maxAgeSeconds?: number | undefined;
  readonly secondFactor: boolean;
}

/** Undefined if the sign-in will do. Asked at every request: a factor or a role can be new since the sign-in. */
export async function missingFor(
  deps: SignedInDeps,
  me: SignedIn | undefined,
  { maxAgeSeconds, secondFactor }: Demand,
): Promise<Missing | undefined> {
  if (me === undefined) return { maxAgeSeconds, secondFactor: false };
  const needsFactor = me.session.acr !== 'mfa' && (await needsSecondFactor(deps, me.account, secondFactor));
  if (!needsFactor && isRecent(deps, me, maxAgeSeconds)) return undefined;
  return { maxAgeSeconds, secondFactor: needsFactor };
}

/** Whether a request that asked for it has brought it. */
export const isBrought = (deps: SignedInDeps, me: SignedIn, asked: Missing): boolean =>
  (me.session.acr === 'mfa' || !asked.secondFactor) && isRecent(deps, me, asked.maxAgeSeconds);

const isRecent = ({ clock }: SignedInDeps, { session }: SignedIn, maxAgeSeconds = Number.POSITIVE_INFINITY): boolean =>
  epochSeconds(clock.now()) - session.authTime <= maxAgeSeconds;

async function needsSecondFactor(
  { config, db, clock, clients }: SignedInDeps,
  { id }: Account,
  secondFactor: Demand['secondFactor'],
): Promise<boolean> {
  const client = clients().get(ACCOUNT_CENTRE_ID);
  if (secondFactorDemand({ config, client }, await heldRoles({ db, clock }, id)) !== undefined) return true;
  return secondFactor === 'if_enrolled' && (await hasSecondFactor(db, id));
}
