// Events as a file, newest first: JSON lines or CSV, a batch at a time however many there are.
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { Db } from '../database/database.ts';
import { EVENT_COLUMNS, eventRecord, type FoundEvent, jsonLine } from './found-event.ts';
import { type EventFilters, searchEvents } from './search-events.ts';

export const EXPORT_FORMATS = ['jsonl', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  jsonl: 'application/jsonl; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** Rows that are in memory at once. */
const BATCH_ROWS = 500;

/** Read no faster than it is taken. Whoever gives it up destroys it. What is written meanwhile is newer, and not in it. */
export function exportEvents(
  db: Db,
  { filters, format }: { readonly filters: EventFilters; readonly format: ExportFormat },
): Readable {
  const events = eventsInTurn(db, filters);
  return format === 'csv' ? csv(events) : Readable.from(lines(events));
}

async function* eventsInTurn(db: Db, filters: EventFilters): AsyncGenerator<FoundEvent> {
  let before: string | undefined;
  do {
    const page = await searchEvents(db, { filters, before, limit: BATCH_ROWS });
    yield* page.events;
    before = page.older;
  } while (before !== undefined);
}

async function* lines(events: AsyncIterable<FoundEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${jsonLine(eventRecord(event))}\n`;
}

async function* rows(events: AsyncIterable<FoundEvent>) {
  for await (const event of events) yield { ...eventRecord(event), details: jsonLine(event.details) };
}

/** RFC 4180. A value that a spreadsheet would take for a formula begins with an apostrophe. */
function csv(events: AsyncIterable<FoundEvent>): Readable {
  const records = Readable.from(rows(events));
  const table = stringify({
    header: true,
    columns: [...EVENT_COLUMNS],
    record_delimiter: '\r\n',
    escape_formulas: true,
  });
  records.on('error', (error) => table.destroy(error));
  table.on('close', () => records.destroy());
  return records.pipe(table);
}
