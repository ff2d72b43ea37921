// Owns table error_references: what went wrong with a request, for a week, under the reference that its answer carried.
import { type SqlBool, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/** Seconds: a week, in which whoever saw the error has told whoever can mend it. */
const KEPT_SECONDS = 7 * 86_400;
/** With at most 4 kB each some 200 MB, whatever strangers send. */
export const MOST_ROWS = 50_000;

export interface ErrorReference {
  readonly reference: string;
  readonly kind: string;
  readonly clientId: string | undefined;
  readonly requestId: string;
  /** Facts by their kind, never a secret (facts.ts). */
  readonly details: object;
}

export interface KeptReference extends ErrorReference {
  readonly createdAt: Date;
}

export async function keepReference({ db, clock }: Deps, kept: ErrorReference): Promise<void> {
  await db
    .insertInto('error_references')
    .values({
      reference: kept.reference,
      kind: kept.kind,
      client_id: kept.clientId ?? null,
      request_id: kept.requestId,
      details: JSON.stringify(kept.details),
      created_at: databaseNow(clock),
      expires_at: databaseNowPlus(clock, KEPT_SECONDS),
    })
    .onConflict((conflict) => conflict.column('reference').doNothing())
    .execute();
}

/** Undefined when there is none, or it is older than a week. */
export async function findReference({ db, clock }: Deps, reference: string): Promise<KeptReference | undefined> {
  const row = await db
    .selectFrom('error_references')
    .select(['kind', 'client_id', 'request_id', 'details', 'created_at'])
    .where('reference', '=', reference)
    .where('expires_at', '>', databaseNow(clock))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    reference,
    kind: row.kind,
    clientId: row.client_id ?? undefined,
    requestId: row.request_id,
    details: row.details,
    createdAt: row.created_at,
  };
}

/** Deletes at most `batch` references that are over, then of those beyond `most` the oldest; returns how many. */
export async function sweepReferences({ db, clock }: Deps, batch: number, most = MOST_ROWS): Promise<number> {
  const over = await db
    .deleteFrom('error_references')
    .where(isOldest(clock, { table: 'error_references', column: 'expires_at', batch }))
    .executeTakeFirst();
  const surplus = await db
    .deleteFrom('error_references')
    .where(sql<SqlBool>`ctid = any(array(
      select ctid from error_references
      where expires_at <= (select expires_at from error_references order by expires_at desc offset ${most} limit 1)
      order by expires_at limit ${batch} for update skip locked))`)
    .executeTakeFirst();
  return Number(over.numDeletedRows) + Number(surplus.numDeletedRows);
}
