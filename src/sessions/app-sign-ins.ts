// Owns the table app_sign_ins: since when, and when last, an account has signed in at an app.
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';

interface Whose {
  readonly accountId: string;
  readonly clientId: string;
}

/** One statement, since every sign-in makes it. */
export async function noteAppSignIn(
  { db, clock }: { db: Db; clock: Clock },
  { accountId, clientId }: Whose,
): Promise<void> {
  const now = databaseNow(clock);
  await db
    .insertInto('app_sign_ins')
    .values({ account_id: accountId, client_id: clientId, first_at: now, last_at: now })
    .onConflict((conflict) => conflict.columns(['account_id', 'client_id']).doUpdateSet({ last_at: now }))
    .execute();
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
}

export interface AppUse {
  /** Up to `MOST_COUNTED` of them are counted. */
  readonly people: number;
  readonly lastAt: Date | undefined;
}

/** Nobody reads more digits, and counting a million rows takes longer than a page may. */
export const MOST_COUNTED = 10_000;

/** Who uses these apps; by client_id, each of them there. */
export async function useOfApps(db: Db, clientIds: readonly string[]): Promise<ReadonlyMap<string, AppUse>> {
  const { rows } = await sql<{ client_id: string; people: string; last_at: Date | null }>`
    select client_id,
      (select count(*) from (select from app_sign_ins s where s.client_id = app.client_id limit ${MOST_COUNTED}) as counted) as people,
      (select max(last_at) from app_sign_ins s where s.client_id = app.client_id) as last_at
    from unnest(${sql.val([...clientIds])}::text[]) as app(client_id)`.execute(db);
  return new Map(rows.map((row) => [row.client_id, { people: Number(row.people), lastAt: row.last_at ?? undefined }]));
}
