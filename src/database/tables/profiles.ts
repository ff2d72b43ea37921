// The table profiles, as Kysely sees it.
import type { Generated } from 'kysely';
import type { Json, Timestamp } from './column-types.ts';

export interface ProfilesTable {
  account_id: string;
  /** Standard claims (OpenID Connect Core section 5.1) by their names; the members of `address` stand beside them. */
  claims: Generated<Json<Record<string, string>>>;
  /** By the names of gatehouse.yaml; also of attributes that are not declared there any longer. */
  attributes: Generated<Json<Record<string, unknown>>>;
  updated_at: Timestamp;
}
