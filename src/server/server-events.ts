// What the server itself does, as events: that it has started and stopped, and what became of changed files.
import { hostname } from 'node:os';
import { type AuditEvent, recordEvent } from '../audit/audit-log.ts';
import type { ReloadNews } from '../clients/live/reload.ts';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import type { Logger } from '../observability/logger.ts';

export interface ServerEventDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
}

/** For people; as `config plan` calls this process. */
export const processName = (): string => `${hostname()}:${process.pid}`;

/** Never rejects: it has happened, whether or not it can be written down. */
export async function recordServerEvent(
  { log, ...deps }: ServerEventDeps,
  event: AuditEvent<
    'server.started' | 'server.stopped' | 'database.migrated' | 'configuration.reloaded' | 'configuration.reload_failed'
  >,
): Promise<void> {
  try {
    await recordEvent(deps, { actor: 'server', ...event });
  } catch (err) {
    log.error({ event: 'audit.not_recorded', what: event.event, err });
  }
}

/** Files are no part of a transaction: what they have become is in force before it is written down. */
export const recordReload = (deps: ServerEventDeps, news: ReloadNews): Promise<void> => {
  const subject = 'configuration:clients';
  if (news.outcome === 'replaced') {
    const details = { ...news.changes, process: processName() };
    return recordServerEvent(deps, { event: 'configuration.reloaded', subject, details });
  }
  const problems = news.problems.slice(0, MOST_PROBLEMS);
  const details = { problems, count: news.problems.length, process: processName() };
  return recordServerEvent(deps, { event: 'configuration.reload_failed', subject, outcome: 'failure', details });
};

/** The log has all of them. */
const MOST_PROBLEMS = 20;
