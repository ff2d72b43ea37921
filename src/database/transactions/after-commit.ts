// What is done once a transaction is in the database, and not at all when it was rolled back.
import { type DatabaseConnection, PostgresAdapter } from 'kysely';
import type { Db } from '../database.ts';
import { LeasedConnection } from './request-scope.ts';

/** Done right after the commit; whatever it throws is a defect of its own, and no reason to say that the change failed. */
export type Afterwards = () => void;

/** At once where no transaction is open around `db`, neither one of its own nor that of the request. */
export async function afterCommit(db: Db, work: Afterwards): Promise<void> {
  const { adapter } = db.getExecutor();
  if (!(adapter instanceof CommitAwareAdapter)) throw new Error('This database does not tell of its commits.');
  await db.getExecutor().provideConnection(async (connection) => adapter.commits.after(connection, work));
}

/** The same for a database and every transaction in it, and another for every other database. */
export const databaseBehind = (db: Db): object => db.getExecutor().adapter;

/**
 * For a read that needs no company: without BEGIN and COMMIT where the transaction of the request has not begun yet, and in
 * it where it has. Nobody else of the request may be asking meanwhile.
 */
export function readAlone<T>(db: Db, read: () => Promise<T>): Promise<T> {
  const { adapter } = db.getExecutor();
  return adapter instanceof CommitAwareAdapter ? adapter.unlessBegun(read) : read();
}

export class CommitAwareAdapter extends PostgresAdapter {
  readonly commits: Commits;
  /** Leaves the request transaction around it, unless that has begun. */
  readonly unlessBegun: <T>(work: () => Promise<T>) => Promise<T>;
  constructor(commits: Commits, unlessBegun: CommitAwareAdapter['unlessBegun']) {
    super();
    this.commits = commits;
    this.unlessBegun = unlessBegun;
  }
}

/** What waits for the end of each transaction. Request transactions keep theirs themselves (request-scope.ts). */
export class Commits {
  readonly #waiting = new WeakMap<DatabaseConnection, Afterwards[]>();

  begun(connection: DatabaseConnection): void {
    this.#waiting.set(connection, []);
  }

  after(connection: DatabaseConnection, work: Afterwards): void {
    const waiting = this.#waiting.get(connection);
    if (connection instanceof LeasedConnection) connection.afterCommit(work);
    else if (waiting === undefined) work();
    else waiting.push(work);
  }

  /** Takes what waits along: a commit that fails leaves nothing behind. */
  ending(connection: DatabaseConnection): readonly Afterwards[] {
    const waiting = this.#waiting.get(connection) ?? [];
    this.#waiting.delete(connection);
    return waiting;
  }
}
