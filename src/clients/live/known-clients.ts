// Owns the table known_clients: clients there have been files for, and since when one is missing.
import type { Clock } from '../../clock.ts';
import type { Db } from '../../database/database.ts';
import { databaseNow, databaseNowPlus } from '../../database/time.ts';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/**
 * Writes down which of the known clients are here and which are missing, from the view of one process. Of several
 * processes with different files one that has a file is right: a client is missing when nobody has it.
 */
export async function noteClients({ db, clock }: Deps, present: readonly string[]): Promise<void> {
  const known = await db.selectFrom('known_clients').select(['client_id', 'missing_since']).execute();
  const missingSince = new Map(known.map((row) => [row.client_id, row.missing_since]));
  const isHere = new Set(present);
  const back = present.filter((id) => missingSince.get(id) !== null).sort();
  const gone = known.filter((row) => row.missing_since === null && !isHere.has(row.client_id));
  if (back.length > 0) {
    await db
      .insertInto('known_clients')
      .values(back.map((client_id) => ({ client_id, missing_since: null })))
      .onConflict((conflict) => conflict.column('client_id').doUpdateSet({ missing_since: null }))
      .execute();
  }
  if (gone.length > 0) {
    await db
      .updateTable('known_clients')
      .set({ missing_since: databaseNow(clock) })
      .where(
        'client_id',
        'in',
        gone.map((row) => row.client_id),
      )
      .where('missing_since', 'is', null)
      .execute();
  }
}

/** Sorted. */
export async function clientsMissingFor({ db, clock }: Deps, seconds: number): Promise<string[]> {
  const rows = await db
    .selectFrom('known_clients')
    .select('client_id')
    .where('missing_since', '<=', databaseNowPlus(clock, -seconds))
    .orderBy('client_id')
    .execute();
  return rows.map((row) => row.client_id);
}

/** Since when there is no file for a client that there was one for; undefined for all others. */
export async function missingSince({ db }: Deps, clientId: string): Promise<Date | undefined> {
  const row = await db
    .selectFrom('known_clients')
    .select('missing_since')
    .where('client_id', '=', clientId)
    .executeTakeFirst();
  return row?.missing_since ?? undefined;
}

/** Unless it has come back. */
export async function forgetClient({ db }: Deps, clientId: string): Promise<void> {
  await db
    .deleteFrom('known_clients')
    .where('client_id', '=', clientId)
    .where('missing_since', 'is not', null)
    .execute();
}
