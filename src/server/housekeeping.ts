// What one of all processes does once a minute: forgetting what has expired, apps that are gone for good, and accounts whose owners have left.
import { sweepMailedTokens } from '../accounts/mailed-tokens.ts';
import { sweepEvents } from '../audit/audit-log.ts';
import type { ClientRegistry } from '../clients/client.ts';
import { noteClients } from '../clients/live/known-clients.ts';
import { sweepServed } from '../clients/live/served-configurations.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import { sweepDevices } from '../devices/devices.ts';
import { sweepReferences } from '../explanations/error-references.ts';
import { closeNextHour, sweepFigures } from '../figures/hourly-figures.ts';
import { deleteDueAccounts } from '../leaving/delete-account.ts';
import { sweepCounters } from '../limits/counters.ts';
import { sweepNetworkFailures } from '../limits/network-failures.ts';
import { sweepNotices } from '../logout-notices/logout-notices.ts';
import { sweepMails } from '../mail/outbox.ts';
import type { Logger } from '../observability/logger.ts';
import { deleteExpiredPayloads, type StoreDeps } from '../protocol-store/payloads.ts';
import { SWEEP_BATCH_ROWS } from '../protocol-store/sweep.ts';
import { sweepRegistrations } from '../registrations/registrations.ts';
import { forgetGone, sweepExpiredRights } from '../roles/sweep.ts';
import { sweepAppSignInDays } from '../sessions/app-sign-ins.ts';
import { forgetGoneClients } from '../sessions/forget-gone-clients.ts';
import { sweepSessionDetails } from '../sessions/session-details.ts';
import { sweepSignInCodes } from '../sign-in-codes/sign-in-codes.ts';
import { noteDone, oncePer } from './jobs.ts';

/** One round in each, over all processes. */
const INTERVAL_SECONDS = 60;
/** A little longer, so that who had the last round has the next one too: nobody's tick comes just before its time. */
const TICK_MS = (INTERVAL_SECONDS + 1) * 1000;

export interface HousekeepingDeps extends StoreDeps {
  readonly box: SealedBox;
  readonly log: Logger;
  readonly clients: () => ClientRegistry;
  /** How long events are kept. */
  readonly keptSeconds: number;
  /** Told of the rows that a round has deleted, by kind. */
  readonly onSwept?: ((rows: Readonly<Record<string, number>>) => void) | undefined;
  /** Ends a round early. */
  readonly stopping?: AbortSignal;
}

/**
 * Keys are looked after by every process: each may need an algorithm of its own. Returns the way to stop, which waits for a
 * batch under way and not for the round: of a million rows a round takes minutes, and the next one finds what is left.
 */
export function startHousekeeping(deps: HousekeepingDeps, turnKeys: () => Promise<void>): () => Promise<void> {
  const stop = new AbortController();
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = round.then(() => keepHouseInTurn({ ...deps, stopping: stop.signal })).then(turnKeys);
  }, TICK_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    stop.abort();
    await round;
  };
}

/** A round, unless a process has begun one within the interval. Never rejects. */
export async function keepHouseInTurn(deps: HousekeepingDeps): Promise<void> {
  try {
    if (deps.stopping?.aborted || !(await oncePer(deps, INTERVAL_SECONDS, 'housekeeping'))) return;
    if (await keepHouse(deps)) await noteDone(deps, 'housekeeping');
  } catch (err) {
    deps.log.error({ event: 'sweep.failed', err });
  }
}

/** One round; whether all of it was done. Never rejects: what fails is tried again in the next one. */
export async function keepHouse(all: HousekeepingDeps): Promise<boolean> {
  const { log, clients, keptSeconds, onSwept, stopping, ...deps } = all;
  const inBatches = batchesUntil(stopping);
  try {
    const payloads = await inBatches((batch) => deleteExpiredPayloads(deps, batch));
    const counters = await inBatches((batch) => sweepCounters(deps, batch));
    const notices = await inBatches((batch) => sweepNotices(deps, batch));
    const mails = await inBatches((batch) => sweepMails(deps, batch));
    const references = await inBatches((batch) => sweepReferences(deps, batch));
    const links = await inBatches((batch) => sweepMailedTokens(deps, batch));
    const sessions = await inBatches((batch) => sweepSessionDetails(deps, batch));
    const events = await inBatches((batch) => sweepEvents(deps, { batch, keptSeconds }));
    const networks = await inBatches((batch) => sweepNetworkFailures(deps, batch));
    const devices = await inBatches((batch) => sweepDevices(deps, batch));
    const registrations = await inBatches((batch) => sweepRegistrations(deps, batch));
    const signInCodes = await inBatches((batch) => sweepSignInCodes(deps, batch));
    const figures = await inBatches((batch) => sweepFigures(deps, batch));
    const signInDays = await inBatches((batch) => sweepAppSignInDays(deps, batch));
    const rights = await inBatches((batch) => sweepExpiredRights(deps, batch));
    const swept = {
      payloads,
      counters,
      notices,
      mails,
      references,
      links,
      registrations,
      signInCodes,
      sessions,
      events,
      networks,
      devices,
      figures,
      signInDays,
      rights,
    };
    onSwept?.(swept);
    if (Object.values(swept).some((rows) => rows > 0)) log.debug({ event: 'sweep.done', ...swept });
    await closeHours(deps, stopping);
    for (const forgotten of await forgetGone(deps)) log.info({ event: 'roles.forgotten', forgotten });
    await noteClients(deps, [...clients().keys()]);
    for (const forgotten of await forgetGoneClients(deps)) log.info({ event: 'client.forgotten', ...forgotten });
    for (const accountId of await deleteDueAccounts(deps)) log.info({ event: 'account.deleted', accountId });
    await sweepServed(deps);
    return true;
  } catch (err) {
    if (!stopping?.aborted) log.error({ event: 'sweep.failed', err });
    return false;
  }
}

/** A wide attack leaves many: what is not deleted in this round would wait for the next. */
const batchesUntil =
  (stopping: AbortSignal | undefined) =>
  async (sweep: (batch: number) => Promise<number>): Promise<number> => {
    let deleted = 0;
    for (;;) {
      stopping?.throwIfAborted();
      const count = await sweep(SWEEP_BATCH_ROWS);
      deleted += count;
      if (count < SWEEP_BATCH_ROWS) return deleted;
    }
  };

/** After a long time away there are many; the rest waits for the next round. */
const HOURS_A_ROUND = 500;

async function closeHours(deps: StoreDeps, stopping: AbortSignal | undefined): Promise<void> {
  for (let hours = 0; hours < HOURS_A_ROUND; hours += 1) {
    stopping?.throwIfAborted();
    if (!(await closeNextHour(deps))) return;
  }
}
