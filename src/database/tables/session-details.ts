// The table session_details, as Kysely sees it.
import type { Timestamp } from './column-types.ts';

/** What a person recognises a session by. Written at most once a minute; what holds is the session itself. */
export interface SessionDetailsTable {
  /** The session's name for the server; no cookie and no token opens anything with it. */
  session_uid: string;
  account_id: string;
  /** The User-Agent header, cut. */
  user_agent: string;
  /** Canonical IP address at the sign-in; empty where it is not known. */
  first_address: string;
  last_address: string;
  created_at: Timestamp;
  last_seen_at: Timestamp;
  /** When the session would end if nothing more happened, as of `last_seen_at`: for the sweep. */
  expires_at: Timestamp;
  /** When its person was last at the console of administrators. */
  console_seen_at: Timestamp | null;
}
