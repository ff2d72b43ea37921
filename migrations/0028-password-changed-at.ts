// When an account's owner last chose another password.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('accounts').addColumn('password_changed_at', 'timestamptz').execute();
}
