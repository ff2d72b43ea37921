// The table devices, as Kysely sees it.
import type { Timestamp } from './column-types.ts';

/** A browser that an account has signed in from. */
export interface DevicesTable {
  id: string;
  account_id: string;
  /** SHA-256 of the browser's cookie; unique for an account (devices_account_id_token_hash_key). */
  token_hash: string;
  user_agent: string;
  first_seen_at: Timestamp;
  last_seen_at: Timestamp;
  /** Until then no code is asked for here where a password would do without one. */
  trusted_until: Timestamp | null;
}
