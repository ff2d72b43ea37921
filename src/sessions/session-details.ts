// Owns the table session_details: what a person recognises a session by, from its sign-in to its end.
import { type SqlBool, sql } from 'kysely';
import type { Source } from '../audit/audit-log.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import { countOfStandingGrants } from '../protocol-store/account-sessions.ts';
import type { StoreDeps } from '../protocol-store/payloads.ts';
import { withAppSignIn } from './app-sign-ins.ts';

/** Nobody needs to know to the second when a session was used; each use would be a write. */
const NOTED_EVERY_SECONDS = 60;

/** Seconds for which a row outlives its session: a use within the last minute may not have been noted. */
const SWEPT_AFTER_SECONDS = 300;

/** Long enough for every browser there is. */
const LONGEST_USER_AGENT = 400;

export interface SessionDetails {
  readonly userAgent: string;
  /** Empty where it is not known. */
  readonly firstAddress: string;
  readonly lastAddress: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

export interface SessionUse {
  readonly uid: string;
  readonly accountId: string;
  /** Undefined where no browser made the request. */
  readonly source: Source | undefined;
  /** Until the session ends if nothing more happens. */
  readonly expiresInSeconds: number;
}

export interface NotedUse {
  /** `begun`: seen for the first time; `passed_over`: noted a moment ago, or the account is gone. */
  readonly outcome: 'begun' | 'noted' | 'passed_over';
  /** That the account has by now, where this one has begun: it is one of them. */
  readonly sessions: number;
  /** Likewise, whether a session holds them or not. */
  readonly grants: number;
}

const COLUMNS = [
  'session_uid',
  'account_id',
  'user_agent',
  'first_address',
  'last_address',
  'created_at',
  'last_seen_at',
  'expires_at',
] as const;

/** `clientId`: of the app that somebody has just signed in at, if they have; noted in the same statement. */
export async function noteSessionUse(
  { db, clock }: StoreDeps,
  { uid, accountId, source, expiresInSeconds }: SessionUse,
  clientId?: string,
): Promise<NotedUse> {
  const now = databaseNow(clock);
  const address = source?.address ?? '';
  const isStale = sql<SqlBool>`session_details.last_seen_at <= ${databaseNowPlus(clock, -NOTED_EVERY_SECONDS)}
    or session_details.last_address <> excluded.last_address
    or abs(extract(epoch from excluded.expires_at - session_details.expires_at)) >= ${NOTED_EVERY_SECONDS}`;
  const beside = clientId === undefined ? db : withAppSignIn({ db, clock }, { accountId, clientId });
  const row = await beside
    .insertInto('session_details')
    .columns(COLUMNS)
    .expression((eb) =>
      eb
        .selectFrom('accounts')
        .select([
          sql<string>`${uid}::text`.as('session_uid'),
          'id',
          sql<string>`${(source?.userAgent ?? '').slice(0, LONGEST_USER_AGENT)}::text`.as('user_agent'),
          sql<string>`${address}::text`.as('first_address'),
          sql<string>`${address}::text`.as('last_address'),
          now.as('created_at'),
          now.as('last_seen_at'),
          databaseNowPlus(clock, expiresInSeconds).as('expires_at'),
        ])
        .where('id', '=', accountId),
    )
    .onConflict((conflict) =>
      conflict
        .column('session_uid')
        .doUpdateSet(({ ref }) => ({
          user_agent: ref('excluded.user_agent'),
          last_address: ref('excluded.last_address'),
          last_seen_at: ref('excluded.last_seen_at'),
          expires_at: ref('excluded.expires_at'),
        }))
        .where(isStale),
    )
    .returning([
      sql<boolean>`xmax = 0`.as('inserted'),
      // The statement does not see what it adds.
      sql<string>`case when xmax = 0 then (
        select count(*) + 1 from session_details as others where others.account_id = session_details.account_id) end`.as(
        'sessions',
      ),
      sql<string>`case when xmax = 0 then (${countOfStandingGrants(clock, sql`session_details.account_id`)}) end`.as(
        'grants',
      ),
    ])
    .executeTakeFirst();
  if (row === undefined) return { outcome: 'passed_over', sessions: 0, grants: 0 };
  const { inserted, sessions, grants } = row;
  return { outcome: inserted ? 'begun' : 'noted', sessions: Number(sessions), grants: Number(grants) };
}

export async function wasJustNoted({ db, clock }: StoreDeps, uid: string): Promise<boolean> {
  const row = await db
    .selectFrom('session_details')
    .select('session_uid')
    .where('session_uid', '=', uid)
    .where('last_seen_at', '>', databaseNowPlus(clock, -NOTED_EVERY_SECONDS))
    .executeTakeFirst();
  return row !== undefined;
}

export async function noteBrowser(db: Db, { uid, source }: { uid: string; source: Source }): Promise<void> {
  await db
    .updateTable('session_details')
    .set({ last_address: source.address, user_agent: source.userAgent.slice(0, LONGEST_USER_AGENT) })
    .where('session_uid', '=', uid)
    .execute();
}

/** Used by one of its apps: from where says nothing about the browser. */
export async function noteUseByApp(
  { db, clock }: StoreDeps,
  { uid, expiresInSeconds }: { uid: string; expiresInSeconds: number },
): Promise<void> {
  await db
    .updateTable('session_details')
    .set({ last_seen_at: databaseNow(clock), expires_at: databaseNowPlus(clock, expiresInSeconds) })
    .where('session_uid', '=', uid)
    .where('last_seen_at', '<=', databaseNowPlus(clock, -NOTED_EVERY_SECONDS))
    .execute();
}

/** By uid. Rows of sessions that have run out are among them until they are swept. */
export async function detailsOf(db: Db, accountId: string): Promise<ReadonlyMap<string, SessionDetails>> {
  const rows = await db
    .selectFrom('session_details')
    .select(['session_uid', 'user_agent', 'first_address', 'last_address', 'created_at', 'last_seen_at'])
    .where('account_id', '=', accountId)
    .execute();
  return new Map(
    rows.map((row) => [
      row.session_uid,
      {
        userAgent: row.user_agent,
        firstAddress: row.first_address,
        lastAddress: row.last_address,
        createdAt: row.created_at,
        lastSeenAt: row.last_seen_at,
      },
    ]),
  );
}

export async function forgetDetails(db: Db, uids: readonly string[]): Promise<void> {
  if (uids.length === 0) return;
  await db.deleteFrom('session_details').where('session_uid', 'in', uids).execute();
}

/** Deletes at most `batch` rows of sessions that have run out; returns how many. */
export async function sweepSessionDetails({ db, clock }: StoreDeps, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('session_details')
    .where(isOldest(clock, { table: 'session_details', column: 'expires_at', seconds: SWEPT_AFTER_SECONDS, batch }))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Whether this session was at the console of administrators lately. */
export async function consoleSeen(
  { db, clock }: StoreDeps,
  { uid, withinSeconds }: { uid: string; withinSeconds: number },
): Promise<boolean> {
  const row = await db
    .selectFrom('session_details')
    .select('session_uid')
    .where('session_uid', '=', uid)
    .where('console_seen_at', '>=', databaseNowPlus(clock, -withinSeconds))
    .executeTakeFirst();
  return row !== undefined;
}

/** At most twice a minute: the limits are longer. */
export async function noteConsole({ db, clock }: StoreDeps, uid: string): Promise<void> {
  await db
    .updateTable('session_details')
    .set({ console_seen_at: databaseNow(clock) })
    .where('session_uid', '=', uid)
    .where((eb) => eb.or([eb('console_seen_at', 'is', null), eb('console_seen_at', '<', databaseNowPlus(clock, -30))]))
    .execute();
}

/** Of everybody: the sessions are gone. */
export async function forgetSessionDetails(db: Db): Promise<void> {
  await db.deleteFrom('session_details').execute();
}
