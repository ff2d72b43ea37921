// The table reset_requests, as Kysely sees it.
import type { CreatedAt } from './column-types.ts';

/** Who asked for a new password, for the second until it is looked whether there is such an account. */
export interface ResetRequestsTable {
  id: string;
  /** Who, in which language, from where: sealed JSON, the place is `reset_requests.content:<id>`. */
  content: string;
  created_at: CreatedAt;
}
