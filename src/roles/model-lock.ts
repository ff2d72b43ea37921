// One lock for what makes people administrators, and for what roles include: both are decided by many rows at once.
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';

/** Held until the transaction ends, and taken before any other lock. Reading does not wait for it. */
export async function lockModel(tx: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('gatehouse.roles'))`.execute(tx);
}
