// An import in the records: that it began, and what was done when it ended, also before the end of its file.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditDeps, recordEvent } from '../audit/audit-log.ts';
import type { Counts } from './import-accounts.ts';

/** `failed`: by whatever broke besides the file, the database for one. */
export type ImportEnd = 'whole' | 'unreadable' | 'stopped' | 'failed';

export const recordBeginning = (deps: AuditDeps, file: string): Promise<void> =>
  recordEvent(deps, { event: 'accounts.import_started', actor: 'operator', details: { file } });

/** What has failed is told to whoever called, and not that it could not be written down as well. */
export async function recordEnd(
  deps: AuditDeps,
  { file, counts: { rows: _rows, ...counts }, end }: { file: string; counts: Counts; end: ImportEnd },
): Promise<void> {
  const record = () =>
    recordEvent(deps, {
      event: 'accounts.imported',
      actor: 'operator',
      details: { ...counts, file, ...(end === 'whole' ? {} : { reason: end }) },
      outcome: counts.refused === 0 && end === 'whole' ? 'success' : 'failure',
    });
  if (end === 'failed') await patiently(record);
  else await record();
}

/** Milliseconds: together as long as a database takes to start again. */
const PAUSES_MS = [0, 500, 2000, 5000];

async function patiently(record: () => Promise<void>): Promise<void> {
  for (const pause of PAUSES_MS) {
    await sleep(pause);
    try {
      await record();
      return;
    } catch {}
  }
}
