// Owns the table audit_events: append, read one account's own, forget.
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { databaseNow } from '../database/time.ts';
import { afterCommit, databaseBehind } from '../database/transactions/after-commit.ts';
import { type DetailOf, type EventName, SHOWN_EVENT_NAMES, type ShownEventName, type SubjectKind } from './events.ts';
import { EVENT_COLUMNS, type FoundEvent, foundEvent } from './found-event.ts';

export interface AuditDeps {
  readonly db: Db;
  readonly clock: Clock;
}

/** Where a request came from (http/request-source.ts makes it). */
export interface Source {
  /** Canonical IP address. */
  readonly address: string;
  readonly userAgent: string;
  readonly requestId: string;
}

/** A person, a service client of the API, who has the command line, or a timer of ours. */
export type Actor = `account:${string}` | `client:${string}` | 'operator' | 'server';

/** What an event tells of besides an account: `role:editor`, `client:shop`. */
export type Subject = `${SubjectKind}:${string}`;

/** As JSON has it. */
export type DetailValue =
  | string
  | number
  | boolean
  | null
  | readonly DetailValue[]
  | { readonly [key: string]: DetailValue };

export interface AuditEvent<Name extends EventName = EventName> {
  readonly event: Name;
  /** Whose event it is. */
  readonly accountId?: string | undefined;
  /** Who did it; the account itself unless stated. */
  readonly actor?: Actor | undefined;
  readonly subject?: Subject | undefined;
  readonly clientId?: string | undefined;
  /** Undefined where no request was made: the command line, a timer. */
  readonly source?: Source | undefined;
  readonly outcome?: 'success' | 'failure';
  /** Plain values; never a secret. */
  readonly details?: { readonly [Field in DetailOf<Name>]?: DetailValue | undefined };
}

/** Long enough for every browser there is; the rest of a longer one says nothing. */
const LONGEST_USER_AGENT = 400;

/** Milliseconds. What people see of themselves: 90 days, however long events are kept. */
const SHOWN_MS = 90 * 86_400_000;

/** With a transaction as `db`, it happened exactly when the change did. */
export async function recordEvent<Name extends EventName>(deps: AuditDeps, event: AuditEvent<Name>): Promise<void> {
  await recordEvents(deps, [event]);
}

/** Of many accounts at once, in one statement. */
export async function recordEvents({ db, clock }: AuditDeps, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = await db
    .insertInto('audit_events')
    .values(events.map((event) => columnsOf(event, clock)))
    .returning(EVENT_COLUMNS)
    .execute();
  const all = [...(copies.get(databaseBehind(db)) ?? [])];
  if (all.length === 0) return;
  await afterCommit(db, () => {
    for (const event of rows.map(foundEvent)) for (const copy of all) copy(event);
  });
}

function columnsOf(event: AuditEvent, clock: Clock) {
  const { accountId, source, actor = accountId === undefined ? 'server' : `account:${accountId}` } = event;
  return {
    at: databaseNow(clock),
    event: event.event,
    account_id: accountId ?? null,
    subject: event.subject ?? null,
    actor,
    client_id: event.clientId ?? null,
    address: source?.address ?? null,
    user_agent: source?.userAgent.slice(0, LONGEST_USER_AGENT) ?? null,
    request_id: source?.requestId ?? null,
    outcome: event.outcome ?? 'success',
    details: JSON.stringify(event.details ?? {}),
  };
}

const copies = new WeakMap<object, Set<(event: FoundEvent) => void>>();

/** Hands every event that this process writes to `copy`, once it is committed. Returns the way to stop it. */
export function copyEvents(db: Db, copy: (event: FoundEvent) => void): () => void {
  const behind = databaseBehind(db);
  const all = copies.get(behind) ?? new Set();
  copies.set(behind, all.add(copy));
  return () => void all.delete(copy);
}

export interface ListedEvent {
  /** Counts up; a page goes on below the last one it showed. */
  readonly id: string;
  readonly at: Date;
  readonly event: ShownEventName;
  readonly actor: Actor;
  readonly clientId: string | undefined;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly outcome: 'success' | 'failure';
  readonly details: Readonly<Record<string, unknown>>;
}

/** The moment from which on events are shown to people. */
export const shownSince = (clock: Clock): Date => new Date(clock.now().getTime() - SHOWN_MS);

/** Those that are shown to people, newest first. */
export async function listEventsOf(
  db: Db,
  accountId: string,
  { limit, before, since }: { limit: number; before?: string | undefined; since?: Date },
): Promise<readonly ListedEvent[]> {
  const rows = await db
    .selectFrom('audit_events')
    .select(['id', 'at', 'event', 'actor', 'client_id', 'address', 'user_agent', 'outcome', 'details'])
    .where('account_id', '=', accountId)
    .where('event', 'in', SHOWN_EVENT_NAMES)
    .$if(since !== undefined, (query) => query.where('at', '>=', since ?? null))
    .$if(before !== undefined, (query) => query.where(isOlderThan(String(before))))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    event: row.event as ShownEventName,
    actor: row.actor as Actor,
    clientId: row.client_id ?? undefined,
    outcome: row.outcome,
    ...(row.actor === `account:${accountId}` ? ofTheirOwn(row) : ofOthers(row)),
  }));
}

interface Circumstances {
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

const ofTheirOwn = ({ address, user_agent, details }: Circumstances) => ({
  address: address ?? undefined,
  userAgent: user_agent ?? undefined,
  details,
});

/** Where an administrator sits, and why somebody was banned, is for administrators. */
const ofOthers = ({ details: { reason: _reason, ...details } }: Circumstances) => ({
  address: undefined,
  userAgent: undefined,
  details,
});

/** An event that has been forgotten meanwhile has none that are older. */
export const isOlderThan = (id: string): RawBuilder<boolean> =>
  sql<boolean>`(at, id) < ((select at from audit_events where id = ${id}::bigint), ${id}::bigint)`;

/** Deletes at most `batch` events that are older than they are kept; returns how many. */
export async function sweepEvents(
  { db, clock }: AuditDeps,
  { batch, keptSeconds }: { batch: number; keptSeconds: number },
): Promise<number> {
  return atomically(db, async (tx) => {
    await sql`select set_config('gatehouse.forgets_audit_events', 'yes', true)`.execute(tx);
    const { numDeletedRows } = await tx
      .deleteFrom('audit_events')
      .where(isOldest(clock, { table: 'audit_events', column: 'at', seconds: keptSeconds, batch }))
      .executeTakeFirst();
    return Number(numDeletedRows);
  });
}
