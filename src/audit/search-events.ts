// Finds events by what is asked for, newest first, a page at a time: for administrators, their programs, and exports.
import type { Db } from '../database/database.ts';
import { isOlderThan } from './audit-log.ts';
import { EVENT_NAMES, type EventName } from './events.ts';
import { EVENT_COLUMNS, type FoundEvent, foundEvent } from './found-event.ts';

/** What is left out is not asked for. All of it together must hold. */
export interface EventFilters {
  /** Whose event it is. */
  readonly accountId?: string | undefined;
  /** Who did it: `account:<id>`, `client:<id>`, `operator`, `server`. */
  readonly actor?: string | undefined;
  /** A name of the catalogue, or the beginning of several up to a dot: `sign_in.` */
  readonly event?: string | undefined;
  readonly clientId?: string | undefined;
  /** `role:editor` */
  readonly subject?: string | undefined;
  readonly outcome?: 'success' | 'failure' | undefined;
  /** Canonical IP address. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
  /** From this moment on. */
  readonly from?: Date | undefined;
  /** Before this moment. */
  readonly until?: Date | undefined;
}

export interface EventSearch {
  readonly filters?: EventFilters;
  /** The id of an event: only those that come after it on the list, so the older ones. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface EventPage {
  readonly events: readonly FoundEvent[];
  /** `before` of the next page; undefined where there is none. */
  readonly older: string | undefined;
}

/** Ordered by time, and by id where two have the same: every index of the table ends with these two. */
export async function searchEvents(db: Db, { filters = {}, before, limit }: EventSearch): Promise<EventPage> {
  const names = filters.event === undefined ? undefined : namesLike(filters.event);
  if (names?.length === 0) return { events: [], older: undefined };
  const { accountId, actor, clientId, subject, outcome, address, requestId, from, until } = filters;
  const rows = await db
    .selectFrom('audit_events')
    .select(EVENT_COLUMNS)
    .$if(accountId !== undefined, (query) => query.where('account_id', '=', String(accountId)))
    .$if(actor !== undefined, (query) => query.where('actor', '=', String(actor)))
    .$if(names !== undefined, (query) => query.where('event', 'in', names ?? []))
    .$if(clientId !== undefined, (query) => query.where('client_id', '=', String(clientId)))
    .$if(subject !== undefined, (query) => query.where('subject', '=', String(subject)))
    .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome ?? 'success'))
    .$if(address !== undefined, (query) => query.where('address', '=', String(address)))
    .$if(requestId !== undefined, (query) => query.where('request_id', '=', String(requestId)))
    .$if(from !== undefined, (query) => query.where('at', '>=', from as Date))
    .$if(until !== undefined, (query) => query.where('at', '<', until as Date))
    .$if(before !== undefined, (query) => query.where(isOlderThan(String(before))))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    // One more than is asked for says whether there are older ones.
    .limit(limit + 1)
    .execute();
  const events = rows.slice(0, limit).map(foundEvent);
  return { events, older: rows.length > limit ? events.at(-1)?.id : undefined };
}

/** None for what is not in the catalogue. */
export const namesLike = (event: string): readonly EventName[] =>
  EVENT_NAMES.filter((name) => (event.endsWith('.') ? name.startsWith(event) : name === event));
