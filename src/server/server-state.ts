// Owns table server_state: facts about this installation that are set once, and the probes of gatehouse doctor.
import type { Clock } from '../clock.ts';
import { hashSecretToken, newSecretToken } from '../crypto/secret-token.ts';
import type { Db } from '../database/database.ts';
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
