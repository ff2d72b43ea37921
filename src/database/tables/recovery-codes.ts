// The table recovery_codes, as Kysely sees it.
import type { CreatedAt } from './column-types.ts';

export interface RecoveryCodesTable {
  account_id: string;
  /** argon2id of the code with the account's own salt, base64url. */
  code_hash: string;
  /** 16 random bytes per set, base64url: one try costs one hash. */
  salt: string;
  created_at: CreatedAt;
}
