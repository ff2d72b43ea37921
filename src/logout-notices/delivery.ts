// Tells apps what is due: a few at a time, one at a time for each host, so that an app that is down holds nobody up.
import type { Logger } from '../observability/logger.ts';
import { type Attempt, type DeliverDeps, deliver } from './deliver.ts';
import { claimNotice, dropNotice, markDelivered, markFailed, type Notice, type NoticeDeps } from './logout-notices.ts';

export interface DeliveryDeps extends NoticeDeps, DeliverDeps {
  /** The clients that are told at the same host, this one among them. */
  readonly neighboursOf: (clientId: string) => readonly string[];
  readonly log: Logger;
}

export interface Delivery {
  start(): void;
  /** Looks now: something has just been written. */
  wake(): void;
  /** Begins nothing new, and waits for what is under way: seconds at most. What remains is in the outbox. */
  stop(): Promise<void>;
}

/** Deliveries at once. Each waits for an app and holds no connection to the database. */
const AT_ONCE = 8;
/** Milliseconds. What other processes write, the command line among them, is found by looking. */
const LOOK_EVERY_MS = 1_000;
/** Far more than an attempt takes. */
const LEASE_SECONDS = 60;

export function createDelivery(deps: DeliveryDeps): Delivery {
  const underWay = new Map<Promise<void>, Notice>();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let outage = false;

  const wake = () => {
    if (stopped) return;
    again = true;
    round ??= look().finally(() => {
      round = undefined;
      if (again) wake();
    });
  };

  async function look(): Promise<void> {
    again = false;
    try {
      while (!stopped && underWay.size < AT_ONCE) {
        const exceptClients = [...underWay.values()].flatMap(({ clientId }) => deps.neighboursOf(clientId));
        const notice = await claimNotice(deps, { leaseSeconds: LEASE_SECONDS, exceptClients });
        outage = false;
        if (notice === undefined) return;
        const attempt = attemptNotice(deps, notice).finally(() => {
          underWay.delete(attempt);
          wake();
        });
        underWay.set(attempt, notice);
      }
    } catch (err) {
      if (!outage) deps.log.warn({ event: 'logout_notices.unavailable', err }, 'Looked for again every second.');
      outage = true;
    }
  }

  return {
    wake,
    start() {
      timer = setInterval(wake, LOOK_EVERY_MS);
      timer.unref();
      wake();
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await round;
      await Promise.all(underWay.keys());
    },
  };
}

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
