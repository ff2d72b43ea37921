// Owns the table retired_ids: whoever brings an id along must not get one that was somebody else's (T46).
import { createHash } from 'node:crypto';
import type { Db } from '../../database/database.ts';

/** For good. Hashed: an id may say who it was. */
export async function retireId(db: Db, id: string): Promise<void> {
  const values = { id_hash: hashOf(id) };
  await db
    .insertInto('retired_ids')
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Those of them that an account had which is deleted. */
export async function retiredAmong(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const byHash = new Map(ids.map((id) => [hashOf(id), id]));
  const rows = await db
    .selectFrom('retired_ids')
    .select('id_hash')
    .where('id_hash', 'in', [...byHash.keys()])
    .execute();
  return new Set(rows.flatMap(({ id_hash }) => byHash.get(id_hash) ?? []));
}

const hashOf = (id: string): string => createHash('sha256').update(id).digest('base64url');
