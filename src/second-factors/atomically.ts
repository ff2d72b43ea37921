// Several statements as one, inside the caller's transaction when there is one.
import type { Db } from '../database/database.ts';

export const atomically = <T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> =>
  db.isTransaction ? work(db) : db.transaction().execute(work);
