// The table profiles, as Kysely sees it.
import type { ColumnType } from 'kysely';
import type { Timestamp } from './column-types.ts';

export interface ProfilesTable {
  account_id: string;
  /** Standard claims (OpenID Connect Core section 5.1) by their names; the members of `address` stand beside them. */
  claims: ColumnType<Record<string, string>, string | undefined, string>;
  /** By the names of gatehouse.yaml; also of attributes that are not declared there any longer. */
  attributes: ColumnType<Record<string, unknown>, string | undefined, string>;
  updated_at: Timestamp;
}
