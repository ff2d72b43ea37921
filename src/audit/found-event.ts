// An event as it is read: by administrators and their programs, and as a line of an export.
import type { Selectable } from 'kysely';
import type { AuditEventsTable } from '../database/tables/audit-events.ts';
import type { Actor, Subject } from './audit-log.ts';
import type { EventName } from './events.ts';

export interface FoundEvent {
  /** int8 as a string. */
  readonly id: string;
  readonly at: Date;
  readonly event: EventName;
  readonly outcome: 'success' | 'failure';
  /** Whose event it is. */
  readonly accountId: string | undefined;
  readonly subject: Subject | undefined;
  readonly actor: Actor;
  readonly clientId: string | undefined;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly requestId: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export const EVENT_COLUMNS = [
  'id',
  'at',
  'event',
  'outcome',
  'account_id',
  'subject',
  'actor',
  'client_id',
  'address',
  'user_agent',
  'request_id',
  'details',
] as const satisfies readonly (keyof AuditEventsTable)[];

type EventRow = Selectable<AuditEventsTable>;

export const foundEvent = (row: EventRow): FoundEvent => ({
  id: row.id,
  at: row.at,
  event: row.event as EventName,
  outcome: row.outcome,
  accountId: row.account_id ?? undefined,
  subject: (row.subject as Subject | null) ?? undefined,
  actor: row.actor as Actor,
  clientId: row.client_id ?? undefined,
  address: row.address ?? undefined,
  userAgent: row.user_agent ?? undefined,
  requestId: row.request_id ?? undefined,
  details: row.details,
});

/** By the names of the columns; what is absent is null, so that the shape is always the same. */
export const eventRecord = (event: FoundEvent) => ({
  id: event.id,
  at: event.at.toISOString(),
  event: event.event,
  outcome: event.outcome,
  account_id: event.accountId ?? null,
  subject: event.subject ?? null,
  actor: event.actor,
  client_id: event.clientId ?? null,
  address: event.address ?? null,
  user_agent: event.userAgent ?? null,
  request_id: event.requestId ?? null,
  details: event.details,
});

/** What would start a line, move a cursor or turn the text around, and JSON leaves as it is. */
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of JSON without its end, whatever somebody has sent. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(UNSAFE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
