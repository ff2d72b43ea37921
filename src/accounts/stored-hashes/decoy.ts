// Whose work is done for somebody who has no account: that of some account, always the same one for what was typed.
import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';

/**
 * Hashes of other systems take longer than ours, or shorter. Where a part of the accounts has such, the same part of all
 * that can be typed takes their time, so that a time tells nothing (T30). Null where no account has a password.
 */
export function decoyHash(spelling: string): RawBuilder<string | null> {
  const place = createHash('sha256').update(spelling).digest().readBigInt64BE();
  const round = sql`select password_hash from accounts where password_hash is not null`;
  const first = sql`${round} order by ${PLACE} limit 1`;
  const next = sql`${round} and ${PLACE} >= ${String(place)}::bigint order by ${PLACE} limit 1`;
  return sql`coalesce((${next}), (${first}))`;
}

/** Ids of other systems are not spread by chance; what this makes of them is. */
const PLACE = sql<string>`hashtextextended(id, 0)`;
