// The table mailed_tokens, as Kysely sees it.
import type { Json, Timestamp } from './column-types.ts';

/** What was sent to an account's mailbox as a link, to be used once. */
export interface MailedTokensTable {
  id: string;
  account_id: string;
  purpose: string;
  /** SHA-256 of the token in the link. */
  token_hash: string;
  /** What the token is bound to, such as the new address; nothing secret. */
  bound_to: Json<Record<string, string>>;
  created_at: Timestamp;
  expires_at: Timestamp;
}
