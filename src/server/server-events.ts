// What the server itself does, as events: that it has started and stopped, and what became of changed files.
import { hostname } from 'node:os';
import { type AuditEvent, recordEvent } from '../audit/audit-log.ts';
import type { ReloadNews } from '../clients/live/reload.ts';
import type { ToldChanges } from '../clients/live/told-changes.ts';
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
    | 'server.started'
    | 'server.stopped'
    | 'database.migrated'
    | 'configuration.reloaded'
    | 'configuration.restart_awaited'
    | 'configuration.changed_back'
    | 'configuration.reload_failed'
  >,
): Promise<void> {
  try {
    await recordEvent(deps, { actor: 'server', ...event });
  } catch (err) {
    log.error({ event: 'audit.not_recorded', what: event.event, err });
  }
}

/** Files are no part of a transaction: what they have become is in force before it is written down. */
export function recordReload(deps: ServerEventDeps, news: ReloadNews): Promise<void> {
  const process = processName();
  const server = 'configuration:gatehouse.yaml';
  switch (news.outcome) {
    case 'replaced': {
      const details = { ...news.changes, ...toldIn(news.told), process };
      return recordServerEvent(deps, { event: 'configuration.reloaded', subject: 'configuration:clients', details });
    }
    case 'awaits_restart': {
      const details = { keys: news.keys, ...toldIn(news.told), process };
      return recordServerEvent(deps, { event: 'configuration.restart_awaited', subject: server, details });
    }
    case 'changed_back':
      return recordServerEvent(deps, { event: 'configuration.changed_back', subject: server, details: { process } });
    case 'refused': {
      const details = { problems: news.problems.slice(0, MOST_PROBLEMS), count: news.problems.length, process };
      const subject = `configuration:${news.file}` as const;
      return recordServerEvent(deps, { event: 'configuration.reload_failed', subject, outcome: 'failure', details });
    }
  }
}

const toldIn = ({ before, after, leftOut }: ToldChanges) => ({
  before,
  after,
  ...(leftOut === 0 ? {} : { left_out: leftOut }),
});

/** The log has all of them. */
const MOST_PROBLEMS = 20;
