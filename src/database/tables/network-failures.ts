// The table network_failures, as Kysely sees it.
import type { Generated } from 'kysely';
import type { Timestamp } from './column-types.ts';

/** Which accounts cannot sign in from one network, in one window. */
export interface NetworkFailuresTable {
  network: string;
  /** Accounts that have failed and not succeeded since. */
  failed: string[];
  resets_at: Timestamp;
  /** So many have failed that nobody else may try until `resets_at`. */
  blocked: Generated<boolean>;
}
