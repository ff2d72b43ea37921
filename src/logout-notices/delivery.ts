// Tells apps what is due: a few at a time, one at a time for each host, so that an app that is down holds nobody up.
import type { Logger } from '../observability/logger.ts';
import { createWorker, type Worker } from '../outbox/worker.ts';
import { type Attempt, type DeliverDeps, deliver } from './deliver.ts';
import { claimNotice, dropNotice, markDelivered, markFailed, type Notice, type NoticeDeps } from './logout-notices.ts';

export interface DeliveryDeps extends NoticeDeps, DeliverDeps {
  /** The clients that are told at the same host, this one among them. */
  readonly neighboursOf: (clientId: string) => readonly string[];
  readonly log: Logger;
}

/** Deliveries at once. */
const AT_ONCE = 8;
/** Far more than an attempt takes. */
const LEASE_SECONDS = 60;

/** Stopping takes as long as an attempt: seconds at most. */
export const createDelivery = (deps: DeliveryDeps): Worker =>
  createWorker<Notice>({
    atOnce: AT_ONCE,
    claim: (underWay) => {
      const exceptClients = underWay.flatMap(({ clientId }) => deps.neighboursOf(clientId));
      return claimNotice(deps, { leaseSeconds: LEASE_SECONDS, exceptClients });
    },
    attempt: (notice) => attemptNotice(deps, notice),
    onUnavailable: (err) =>
      deps.log.warn({ event: 'logout_notices.unavailable', err }, 'Looked for again every second.'),
  });

/** Never rejects. */
async function attemptNotice(deps: DeliveryDeps, notice: Notice): Promise<void> {
  try {
    await settle(deps, notice, await deliver(deps, notice));
  } catch (err) {
    // The lease ends, and it is tried again: with the same jti, so that the app can tell.
    deps.log.warn({ event: 'logout_notice.not_settled', noticeId: notice.id, clientId: notice.clientId, err });
  }
}

async function settle(deps: DeliveryDeps, notice: Notice, attempt: Attempt): Promise<void> {
  const { log } = deps;
  const about = { noticeId: notice.id, clientId: notice.clientId, attempts: notice.attempts };
  switch (attempt.outcome) {
    case 'delivered':
      await markDelivered(deps, notice);
      return log.info({ event: 'logout_notice.delivered', ...about });
    case 'void':
      await dropNotice(deps.db, notice.id);
      // Most apps are not told at all, which is nothing to talk about.
      if (notice.attempts > 1) log.info({ event: 'logout_notice.dropped', ...about, reason: attempt.why });
      return;
    case 'failed':
      if (await markFailed(deps, notice, attempt)) {
        return log.info({ event: 'logout_notice.failed', ...about, reason: attempt.reason });
      }
      return log.warn({ event: 'logout_notice.given_up', ...about, reason: attempt.reason }, GIVEN_UP);
  }
}

const GIVEN_UP = 'The app was not told. "gatehouse logout-notice list" shows it, "logout-notice retry" tries again.';
