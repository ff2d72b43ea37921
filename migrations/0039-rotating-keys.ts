// Keys that replace each other: at most one of each algorithm signs, at most one waits, and somebody may have asked for it.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('signing_keys').addColumn('asked_at', 'timestamptz').execute();
  await sql`create unique index signing_keys_one_each on signing_keys (algorithm, stage) where stage in ('active', 'next')`.execute(
    db,
  );
}
