// Owns table server_state: facts about this installation that are set once.
import type { Db } from '../database/database.ts';

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
