// gatehouse audit list: what happened, newest first.
import { eventRecord, type FoundEvent } from '../../audit/found-event.ts';
import { readEventCursor } from '../../audit/read-filters.ts';
import { searchEvents } from '../../audit/search-events.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { quoted, table } from '../output.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { type FilterOptions, filtersFrom } from './filters.ts';

export interface Listed extends FilterOptions {
  readonly limit: number;
  readonly before?: string;
}

export const listAudit = (invocation: Invocation, { limit, before, ...options }: Listed): Promise<Answer> =>
  withDatabase(commandConfig(invocation), async ({ db }) => {
    if (before !== undefined && readEventCursor(before) === undefined) throw noCursor(before);
    const filters = await filtersFrom(db, options);
    const { events, older } = await searchEvents(db, { filters, before, limit });
    return { result: { events: events.map(eventRecord), older }, text: shown(events, older) };
  });

const HEADINGS = ['ID', 'AT', 'EVENT', 'OUTCOME', 'ACCOUNT', 'SUBJECT', 'ACTOR', 'CLIENT', 'ADDRESS'];

function shown(events: readonly FoundEvent[], older: string | undefined): string {
  if (events.length === 0) return 'There is no such event.';
  const listed = table(HEADINGS, events.map(row));
  return older === undefined ? listed : `${listed}\n\nThere are older ones: --before ${older}`;
}

const row = (event: FoundEvent) => [
  event.id,
  event.at,
  event.event,
  event.outcome,
  event.accountId,
  event.subject,
  event.actor,
  event.clientId,
  event.address,
];

const noCursor = (before: string): CommandFailed =>
  new CommandFailed('invalid', `${quoted(before)} is not the id of an event, as the list shows them.`);
