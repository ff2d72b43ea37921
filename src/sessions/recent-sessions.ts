// Who is signed in, over all accounts: for administrators.
import { type SqlBool, sql } from 'kysely';
import { databaseNow } from '../database/time.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { handleOf } from './list-sessions.ts';

export interface RecentSession {
  /** Stands for the session in pages and commands: opens nothing. */
  readonly handle: string;
  readonly accountId: string;
  readonly email: string;
  readonly userAgent: string;
  readonly address: string;
  readonly since: Date;
  readonly lastSeenAt: Date;
}

export interface RecentSessions {
  readonly sessions: readonly RecentSession[];
  /** `before` of the next page; undefined where there is none. */
  readonly older: string | undefined;
}

/** Microseconds since the epoch, and the session's name, which opens nothing either. */
const CURSOR = /^(\d{1,17})\.([\w-]{1,64})$/;

export const isSessionPlace = (text: string): boolean => CURSOR.test(text);

/** Last used first. `before` is `older` of another page; what is none is the beginning. */
export async function recentSessions(
  { db, clock }: StoreDeps,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<RecentSessions> {
  const cursor = CURSOR.exec(before ?? '');
  const isOlder = sql<SqlBool>`(last_seen_at, session_uid) <
    (timestamptz 'epoch' + ${cursor?.[1]}::bigint * interval '1 microsecond', ${cursor?.[2]})`;
  const rows = await db
    .selectFrom('session_details')
    .innerJoin('accounts', 'accounts.id', 'session_details.account_id')
    .select(['session_uid', 'account_id', 'email', 'user_agent', 'last_address', 'session_details.created_at'])
    .select(['last_seen_at', sql<string>`(extract(epoch from last_seen_at) * 1000000)::bigint`.as('micros')])
    .where('expires_at', '>', databaseNow(clock))
    .$if(cursor !== null, (query) => query.where(isOlder))
    .orderBy('last_seen_at', 'desc')
    .orderBy('session_uid', 'desc')
    .limit(limit + 1)
    .execute();
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    sessions: shown.map((row) => ({
      handle: handleOf(row.session_uid),
      accountId: row.account_id,
      email: row.email,
      userAgent: row.user_agent,
      address: row.last_address,
      since: row.created_at,
      lastSeenAt: row.last_seen_at,
    })),
    older: last === undefined ? undefined : `${last.micros}.${last.session_uid}`,
  };
}
