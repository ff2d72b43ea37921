// Owns the table devices: browsers that an account has signed in from, recognised by a cookie.
import { type SqlBool, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../crypto/identifiers.ts';
import { hashSecretToken } from '../crypto/secret-token.ts';
import type { Db } from '../database/database.ts';
import { isOldest } from '../database/oldest.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';

export interface DeviceDeps {
  readonly db: Db;
  readonly clock: Clock;
}

/** An account, and what the cookie of the browser says. */
export interface Presented {
  readonly accountId: string;
  /** Undefined where the browser has no such cookie. */
  readonly token: string | undefined;
}

export interface Device {
  readonly id: string;
  readonly userAgent: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** Undefined where codes are asked for. */
  readonly trustedUntil: Date | undefined;
}

/** 400 days: as long as browsers keep a cookie (RFC 6265bis section 5.5). */
export const KNOWN_SECONDS = 400 * 86_400;

/** 30 days: SP 800-63B-4 section 2.1.3 lets nobody go longer without proving who they are. */
const TRUSTED_SECONDS = 30 * 86_400;

/** What a browser that keeps no cookies leaves behind, sign-in by sign-in, is bounded; the longest unseen go first. */
const MOST_DEVICES = 50;

/** Long enough for every browser there is. */
const LONGEST_USER_AGENT = 400;

/** Undefined for a browser that this account has not signed in from, or that was forgotten. */
export async function findDevice(deps: DeviceDeps, { accountId, token }: Presented): Promise<Device | undefined> {
  if (token === undefined) return undefined;
  const row = await known(deps, accountId).where('token_hash', '=', hashSecretToken(token)).executeTakeFirst();
  return row && deviceFrom(row);
}

/** Last seen first. */
export async function listDevices(deps: DeviceDeps, accountId: string): Promise<readonly Device[]> {
  const rows = await known(deps, accountId).orderBy('last_seen_at', 'desc').orderBy('id').execute();
  return rows.map(deviceFrom);
}

/** Notes that the account has signed in from this browser; says whether it was unknown. */
export async function noteDevice(
  { db, clock }: DeviceDeps,
  { accountId, token, userAgent }: { accountId: string; token: string; userAgent: string },
): Promise<{ deviceId: string; isNew: boolean }> {
  const [token_hash, now, id] = [hashSecretToken(token), databaseNow(clock), newId()];
  const seen = { user_agent: userAgent.slice(0, LONGEST_USER_AGENT), last_seen_at: now };
  const noted = await db
    .with('forgotten', (query) =>
      query.deleteFrom('devices').where('id', 'in', (eb) =>
        eb
          .selectFrom('devices')
          .select('id')
          .where('account_id', '=', accountId)
          .where('token_hash', '<>', token_hash)
          .orderBy('last_seen_at', 'desc')
          .offset(MOST_DEVICES - 1),
      ),
    )
    .insertInto('devices')
    .values({ id, account_id: accountId, token_hash, first_seen_at: now, ...seen })
    .onConflict((conflict) => conflict.columns(['account_id', 'token_hash']).doUpdateSet(seen))
    .returning('id')
    .executeTakeFirstOrThrow();
  return { deviceId: noted.id, isNew: noted.id === id };
}

/** No code is asked for on this device for 30 days. Whether that may be is for the caller to know. */
export async function setTrusted({ db, clock }: DeviceDeps, deviceId: string): Promise<void> {
  await db
    .updateTable('devices')
    .set({ trusted_until: databaseNowPlus(clock, TRUSTED_SECONDS) })
    .where('id', '=', deviceId)
    .execute();
}

/** Codes are asked for on all devices again; they stay known. For a factor that was taken away. Returns how many. */
export async function endTrustOf(db: Db, accountId: string): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('devices')
    .set({ trusted_until: null })
    .where('account_id', '=', accountId)
    .where('trusted_until', 'is not', null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** False when it is not one of this account's. */
export async function deleteDevice(
  db: Db,
  { accountId, deviceId }: { accountId: string; deviceId: string },
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('devices')
    .where('id', '=', deviceId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/**
 * Forgets all devices of the account, and with them all trust: for a new password, and where the person says so. `keep`
 * is what the cookie of the browser says that may stay known; it is no longer trusted. Returns how many were forgotten.
 */
export async function forgetDevicesOf(
  db: Db,
  accountId: string,
  { keep }: { keep?: string | undefined } = {},
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('devices')
    .where('account_id', '=', accountId)
    .$if(keep !== undefined, (query) => query.where('token_hash', '<>', hashSecretToken(String(keep))))
    .executeTakeFirst();
  await endTrustOf(db, accountId);
  return Number(numDeletedRows);
}

/** Deletes at most `batch` devices that have not been seen for as long as their cookies live; returns how many. */
export async function sweepDevices({ db, clock }: DeviceDeps, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('devices')
    .where(isOldest(clock, { table: 'devices', column: 'last_seen_at', seconds: KNOWN_SECONDS, batch }))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** What has ended is not there, whether it was swept or not. */
const known = ({ db, clock }: DeviceDeps, accountId: string) =>
  db
    .selectFrom('devices')
    .select(['id', 'user_agent', 'first_seen_at', 'last_seen_at'])
    .select(
      sql<Date | null>`case when trusted_until > ${databaseNow(clock)} then trusted_until end`.as('trusted_until'),
    )
    .where('account_id', '=', accountId)
    .where(sql<SqlBool>`last_seen_at >= ${databaseNowPlus(clock, -KNOWN_SECONDS)}`);

interface Row {
  readonly id: string;
  readonly user_agent: string;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly trusted_until: Date | null;
}

const deviceFrom = (row: Row): Device => ({
  id: row.id,
  userAgent: row.user_agent,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
  trustedUntil: row.trusted_until ?? undefined,
});

/** Browsers stay known, but each is asked for a code again. */
export async function trustNoDevice(db: Db): Promise<void> {
  await db.updateTable('devices').set({ trusted_until: null }).where('trusted_until', 'is not', null).execute();
}
