// The table registrations, as Kysely sees it.
import type { Generated } from 'kysely';
import type { Timestamp } from './column-types.ts';

/** People who sign up and have not proved their address yet, and for a while those who have. */
export interface RegistrationsTable {
  /** UUID. */
  id: string;
  email: string;
  /** Canonical form; not unique: whoever proves the address gets it. */
  email_key: string;
  username: string | null;
  display_name: string | null;
  /** argon2id, PHC string; null where it can be of no more use. */
  password_hash: string | null;
  language: string;
  /** The version of the terms that were accepted, at `created_at`; null where there were none. */
  terms_version: string | null;
  client_id: string;
  /** The sign-in it happens in: sealed, the place is `registrations.interaction:<id>`. */
  interaction: string;
  /** SHA-256 of a secret that only the browser which signs up presents again. */
  binding_hash: string;
  /** The address had an account: nothing proves it here. */
  taken: boolean;
  /** SHA-256 of the token in the link. */
  token_hash: string;
  /** HMAC-SHA-256 of the code. */
  code_hash: string;
  code_expires_at: Timestamp;
  code_tries: Generated<number>;
  resends: Generated<number>;
  /**
   * waiting: for the proof. proved: by the code, but the username was taken meanwhile. confirmed: the account is made.
   * finished: and its sign-in has gone on. overtaken: somebody else had the account for this address first.
   */
  state: 'waiting' | 'proved' | 'confirmed' | 'finished' | 'overtaken';
  /** Whether the password was chosen anew in another browser. */
  elsewhere: Generated<boolean>;
  account_id: string | null;
  settled_at: Timestamp | null;
  created_at: Timestamp;
  expires_at: Timestamp;
}
