// People who can sign in.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('accounts')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_key', 'text', (column) => column.notNull())
    .addColumn('email_verified_at', 'timestamptz')
    .addColumn('username', 'text')
    .addColumn('username_key', 'text')
    .addColumn('display_name', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('status_reason', 'text')
    .addColumn('password_hash', 'text')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull())
    .addColumn('last_sign_in_at', 'timestamptz')
    .addPrimaryKeyConstraint('accounts_pkey', ['id'])
    .addUniqueConstraint('accounts_email_key', ['email_key'])
    .addUniqueConstraint('accounts_username_key', ['username_key'])
    .addCheckConstraint('accounts_status_check', sql`status in ('active', 'banned')`)
    .addCheckConstraint('accounts_username_check', sql`(username is null) = (username_key is null)`)
    .execute();
}
