// Sends what is due. A mail leaves once: it is leased to one process for longer than an attempt can take.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../observability/logger.ts';
import { secondsToWait } from '../outbox/back-off.ts';
import { createWorker, type Worker } from '../outbox/worker.ts';
import { claimMail, type Failure, type Mail, type MailDeps, markDelivered, markFailed, openMessage } from './outbox.ts';
import type { MailRenderer, Rendered } from './render.ts';
import { type MailServer, smtpFailure } from './smtp.ts';
import { whenMailsWait } from './waking.ts';

export interface MailDeliveryDeps extends MailDeps {
  readonly route: MailRoute;
  readonly render: MailRenderer;
  readonly log: Logger;
}

export type MailRoute =
  | { readonly to: 'mail_server'; readonly server: MailServer }
  /** Development without a mail server: shown on a page, and told in the log. */
  | { readonly to: 'development'; readonly show: (mail: Mail, rendered: Rendered) => void }
  /** Production without one: mails wait for it. */
  | { readonly to: 'nowhere' };

/** Milliseconds for the whole of an attempt; who is slow by half a minute at each step is waited for. */
const ATTEMPT_MS = 240_000;
/** Longer than an attempt, so that two processes never send the same mail at once. What a process held that died waits for this. */
export const LEASE_SECONDS = 300;
/** Milliseconds that a stopping server leaves to mails under way. */
const STOP_MS = 5_000;
const AT_ONCE = 4;
/** Attempts: a mailbox may be full, or an address just being made. */
const REFUSED_ATTEMPTS = 4;
/** The first wait after a refusal; mail servers that put off strangers ask for minutes. */
const REFUSED_SECONDS = 60;

const TOO_SLOW = `not taken within ${ATTEMPT_MS / 1000} s`;

type Claimed = Mail & { readonly content: string | null };

export function createMailDelivery(deps: MailDeliveryDeps): Worker {
  const stopping = new AbortController();
  const worker = createWorker<Claimed>({
    atOnce: AT_ONCE,
    claim: () => claimMail(deps, LEASE_SECONDS),
    attempt: (mail) => attemptMail(deps, mail, stopping.signal),
    onUnavailable: (err) => deps.log.warn({ event: 'mail.unavailable', err }, 'Looked for again every second.'),
  });
  let stopListening = () => {};
  return {
    ...worker,
    start() {
      stopListening = whenMailsWait(deps.db, worker.wake);
      worker.start();
    },
    async stop() {
      stopListening();
      const timer = setTimeout(() => stopping.abort(new Error('the server was stopped')), STOP_MS);
      await worker.stop();
      clearTimeout(timer);
      if (deps.route.to === 'mail_server') deps.route.server.close();
    },
  };
}

/** Never rejects. */
async function attemptMail(deps: MailDeliveryDeps, mail: Claimed, stopping: AbortSignal): Promise<void> {
  const begun = performance.now();
  try {
    const failure = await send(deps, mail, stopping);
    if (failure !== undefined) return await settleFailure(deps, mail, failure);
    await settleDelivered(deps, mail, { begun, stopping });
    deps.log.info({ event: 'mail.delivered', ...about(mail) });
  } catch (err) {
    // When the lease ends it is tried again, with the same Message-ID.
    deps.log.warn({ event: 'mail.not_settled', ...about(mail), err });
  }
}

/** Undefined when it has been taken over. */
async function send(deps: MailDeliveryDeps, mail: Claimed, stopping: AbortSignal): Promise<Failure | undefined> {
  const { route } = deps;
  if (route.to === 'nowhere') {
    return { reason: 'no mail server is configured (mail.smtp_url)', retryInSeconds: secondsToWait(mail.attempts) };
  }
  const rendered = rendering(deps, mail);
  if ('reason' in rendered) return rendered;
  if (route.to === 'development') {
    route.show(mail, rendered);
    return undefined;
  }
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(ATTEMPT_MS)]);
  try {
    const letter = { id: mail.id, to: mail.to, date: mail.createdAt, ...rendered };
    await route.server.send(letter, signal);
    return undefined;
  } catch (error) {
    const why = stopping.aborted ? 'the server was stopped' : signal.aborted ? TOO_SLOW : undefined;
    return why === undefined ? failureOf(mail, error) : { reason: why, retryInSeconds: secondsToWait(mail.attempts) };
  }
}

function rendering({ box, render }: MailDeliveryDeps, mail: Claimed): Rendered | Failure {
  try {
    return render(openMessage(box, mail), { language: mail.language, at: mail.createdAt });
  } catch (error) {
    // Another master secret, or a message that only another release knows: an operator can mend both.
    const reason = `cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    return { reason, retryInSeconds: secondsToWait(mail.attempts) };
  }
}

function failureOf({ attempts }: Mail, error: unknown): Failure {
  const { reason, isRefusal } = smtpFailure(error);
  if (!isRefusal) return { reason, retryInSeconds: secondsToWait(attempts) };
  const isLast = attempts >= REFUSED_ATTEMPTS;
  return { reason, retryInSeconds: isLast ? undefined : secondsToWait(attempts, REFUSED_SECONDS) };
}

/**
 * The mail has left: that must be known before the lease ends, or it leaves again. A database that is away for a moment
 * is waited for. A process that dies right here is the one way to a second copy, which has the same Message-ID.
 */
async function settleDelivered(
  deps: MailDeliveryDeps,
  mail: Mail,
  { begun, stopping }: { begun: number; stopping: AbortSignal },
): Promise<void> {
  const content = deps.route.to === 'development' ? 'keep' : 'erase';
  for (;;) {
    try {
      return await markDelivered(deps, mail, content);
    } catch (error) {
      if (stopping.aborted || performance.now() - begun > (LEASE_SECONDS - 5) * 1000) throw error;
      await sleep(1_000);
    }
  }
}

async function settleFailure(deps: MailDeliveryDeps, mail: Mail, failure: Failure): Promise<void> {
  const { reason } = failure;
  if (await markFailed(deps, mail, failure)) {
    deps.log.info({ event: 'mail.failed', ...about(mail), reason });
    return;
  }
  deps.log.warn({ event: 'mail.given_up', ...about(mail), reason }, GIVEN_UP);
}

/** Not to whom: an address is nothing for the log. */
const about = ({ id, name, accountId, attempts }: Mail) => ({ mailId: id, mail: name, accountId, attempts });

const GIVEN_UP = 'Nobody was told. "gatehouse mail list" shows it, "gatehouse mail retry" tries again.';
