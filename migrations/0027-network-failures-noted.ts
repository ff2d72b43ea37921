// Failures are noted when they have happened; places for attempts in flight are not kept.
import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('network_failures').dropColumn('trying').execute();
}
