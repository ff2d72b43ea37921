// What was sent to an account, for its owner: that it was, and when; never what stood in it.
import type { Db } from '../database/database.ts';

export interface SentMail {
  /** Its name in messages.ts. */
  readonly message: string;
  readonly to: string;
  readonly written_at: Date;
  /** Null where it waits still, or was given up. */
  readonly delivered_at: Date | null;
}

/** Oldest first; those that were sent long ago are forgotten. */
export async function listMailsTo(db: Db, accountId: string): Promise<readonly SentMail[]> {
  const rows = await db
    .selectFrom('mail_outbox')
    .select(['message', 'recipient', 'created_at', 'delivered_at'])
    .where('account_id', '=', accountId)
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({
    message: row.message,
    to: row.recipient,
    written_at: row.created_at,
    delivered_at: row.delivered_at,
  }));
}
