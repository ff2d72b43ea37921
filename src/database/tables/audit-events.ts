// The table audit_events, as Kysely sees it.
import type { ColumnType } from 'kysely';
import type { Json, Timestamp } from './column-types.ts';

/** What happened, to whom, by whom. Rows are added and forgotten, never changed. No foreign keys: it outlives what it tells of. */
export interface AuditEventsTable {
  /** Counts up in the order of writing. int8, so a string from pg. */
  id: ColumnType<string, never, never>;
  at: Timestamp;
  event: string;
  /** Whose event it is; null where no account is known. */
  account_id: string | null;
  /** What it tells of besides an account: `role:editor`. */
  subject: string | null;
  /** `account:<id>`, `client:<id>` (a service, by the API), `operator` (the command line) or `server` (something ran out). */
  actor: string;
  client_id: string | null;
  /** Canonical IP address. */
  address: string | null;
  /** The User-Agent header, cut. */
  user_agent: string | null;
  request_id: string | null;
  outcome: 'success' | 'failure';
  details: Json<Record<string, unknown>>;
}
