// The table sign_in_codes, as Kysely sees it.
import type { Generated } from 'kysely';
import type { Timestamp } from './column-types.ts';

/** Sign-ins that wait for a code from a mail, one row each. */
export interface SignInCodesTable {
  /** UUID; kept in the stage of the sign-in that it belongs to, and nowhere else. */
  id: string;
  account_id: string;
  /** HMAC-SHA-256 of the newest code; null before the first one. */
  code_hash: string | null;
  code_tries: Generated<number>;
  code_expires_at: Timestamp | null;
  expires_at: Timestamp;
}
