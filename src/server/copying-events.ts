// A copy of every event that this process has committed, on standard output: one JSON line each, among those of the log.
import { copyEvents } from '../audit/audit-log.ts';
import { eventRecord, jsonLine } from '../audit/found-event.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../database/database.ts';
import { type Logger, standardOutput } from '../observability/logger.ts';

export interface Output {
  write(text: string): unknown;
}

/** A line is `{"audit":{…}}`, which tells it from a line of the log. */
export function copyEventsIfAsked(
  { db, log }: { readonly db: Db; readonly log: Logger },
  { stdout }: Config['audit'],
  output: Output = standardOutput(),
): void {
  if (!stdout) return;
  copyEvents(db, (event) => {
    try {
      output.write(`${jsonLine({ audit: eventRecord(event) })}\n`);
    } catch (err) {
      // The change is committed and its event with it; nobody is told that either failed.
      log.error({ event: 'audit.not_copied', id: event.id, err });
    }
  });
}
