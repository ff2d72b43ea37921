// One attempt to tell one app.
import { secondsToWait } from '../outbox/back-off.ts';
import type { Outgoing } from '../outgoing/outgoing.ts';
import { whyUnreachable } from '../outgoing/why-unreachable.ts';
import type { Failure, Notice } from './logout-notices.ts';

/** Where an app wants to be told, as its file says now. */
export interface Receiver {
  readonly uri: string;
  readonly sessionRequired: boolean;
}

export type ReceiverOf = (clientId: string) => Receiver | 'wants_none' | 'unknown';

export interface DeliverDeps {
  readonly receiverOf: ReceiverOf;
  /** The logout token, signed anew for each attempt: it lives for two minutes. */
  readonly tokenFor: (notice: Notice) => Promise<string>;
  readonly outgoing: Outgoing;
}

export type Attempt =
  | { readonly outcome: 'delivered' }
  /** The app is not to be told (any longer). */
  | { readonly outcome: 'void'; readonly why: string }
  | ({ readonly outcome: 'failed' } & Failure);

/** Milliseconds for the whole of it: an app has to take note, not to do all its work (Back-Channel Logout section 2.5). */
const TIMEOUT_MS = 5_000;

/**
 * Attempts. With 400 an app says that it understood and could not do it (Back-Channel Logout 1.0 section 2.8): that may
 * have been a key it had not seen, or a clock, and is over soon or never.
 */
const REFUSED_ATTEMPTS = 4;

/** Never rejects. */
export async function deliver(deps: DeliverDeps, notice: Notice): Promise<Attempt> {
  const receiver = deps.receiverOf(notice.clientId);
  // A file may be missing for a moment, while it is moved or mounted.
  if (receiver === 'unknown') return failed(notice, 'there is no file for this client');
  if (receiver === 'wants_none') return { outcome: 'void', why: 'the client has no backchannel_logout_uri' };
  if (!isMeantFor(receiver, notice)) return { outcome: 'void', why: 'the client is told in another way' };
  try {
    const status = await post(deps, receiver.uri, await deps.tokenFor(notice));
    // Section 2.8 says 200; 204, and 202 from a queue, say no less.
    if (status >= 200 && status < 300) return { outcome: 'delivered' };
    const isLast = status === 400 && notice.attempts >= REFUSED_ATTEMPTS;
    return failed(notice, `answers ${status}`, isLast);
  } catch (error) {
    return failed(notice, whyUnreachable(error, TIMEOUT_MS));
  }
}

/** When all of an account ends: one message about all of it, or for an app that needs names, one for each session. */
const isMeantFor = ({ sessionRequired }: Receiver, { ended, sid }: Notice): boolean =>
  ended === 'session' || sessionRequired === (sid !== undefined);

const failed = ({ attempts }: Notice, reason: string, isLast = false): Attempt => ({
  outcome: 'failed',
  reason,
  retryInSeconds: isLast ? undefined : secondsToWait(attempts),
});

async function post({ outgoing }: DeliverDeps, uri: string, token: string): Promise<number> {
  const response = await outgoing(uri, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: token }).toString(),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  // What an app has to say beyond the status, however long, is not read.
  await response.body?.cancel();
  return response.status;
}
