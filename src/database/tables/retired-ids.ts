// The table retired_ids, as Kysely sees it.
import type { CreatedAt } from './column-types.ts';

/** Ids of accounts that have been deleted: none of them is given again. */
export interface RetiredIdsTable {
  /** SHA-256 of the id, base64url. */
  id_hash: string;
  retired_at: CreatedAt;
}
