// Whose work is done for somebody who has no account: that of some account, always the same one for what was typed.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../../database/database.ts';

/**
 * Hashes of other systems take longer than ours, or shorter. Where a part of the accounts has such, the same part of all
 * that can be typed takes their time, so that a time tells nothing (T30). Undefined where no account has a password.
 */
export async function findDecoyHash(db: Db, spelling: string): Promise<string | undefined> {
  const place = createHash('sha256').update(spelling).digest().readBigInt64BE();
  const round = db
    .selectFrom('accounts')
    .select('password_hash')
    .where('password_hash', 'is not', null)
    .orderBy(PLACE)
    .limit(1);
  const next = await round.where(PLACE, '>=', sql<string>`${String(place)}::bigint`).executeTakeFirst();
  return (next ?? (await round.executeTakeFirst()))?.password_hash ?? undefined;
}

/** Ids of other systems are not spread by chance; what this makes of them is. */
const PLACE = sql<string>`hashtextextended(id, 0)`;
