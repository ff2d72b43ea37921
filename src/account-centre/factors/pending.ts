// An authenticator that is shown and not yet confirmed: sealed in its form, for this account in this session, for a while.
import { z } from 'zod';
import { epochSeconds } from '../../clock.ts';
import { SealBroken } from '../../crypto/sealed-box.ts';
import { newPendingAuthenticator, type PendingAuthenticator } from '../../second-factors/add-authenticator.ts';
import { FRESH } from '../../signed-in/demand.ts';
import type { SignedIn } from '../../signed-in/signed-in.ts';
import type { AccountDeps } from '../deps.ts';

/** Seconds: finding and installing an app takes longer than a sign-in stays fresh. */
const PENDING_SECONDS = 600;

/** The page is opened by a fresh sign-in; its form may come as long after as the key is good. */
export const CONFIRMING = { ...FRESH, maxAgeSeconds: (FRESH.maxAgeSeconds ?? 0) + PENDING_SECONDS };

const content = z.object({ id: z.string(), secret: z.string(), until: z.number() });

/** Part of what is sealed: in another session, or for another person, it opens nothing. */
const placeOf = ({ account, session }: SignedIn): string => `account-centre.authenticator:${account.id}:${session.uid}`;

export function sealNewPending({ box, clock }: AccountDeps, me: SignedIn): string {
  const until = epochSeconds(clock.now()) + PENDING_SECONDS;
  return box.seal(JSON.stringify({ ...newPendingAuthenticator(), until }), placeOf(me));
}

/** Undefined for one that is too old, or not of our making. */
export function openPending(
  { box, clock }: AccountDeps,
  me: SignedIn,
  sealed: string,
): PendingAuthenticator | undefined {
  try {
    const { until, ...pending } = content.parse(JSON.parse(box.open(sealed, placeOf(me))));
    return until > epochSeconds(clock.now()) ? pending : undefined;
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}
