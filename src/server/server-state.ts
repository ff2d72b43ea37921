// Owns table server_state: facts and secrets of this installation that are set once, and the probes of gatehouse doctor.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { SealBroken, type SealedBox } from '../crypto/sealed-box.ts';
import { hashSecretToken, newSecretToken } from '../crypto/secret-token.ts';
import type { Db } from '../database/database.ts';
import { sealedColumn } from '../database/sealed-rows.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';

export type ServerFact = 'demo_roles_created';

/** True for the one caller who set it; false ever after. */
export async function setOnce(db: Db, fact: ServerFact): Promise<boolean> {
  const set = await db
    .insertInto('server_state')
    .values({ key: fact })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .executeTakeFirst();
  return set !== undefined;
}

export type ServerSecret = 'dpop_nonces';

const SECRET_BYTES = 32;
const placeOf = (key: string): string => `server_state.value:${key}`;

interface SecretDeps {
  readonly db: Db;
  readonly box: SealedBox;
}

/**
 * Bytes that every process of this installation has, whatever its master secret: `first`, of whoever asks first. What no
 * accepted secret opens any more is made anew, at random: ask only for what may be lost, and with a box that opens the
 * signing keys.
 */
export async function serverSecret({ db, box }: SecretDeps, name: ServerSecret, first: Buffer): Promise<Buffer> {
  const key = `secret:${name}`;
  const sealed = (secret: Buffer) => box.seal(secret.toString('base64url'), placeOf(key));
  for (;;) {
    const row = await db.selectFrom('server_state').select('value').where('key', '=', key).executeTakeFirst();
    const opened = row && openedBy(box, row.value, key);
    if (opened !== undefined) return opened;
    const made = row === undefined ? first : randomBytes(SECRET_BYTES);
    const value = sealed(made);
    if (await (row === undefined ? add(db, { key, value }) : replace(db, { key, value, former: row.value })))
      return made;
  }
}

async function add(db: Db, row: { key: string; value: string }): Promise<boolean> {
  const added = db
    .insertInto('server_state')
    .values(row)
    .onConflict((conflict) => conflict.doNothing());
  return (await added.returning('key').executeTakeFirst()) !== undefined;
}

async function replace(
  db: Db,
  { key, value, former }: { key: string; value: string; former: string },
): Promise<boolean> {
  const replaced = db.updateTable('server_state').set({ value }).where('key', '=', key).where('value', '=', former);
  return (await replaced.returning('key').executeTakeFirst()) !== undefined;
}

function openedBy(box: SealedBox, value: string, key: string): Buffer | undefined {
  try {
    return Buffer.from(box.open(value, placeOf(key)), 'base64url');
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}

export const sealedServerSecrets = sealedColumn({ table: 'server_state', column: 'value', id: 'key', placeOf });

/** Seconds. */
const PROBE_SECONDS = 60;

const probeKey = (token: string): string => `probe:${hashSecretToken(token)}`;

/** For one request to the running server, by whoever can write to its database. Older ones that nobody used go. */
export async function leaveProbe({ db, clock }: { db: Db; clock: Clock }): Promise<string> {
  const token = newSecretToken();
  await db
    .deleteFrom('server_state')
    .where('key', 'like', 'probe:%')
    .where('created_at', '<', databaseNowPlus(clock, -PROBE_SECONDS))
    .execute();
  await db
    .insertInto('server_state')
    .values({ key: probeKey(token), created_at: databaseNow(clock) })
    .execute();
  return token;
}

/** Checks and spends it in one statement. */
export async function spendProbe({ db, clock }: { db: Db; clock: Clock }, token: string): Promise<boolean> {
  const spent = await db
    .deleteFrom('server_state')
    .where('key', '=', probeKey(token))
    .where('created_at', '>', databaseNowPlus(clock, -PROBE_SECONDS))
    .returning('key')
    .executeTakeFirst();
  return spent !== undefined;
}
