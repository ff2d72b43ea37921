// Owns the table signing_keys; private parts are sealed.
import type { JWK } from 'jose';
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { KeysConfig } from '../config/config.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../config/keys/algorithms.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import { atomically } from '../database/atomically.ts';
import type { Db } from '../database/database.ts';
import { sealedColumn } from '../database/sealed-rows.ts';
import { databaseNow } from '../database/time.ts';
import type { KeyState } from './life-cycle.ts';
import type { KeyStage, SigningKey } from './signing-key.ts';

export interface KeyDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
  readonly rules: KeysConfig;
}

/** In a transaction that no other process changes keys in. What is read inside is how it stays. */
export const inTurn = <T>(deps: KeyDeps, work: (inside: KeyDeps) => Promise<T>): Promise<T> =>
  atomically(deps.db, async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('gatehouse.signing_keys'))`.execute(tx);
    return work({ ...deps, db: tx });
  });

const STAGES = sql`array_position(array['active', 'next', 'retired'], stage)`;
/** What every app knows comes first: some take the first key of a set. */
const ALGORITHMS = sql`array_position(array[${sql.join(SIGNING_ALGORITHMS)}]::text[], algorithm)`;

/** How old each is in its stage, by database time. */
export async function keyStates({ db, clock }: Pick<KeyDeps, 'db' | 'clock'>): Promise<readonly KeyState[]> {
  const since = sql`case stage when 'next' then created_at when 'active' then activated_at else retired_at end`;
  const rows = await db
    .selectFrom('signing_keys')
    .select(['kid', 'algorithm', 'stage', 'asked_at'])
    .select(sql<number>`extract(epoch from ${databaseNow(clock)} - ${since})::float8`.as('age'))
    .select(sql<number>`extract(epoch from ${databaseNow(clock)} - created_at)::float8`.as('published'))
    .orderBy(STAGES)
    .execute();
  return rows.map(({ kid, algorithm, stage, asked_at, age, published }) => ({
    kid,
    algorithm: algorithm as SigningAlgorithm,
    stage,
    ageSeconds: age,
    publishedSeconds: published,
    isAskedFor: asked_at !== null,
  }));
}

/** Active first, then next, then retired; within a stage by algorithm, and the newest first. */
export async function listSigningKeys({ db, box }: Pick<KeyDeps, 'db' | 'box'>): Promise<SigningKey[]> {
  const rows = await db
    .selectFrom('signing_keys')
    .select(['kid', 'algorithm', 'stage', 'public_jwk', 'private_jwk'])
    .orderBy(STAGES)
    .orderBy(ALGORITHMS)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    kid: row.kid,
    algorithm: row.algorithm as SigningAlgorithm,
    stage: row.stage,
    publicJwk: row.public_jwk as JWK,
    privateJwk: JSON.parse(box.open(row.private_jwk, place(row.kid))) as JWK,
  }));
}

/** The same text as long as the same keys do the same. */
export const printOf = (keys: readonly { readonly kid: string; readonly stage: KeyStage }[]): string =>
  keys
    .map(({ kid, stage }) => `${kid}:${stage}`)
    .sort()
    .join(' ');

export async function currentPrint(db: Db): Promise<string> {
  return printOf(await db.selectFrom('signing_keys').select(['kid', 'stage']).execute());
}

export interface KeyInfo {
  readonly kid: string;
  readonly algorithm: string;
  readonly stage: KeyStage;
  readonly createdAt: Date;
  readonly activatedAt: Date | undefined;
  readonly retiredAt: Date | undefined;
  /** When somebody asked for it to sign as soon as it may. */
  readonly askedAt: Date | undefined;
}

/** Without their private parts, in the order of `listSigningKeys`. */
export async function describeKeys(db: Db): Promise<readonly KeyInfo[]> {
  const rows = await db
    .selectFrom('signing_keys')
    .select(['kid', 'algorithm', 'stage', 'created_at', 'activated_at', 'retired_at', 'asked_at'])
    .orderBy(STAGES)
    .orderBy(ALGORITHMS)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    kid: row.kid,
    algorithm: row.algorithm,
    stage: row.stage,
    createdAt: row.created_at,
    activatedAt: row.activated_at ?? undefined,
    retiredAt: row.retired_at ?? undefined,
    askedAt: row.asked_at ?? undefined,
  }));
}

export async function insertSigningKey(
  { db, box, clock }: KeyDeps,
  key: SigningKey,
  { asked }: { asked: boolean },
): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({
      kid: key.kid,
      algorithm: key.algorithm,
      stage: key.stage,
      public_jwk: JSON.stringify(key.publicJwk),
      private_jwk: box.seal(JSON.stringify(key.privateJwk), place(key.kid)),
      created_at: databaseNow(clock),
      activated_at: key.stage === 'active' ? databaseNow(clock) : null,
      retired_at: null,
      asked_at: asked ? databaseNow(clock) : null,
    })
    .execute();
}

export async function activateKey({ db, clock }: KeyDeps, kid: string): Promise<void> {
  const changed = { stage: 'active', activated_at: databaseNow(clock) } as const;
  await db.updateTable('signing_keys').set(changed).where('kid', '=', kid).where('stage', '=', 'next').execute();
}

export async function retireKey({ db, clock }: KeyDeps, kid: string): Promise<void> {
  const changed = { stage: 'retired', retired_at: databaseNow(clock) } as const;
  await db.updateTable('signing_keys').set(changed).where('kid', '=', kid).where('stage', '=', 'active').execute();
}

/** Who has asked first stays who has asked. */
export async function askForKey({ db, clock }: KeyDeps, kid: string): Promise<void> {
  const next = db.updateTable('signing_keys').where('kid', '=', kid).where('stage', '=', 'next');
  await next
    .set({ asked_at: databaseNow(clock) })
    .where('asked_at', 'is', null)
    .execute();
}

/** Its private part goes with it. */
export async function removeKey(db: Db, kid: string): Promise<void> {
  await db.deleteFrom('signing_keys').where('kid', '=', kid).execute();
}

const place = (kid: string): string => `signing_keys.private_jwk:${kid}`;

export const sealedSigningKeys = sealedColumn({
  table: 'signing_keys',
  column: 'private_jwk',
  id: 'kid',
  placeOf: place,
});
