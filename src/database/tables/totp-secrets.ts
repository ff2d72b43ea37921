// The table totp_secrets, as Kysely sees it.
import type { ColumnType, Generated } from 'kysely';
import type { Timestamp } from './column-types.ts';

/** Authenticator apps; an account may have several. */
export interface TotpSecretsTable {
  id: Generated<string>;
  account_id: string;
  /** As its owner calls it; unique in the account (totp_secrets_name_key). */
  name: Generated<string>;
  /** Sealed; the place is `totp_secrets.secret:<account_id>`. */
  secret: string;
  /** The last accepted time step (RFC 6238 T); only a later one is accepted. int8, so a string from pg. */
  last_step: ColumnType<string, number, number>;
  confirmed_at: Timestamp;
  /** Null until a code of it has signed somebody in. */
  last_used_at: Timestamp | null;
}
