// Owns the tables app_sign_ins (since when, and when last, an account has signed in at an app) and app_sign_in_days (how often anybody has).
import { type SqlBool, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';

interface Whose {
  readonly accountId: string;
  readonly clientId: string;
}

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

const LANES = 8;

/** One statement, since every sign-in makes it. */
export async function noteAppSignIn(deps: Deps, whose: Whose): Promise<void> {
  await withAppSignIn(deps, whose).selectFrom('counted').select('client_id').execute();
}

/** For a statement that notes more of a sign-in. */
export function withAppSignIn({ db, clock }: Deps, { accountId, clientId }: Whose) {
  const now = databaseNow(clock);
  return db
    .with('noted', (query) =>
      query
        .insertInto('app_sign_ins')
        .values({ account_id: accountId, client_id: clientId, first_at: now, last_at: now })
        .onConflict((conflict) => conflict.columns(['account_id', 'client_id']).doUpdateSet({ last_at: now })),
    )
    .with('counted', (query) =>
      query
        .insertInto('app_sign_in_days')
        .values({
          client_id: clientId,
          day: sql<Date>`date_trunc('day', ${now}, 'UTC')`,
          lane: sql<number>`pg_backend_pid() % ${sql.lit(LANES)}`,
          count: 1,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['client_id', 'day', 'lane'])
            .doUpdateSet({ count: sql<number>`app_sign_in_days.count + 1` }),
        )
        .returning('client_id'),
    );
}

export interface AppSignIns {
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** By client_id. */
export async function appSignInsOf(db: Db, accountId: string): Promise<ReadonlyMap<string, AppSignIns>> {
  const rows = await db
    .selectFrom('app_sign_ins')
    .select(['client_id', 'first_at', 'last_at'])
    .where('account_id', '=', accountId)
    .execute();
  return new Map(rows.map((row) => [row.client_id, { firstAt: row.first_at, lastAt: row.last_at }]));
}

export async function forgetAppSignIns(db: Db, { accountId, clientId }: Whose): Promise<void> {
  await db.deleteFrom('app_sign_ins').where('account_id', '=', accountId).where('client_id', '=', clientId).execute();
}

/** For an app that is gone. */
export async function forgetAppSignInsAt(db: Db, clientId: string): Promise<void> {
  await db.deleteFrom('app_sign_ins').where('client_id', '=', clientId).execute();
  await db.deleteFrom('app_sign_in_days').where('client_id', '=', clientId).execute();
}

const DAYS_KEPT_SECONDS = 400 * 86_400;

/** Deletes at most `batch` rows of days that are 400 days ago; returns how many. */
export async function sweepAppSignInDays({ db, clock }: Deps, batch: number): Promise<number> {
  const old = sql<SqlBool>`(client_id, day, lane) in (
    select client_id, day, lane from app_sign_in_days where day < ${databaseNowPlus(clock, -DAYS_KEPT_SECONDS)}
    order by day limit ${batch} for update skip locked)`;
  const { numDeletedRows } = await db.deleteFrom('app_sign_in_days').where(old).executeTakeFirst();
  return Number(numDeletedRows);
}

export interface AppUse {
  /** Up to `MOST_COUNTED` of them are counted. */
  readonly people: number;
  /** Of everybody, today (UTC) and on the 29 days before it. */
  readonly signIns: number;
  readonly lastAt: Date | undefined;
}

/** Nobody reads more digits, and counting a million rows takes longer than a page may. */
export const MOST_COUNTED = 10_000;

/** Who uses these apps; by client_id, each of them there. */
export async function useOfApps(
  { db, clock }: Deps,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, AppUse>> {
  const since = sql`date_trunc('day', ${databaseNow(clock)}, 'UTC') - make_interval(days => 29)`;
  const { rows } = await sql<{ client_id: string; people: string; sign_ins: string; last_at: Date | null }>`
    select client_id,
      (select count(*) from (select from app_sign_ins s where s.client_id = app.client_id limit ${MOST_COUNTED}) as counted) as people,
      (select coalesce(sum(count), 0) from app_sign_in_days d where d.client_id = app.client_id and d.day >= ${since}) as sign_ins,
      (select max(last_at) from app_sign_ins s where s.client_id = app.client_id) as last_at
    from unnest(${sql.val([...clientIds])}::text[]) as app(client_id)`.execute(db);
  return new Map(
    rows.map((row) => [
      row.client_id,
      { people: Number(row.people), signIns: Number(row.sign_ins), lastAt: row.last_at ?? undefined },
    ]),
  );
}
