// The table app_sign_ins, as Kysely sees it.
import type { Timestamp } from './column-types.ts';

/** When somebody signed in at an app: with every code that it was given, whether they were asked anything or not. */
export interface AppSignInsTable {
  account_id: string;
  client_id: string;
  first_at: Timestamp;
  last_at: Timestamp;
}
