// Tells the database what this process serves: at the start, whenever its clients change, and once a minute.
import type { LiveClients } from '../clients/live/live-clients.ts';
import { noteServed, noteStopped } from '../clients/live/served-configurations.ts';
import { describeConfiguration } from '../clients/plan/describe-served.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Surroundings } from '../config/load.ts';
import { newId } from '../crypto/identifiers.ts';
import type { Db } from '../database/database.ts';
import type { Logger } from '../observability/logger.ts';
import { VERSION } from '../package.ts';
import { processName } from './server-events.ts';

const INTERVAL_MS = 60_000;

export interface ServingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: Config;
  readonly live: LiveClients;
  /** Told the digest of it, each time. */
  readonly onServed?: ((digest: string) => void) | undefined;
}

/** Resolves when it has told once; returns the way to say that this process stops. Neither rejects. */
export async function startServing(deps: ServingDeps, surroundings: Surroundings): Promise<() => Promise<void>> {
  const { config, live, log, onServed } = deps;
  const self = { instance: newId(), process: processName(), version: VERSION };
  let last = Promise.resolve();
  /** One after the other: what is in force when it is told is what stays written down. */
  const tell = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work).catch((err) => log.error({ event: 'serving.not_told', err }, UNTOLD));
    return last;
  };
  const note = async () => {
    const digest = await noteServed(
      deps,
      self,
      describeConfiguration({ config, clients: live.current() }, surroundings),
    );
    onServed?.(digest);
  };
  const forget = live.onReplace(() => void tell(note));
  const timer = setInterval(() => void tell(note), INTERVAL_MS);
  timer.unref();
  await tell(note);
  return () => {
    forget();
    clearInterval(timer);
    return tell(() => noteStopped(deps, self.instance));
  };
}

const UNTOLD =
  'The database was not told what this process serves; "gatehouse config plan" compares with what it last said.';
