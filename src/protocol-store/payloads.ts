// Owns the table oidc_payloads: what the engine remembers, one row a model instance.

import { type SqlBool, sql, type UpdateObject } from 'kysely';
import type { Clock } from '../clock.ts';
import { hashSecretToken } from '../crypto/secret-token.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import type { Database } from '../database/schema.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';
import { lockGrantOf, lockGrants, lockSessions } from './locks.ts';
import { columnsOf } from './payload-columns.ts';
import { forgetReadAhead } from './read-ahead.ts';

export interface StoreDeps {
  readonly db: Db;
  readonly clock: Clock;
}

export type Payload = Record<string, unknown>;

/** Seconds for which an expired row can still be found: the engine itself judges `exp`, with its clock tolerance. */
export const FINDABLE_AFTER_EXPIRY_SECONDS = 300;

/** Seconds for which what was destroyed leaves a tombstone: far longer than any request can be in flight. */
const TOMBSTONE_SECONDS = 3600;

/** Models whose identifier is no secret: grants are named in tokens. All others are found by the hash of theirs. */
const PLAIN_IDENTIFIER_MODELS: ReadonlySet<string> = new Set(['Grant']);

export const storedId = (model: string, id: string): string =>
  PLAIN_IDENTIFIER_MODELS.has(model) ? id : hashSecretToken(id);

export interface NewPayload {
  readonly model: string;
  readonly id: string;
  readonly payload: Payload;
  readonly expiresInSeconds: number;
}

/** Writes the whole payload; a row that was destroyed stays destroyed, and one that was spent stays spent. */
export async function upsertPayload({ db, clock }: StoreDeps, row: NewPayload): Promise<void> {
  const values = columnsOf(clock, row);
  const consumed_at = sql<Date>`coalesce(oidc_payloads.consumed_at, excluded.consumed_at)`;
  await db
    .insertInto('oidc_payloads')
    .values({ model: row.model, id: storedId(row.model, row.id), ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['model', 'id'])
        .doUpdateSet({ ...values, consumed_at })
        .where('oidc_payloads.destroyed_at', 'is', null),
    )
    .execute();
}

/** False where there is one, even if it was destroyed, or has expired and is not swept yet. */
export async function insertPayload({ db, clock }: StoreDeps, row: NewPayload): Promise<boolean> {
  const inserted = await db
    .insertInto('oidc_payloads')
    .values({ model: row.model, id: storedId(row.model, row.id), ...columnsOf(clock, row) })
    .onConflict((conflict) => conflict.columns(['model', 'id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/**
 * Of a row that is left as a tombstone another one is made, in one statement: whoever ends the first one meanwhile is
 * waited for, and then nothing is made. False for that.
 */
export async function replacePayload(
  { db, clock }: StoreDeps,
  { model, id }: Pick<NewPayload, 'model' | 'id'>,
  row: NewPayload,
): Promise<boolean> {
  const values = columnsOf(clock, row);
  const columns = Object.keys(values) as (keyof typeof values)[];
  const inserted = await db
    .with('buried', (query) =>
      query
        .updateTable('oidc_payloads')
        .set(tombstone(clock))
        .where('model', '=', model)
        .where('id', '=', storedId(model, id))
        .where('destroyed_at', 'is', null)
        .returning('id'),
    )
    .insertInto('oidc_payloads')
    .columns(['model', 'id', ...columns])
    .expression(
      sql`select ${row.model}, ${storedId(row.model, row.id)}, ${sql.join(columns.map((column) => values[column]))} from buried`,
    )
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** True if the row is new, or nobody can find the one that stood there; false if the identifier was used before. */
export async function insertPayloadOnce({ db, clock }: StoreDeps, row: NewPayload): Promise<boolean> {
  const values = columnsOf(clock, row);
  const inserted = await db
    .insertInto('oidc_payloads')
    .values({ model: row.model, id: storedId(row.model, row.id), ...values })
    .onConflict((conflict) =>
      conflict
        .columns(['model', 'id'])
        .doUpdateSet(values)
        .where(sql<SqlBool>`oidc_payloads.expires_at < ${databaseNowPlus(clock, -FINDABLE_AFTER_EXPIRY_SECONDS)}`),
    )
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** The payload as it was stored, with `consumed` (seconds since the epoch) once spent. */
export async function findPayload({ db, clock }: StoreDeps, model: string, id: string): Promise<Payload | undefined> {
  const row = await db
    .selectFrom('oidc_payloads')
    .select(['payload', 'consumed_at'])
    .where('model', '=', model)
    .where('id', '=', storedId(model, id))
    .where('destroyed_at', 'is', null)
    .where(stillFindable(clock))
    .executeTakeFirst();
  return row && payloadFrom(row);
}

export const payloadFrom = ({ payload, consumed_at }: { payload: Payload; consumed_at: Date | null }): Payload =>
  consumed_at === null ? payload : { ...payload, consumed: Math.floor(consumed_at.getTime() / 1000) };

/**
 * Checks and spends in one statement, so of two callers at most one is told `spent`. In a transaction it keeps the lock
 * of the grant: who comes second waits before it touches the row, since PostgreSQL leaves a row locked by an update that
 * found it changed, and whoever revokes waits until the child of what is spent here can be seen.
 */
export async function consumePayload(
  { db, clock }: StoreDeps,
  model: string,
  id: string,
): Promise<{ outcome: 'spent' } | { outcome: 'refused'; grantId: string | undefined }> {
  const spent = await sql<{ id: string }>`
    with token as materialized (
      select pg_advisory_xact_lock(hashtextextended('grant:' || grant_id, 0)) as locked from oidc_payloads
      where model = ${model} and id = ${storedId(model, id)}
    )
    update oidc_payloads set consumed_at = ${databaseNow(clock)} from token
    where model = ${model} and id = ${storedId(model, id)} and consumed_at is null and destroyed_at is null
    returning id`.execute(db);
  forgetReadAhead();
  if (spent.rows.length > 0) return { outcome: 'spent' };
  return { outcome: 'refused', grantId: await lockGrantOf(db, { model, storedId: storedId(model, id) }) };
}

/** Forgets one row. Where it was issued under a grant, whoever is revoking that grant is waited for. */
export async function deletePayload({ db }: StoreDeps, model: string, id: string): Promise<void> {
  await atomically(db, async (tx) => {
    await lockGrantOf(tx, { model, storedId: storedId(model, id) });
    await tx.deleteFrom('oidc_payloads').where('model', '=', model).where('id', '=', storedId(model, id)).execute();
  });
}

/** Leaves an empty tombstone, so that a request in flight cannot bring the row back. False where nothing stood any more. */
export async function buryPayload({ db, clock }: StoreDeps, model: string, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('oidc_payloads')
    .set(tombstone(clock))
    .where('model', '=', model)
    .where('id', '=', storedId(model, id))
    .where('destroyed_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Changes rows by their stored identifiers, which the caller has found and locked. */
export async function updatePayloads(
  db: Db,
  model: string,
  storedIds: readonly string[],
  values: UpdateObject<Database, 'oidc_payloads'>,
): Promise<void> {
  if (storedIds.length === 0) return;
  await db.updateTable('oidc_payloads').set(values).where('model', '=', model).where('id', 'in', storedIds).execute();
}

/** Forgets what was issued under a grant, of one model. */
export async function deletePayloadsOfGrant({ db }: StoreDeps, model: string, grantId: string): Promise<void> {
  await atomically(db, async (tx) => {
    await lockGrants(tx, [grantId]);
    await tx.deleteFrom('oidc_payloads').where('model', '=', model).where('grant_id', '=', grantId).execute();
  });
}

/** Forgets all that was issued under grants, which the caller has locked; returns what it was. */
export async function deleteIssuedUnder(tx: Db, grantIds: readonly string[]): Promise<readonly Payload[]> {
  if (grantIds.length === 0) return [];
  const rows = await tx
    .deleteFrom('oidc_payloads')
    .where('grant_id', 'in', grantIds)
    .where('model', '<>', 'Grant')
    .returning('payload')
    .execute();
  return rows.map(({ payload }) => payload);
}

/** Leaves a tombstone of a grant; what was issued under it is of no use from then on. */
export async function buryGrant(deps: StoreDeps, grantId: string): Promise<void> {
  await atomically(deps.db, async (tx) => {
    await lockGrants(tx, [grantId]);
    await buryPayload({ ...deps, db: tx }, 'Grant', grantId);
  });
}

/** Revokes a grant with everything issued under it (RFC 9700 sections 4.2.4 and 4.14.2). */
export async function revokeGrant(deps: StoreDeps, grantId: string): Promise<void> {
  await atomically(deps.db, async (tx) => {
    await lockGrants(tx, [grantId]);
    await tx.deleteFrom('oidc_payloads').where('grant_id', '=', grantId).execute();
    await buryPayload({ ...deps, db: tx }, 'Grant', grantId);
  });
}

/** Revokes at most `batch` grants of a client with everything issued under them; returns how many. */
export async function revokeGrantsOfClient(
  { db, clock }: StoreDeps,
  { clientId, batch }: { clientId: string; batch: number },
): Promise<number> {
  return atomically(db, async (tx) => {
    const rows = await tx
      .selectFrom('oidc_payloads')
      .select('id')
      .where('model', '=', 'Grant')
      .where('client_id', '=', clientId)
      .where('destroyed_at', 'is', null)
      .limit(batch)
      .execute();
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await lockGrants(tx, ids);
    await tx.deleteFrom('oidc_payloads').where('grant_id', 'in', ids).execute();
    await tx
      .updateTable('oidc_payloads')
      .set(tombstone(clock))
      .where('model', '=', 'Grant')
      .where('id', 'in', ids)
      .execute();
    return ids.length;
  });
}

/**
 * What an account had before it all ended: its grants, the rows of its sessions, of which several may be one, and what
 * was issued to apps, such as refresh tokens, which outlive a session and keep its name (`sid`).
 */
export interface RevokedRows {
  readonly grants: readonly { readonly client_id: string | null }[];
  readonly issued: readonly { readonly client_id: string | null; readonly payload: Payload }[];
  readonly sessions: readonly { readonly uid: string | null; readonly payload: Payload }[];
}

/** Ends every session (but one, if so asked) and every sign-in under way, and revokes every grant of an account. */
export async function revokeEverythingOf(
  { db, clock }: StoreDeps,
  accountId: string,
  exceptSession?: string,
): Promise<RevokedRows> {
  return atomically(db, async (tx) => {
    const bury = (model: string) =>
      tx
        .updateTable('oidc_payloads')
        .set(tombstone(clock))
        .where('account_id', '=', accountId)
        .where('model', '=', model)
        .$if(exceptSession !== undefined, (rows) => rows.where(sql<SqlBool>`uid is distinct from ${exceptSession}`))
        .execute();
    // First: a sign-in that is just becoming a session is waited for, and what it has brought is found below.
    await bury('Interaction');
    const grants = await standingOf(tx, accountId, 'Grant');
    await lockGrants(
      tx,
      grants.map(({ id }) => id),
    );
    const issued = await tx
      .deleteFrom('oidc_payloads')
      .where('account_id', '=', accountId)
      .where('model', 'not in', ['Session', 'Grant', 'Interaction'])
      .returning(['client_id', 'payload'])
      .execute();
    await bury('Grant');
    const ending = async () =>
      (await standingOf(tx, accountId, 'Session')).filter(({ uid }) => uid === null || uid !== exceptSession);
    await lockSessions(
      tx,
      (await ending()).flatMap(({ uid }) => uid ?? []),
    );
    // Read once more: whoever had a lock until now may have written down one more app.
    const sessions = await ending();
    await bury('Session');
    return { grants, issued, sessions };
  });
}

/** All but tombstones: a session that is just getting a new identifier has no other row. */
const standingOf = (tx: Db, accountId: string, model: string) =>
  tx
    .selectFrom('oidc_payloads')
    .select(['id', 'uid', 'client_id', 'payload'])
    .where('account_id', '=', accountId)
    .where('model', '=', model)
    .where(sql<SqlBool>`payload <> '{}'`)
    .execute();

/** For a database that nobody uses. */
export async function voidAllPayloads(db: Db): Promise<void> {
  await sql`truncate table oidc_payloads`.execute(db);
}

/** Deletes at most `batch` rows nobody can find any more; returns how many, so that the caller can go on. */
export async function deleteExpiredPayloads({ db, clock }: StoreDeps, batch: number): Promise<number> {
  const result = await db
    .deleteFrom('oidc_payloads')
    .where(
      isOldest(clock, { table: 'oidc_payloads', column: 'expires_at', seconds: FINDABLE_AFTER_EXPIRY_SECONDS, batch }),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export const stillFindable = (clock: Clock) =>
  sql<SqlBool>`expires_at > ${databaseNowPlus(clock, -FINDABLE_AFTER_EXPIRY_SECONDS)}`;

/** What is left of a row that must not come back. */
export const tombstone = (clock: Clock) => ({
  payload: '{}',
  destroyed_at: databaseNow(clock),
  expires_at: databaseNowPlus(clock, TOMBSTONE_SECONDS),
});
