// The table mail_outbox, as Kysely sees it.
import type { Generated } from 'kysely';
import type { Timestamp } from './column-types.ts';

/** Mails to be sent, and for a while those that were. No foreign key: the account may be gone when it is told so. */
export interface MailOutboxTable {
  /** UUID; in the Message-ID of the mail. */
  id: string;
  recipient: string;
  account_id: string | null;
  language: string;
  /** Which message: a name of mail/messages.ts. */
  message: string;
  /** What the message needs, links and codes among it: sealed JSON, the place is `mail_outbox.content:<id>`. Null once delivered. */
  content: string | null;
  created_at: Timestamp;
  next_attempt_at: Timestamp;
  give_up_after: Timestamp;
  attempts: Generated<number>;
  last_error: string | null;
  delivered_at: Timestamp | null;
  given_up_at: Timestamp | null;
}
