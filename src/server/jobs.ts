// Owns the table jobs: what is done once in an interval, by whichever process comes first.
import type { Clock } from '../clock.ts';
import type { Db } from '../database/database.ts';
import { databaseNow, databaseNowPlus } from '../database/time.ts';

export type Job = 'housekeeping';

interface Deps {
  readonly db: Db;
  readonly clock: Clock;
}

/**
 * True for the one caller, of all processes, that may begin the job now. Checked and taken in one statement, by the
 * database's time. Nothing is held: a process that dies at it has had its turn, and the next interval is anybody's.
 */
export async function oncePer({ db, clock }: Deps, seconds: number, name: Job): Promise<boolean> {
  const now = databaseNow(clock);
  const taken = await db
    .insertInto('jobs')
    .values({ name, last_started_at: now })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ last_started_at: now })
        .where(({ eb, or }) =>
          or([
            eb('jobs.last_started_at', '<=', databaseNowPlus(clock, -seconds)),
            // The database's clock was put back: nobody waits until it is there again. Not just `> now`, which also who has
            // waited for this row finds, as a statement's time is that of its beginning.
            eb('jobs.last_started_at', '>', databaseNowPlus(clock, seconds)),
          ]),
        ),
    )
    .returning('name')
    .executeTakeFirst();
  return taken !== undefined;
}

export async function noteDone({ db, clock }: Deps, name: Job): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ last_done_at: databaseNow(clock) })
    .where('name', '=', name)
    .execute();
}

/** When it last ended well, in whichever process. */
export async function lastDone(db: Db, name: Job): Promise<Date | undefined> {
  const row = await db.selectFrom('jobs').select('last_done_at').where('name', '=', name).executeTakeFirst();
  return row?.last_done_at ?? undefined;
}
