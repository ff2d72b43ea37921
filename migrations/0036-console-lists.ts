// Indexes for what administrators look at: who is signed in, who uses an app, mails that wait.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema
    .createIndex('session_details_last_seen_at_index')
    .on('session_details')
    .columns(['last_seen_at', 'session_uid'])
    .execute();
  await db.schema
    .createIndex('app_sign_ins_client_id_index')
    .on('app_sign_ins')
    .columns(['client_id', 'last_at'])
    .execute();
  await sql`create index mail_outbox_undelivered_index on mail_outbox (created_at, id) where delivered_at is null`.execute(
    db,
  );
}
