// An account may have several authenticators, each with a name. Whoever writes a row without the new columns goes on.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('totp_secrets')
    .addColumn('id', 'text', (column) => column.notNull().defaultTo(sql`gen_random_uuid()::text`))
    .addColumn('name', 'text', (column) => column.notNull().defaultTo('Authenticator app'))
    .addColumn('last_used_at', 'timestamptz')
    .execute();
  await db.schema.alterTable('totp_secrets').dropConstraint('totp_secrets_pkey').execute();
  await db.schema.alterTable('totp_secrets').addPrimaryKeyConstraint('totp_secrets_pkey', ['id']).execute();
  // It is also the index by account.
  await db.schema
    .alterTable('totp_secrets')
    .addUniqueConstraint('totp_secrets_name_key', ['account_id', 'name'])
    .execute();
}
