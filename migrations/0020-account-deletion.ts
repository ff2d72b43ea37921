// Accounts whose owners have asked for their deletion: unusable, and gone when the time that they were given is over.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('accounts').addColumn('delete_at', 'timestamptz').execute();
  await db.schema.alterTable('accounts').dropConstraint('accounts_status_check').execute();
  await db.schema
    .alterTable('accounts')
    .addCheckConstraint('accounts_status_check', sql`status in ('active', 'banned', 'deleting')`)
    .execute();
  // Whoever is banned while the time runs is deleted all the same; nobody who is active ever is.
  await db.schema
    .alterTable('accounts')
    .addCheckConstraint(
      'accounts_delete_at_check',
      sql`case status when 'active' then delete_at is null when 'deleting' then delete_at is not null else true end`,
    )
    .execute();
  await db.schema
    .createIndex('accounts_delete_at_index')
    .on('accounts')
    .column('delete_at')
    .where(sql.ref('delete_at'), 'is not', null)
    .execute();
}
