// Owns the table signing_keys; private parts are sealed.
import type { JWK } from 'jose';
import { sql } from 'kysely';
import { recordEvent } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Db } from '../database/database.ts';
import { databaseNow } from '../database/time.ts';
import { generateSigningKey, type SigningKey } from './signing-key.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
}

/**
 * Makes the first signing key if none is active. Safe to call from several processes at once: an advisory lock
 * lets one of them make it, and the others find it.
 */
export async function ensureActiveSigningKey(deps: Deps): Promise<void> {
  if (await hasActiveKey(deps.db)) return;
  const key = await generateSigningKey('active');
  await deps.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('gatehouse.signing_keys'))`.execute(tx);
    if (await hasActiveKey(tx)) return;
    const inside = { ...deps, db: tx };
    await insertSigningKey(inside, key);
    const details = { algorithm: key.algorithm, stage: key.stage };
    await recordEvent(inside, { event: 'keys.made', subject: `key:${key.kid}`, details });
  });
}

/** Active first, then next, then retired; newest first within a stage. */
export async function listSigningKeys({ db, box }: Pick<Deps, 'db' | 'box'>): Promise<SigningKey[]> {
  const rows = await db
    .selectFrom('signing_keys')
    .select(['kid', 'stage', 'public_jwk', 'private_jwk'])
    .orderBy(sql`array_position(array['active', 'next', 'retired'], stage)`)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    kid: row.kid,
    algorithm: 'RS256',
    stage: row.stage,
    publicJwk: row.public_jwk as JWK,
    privateJwk: JSON.parse(box.open(row.private_jwk, place(row.kid))) as JWK,
  }));
}

export interface KeyInfo {
  readonly kid: string;
  readonly algorithm: string;
  readonly stage: SigningKey['stage'];
  readonly createdAt: Date;
  readonly activatedAt: Date | undefined;
  readonly retiredAt: Date | undefined;
}

/** Without their private parts, in the order of `listSigningKeys`. */
export async function describeKeys(db: Db): Promise<readonly KeyInfo[]> {
  const rows = await db
    .selectFrom('signing_keys')
    .select(['kid', 'algorithm', 'stage', 'created_at', 'activated_at', 'retired_at'])
    .orderBy(sql`array_position(array['active', 'next', 'retired'], stage)`)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    kid: row.kid,
    algorithm: row.algorithm,
    stage: row.stage,
    createdAt: row.created_at,
    activatedAt: row.activated_at ?? undefined,
    retiredAt: row.retired_at ?? undefined,
  }));
}

/** Since when the active key signs; undefined when there is none. */
export async function activeSince(db: Db): Promise<Date | undefined> {
  const row = await db
    .selectFrom('signing_keys')
    .select('activated_at')
    .where('stage', '=', 'active')
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  return row?.activated_at ?? undefined;
}

async function insertSigningKey({ db, box, clock }: Deps, key: SigningKey): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({
      kid: key.kid,
      algorithm: key.algorithm,
      stage: key.stage,
      public_jwk: JSON.stringify(key.publicJwk),
      private_jwk: box.seal(JSON.stringify(key.privateJwk), place(key.kid)),
      activated_at: key.stage === 'active' ? databaseNow(clock) : null,
      retired_at: null,
    })
    .execute();
}

async function hasActiveKey(db: Db): Promise<boolean> {
  const row = await db.selectFrom('signing_keys').select('kid').where('stage', '=', 'active').executeTakeFirst();
  return row !== undefined;
}

const place = (kid: string): string => `signing_keys.private_jwk:${kid}`;
