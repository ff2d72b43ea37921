// The table jobs, as Kysely sees it.
import type { Timestamp } from './column-types.ts';

/** What one process does for all of them, by name. */
export interface JobsTable {
  name: string;
  last_started_at: Timestamp;
  /** Null until it has ended well once. */
  last_done_at: Timestamp | null;
}
