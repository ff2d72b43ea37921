// Who has a role is read in pages by account, from an index that has both.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('role_assignments_role_account_index')
    .on('role_assignments')
    .columns(['role', 'account_id'])
    .execute();
  await db.schema.dropIndex('role_assignments_role_index').execute();
}
