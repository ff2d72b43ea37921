// What is done once a transaction is in the database, and not at all when it was rolled back.
import { type DatabaseConnection, PostgresAdapter } from 'kysely';
import type { Db } from '../database.ts';
import { LeasedConnection } from './request-scope.ts';
import type { ShareRead } from './shared-reads.ts';

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
 * For a read that needs no company: in the transaction of the request where that has begun. Where it has not, without BEGIN and
 * COMMIT, and once for all requests that ask for it at the same time (shared-reads.ts): `key` says all that decides its answer.
 * Nobody else of the request may be asking meanwhile.
 */
export function readAlone<T>(db: Db, key: string, read: () => Promise<T>): Promise<T> {
  const { adapter } = db.getExecutor();
  return adapter instanceof CommitAwareAdapter ? adapter.readAlone(key, read) : read();
}

export class CommitAwareAdapter extends PostgresAdapter {
  readonly commits: Commits;
  /** Leaves the request transaction around it and shares, unless that has begun. */
  readonly readAlone: ShareRead;
  constructor(commits: Commits, readAlone: ShareRead) {
    super();
    this.commits = commits;
    this.readAlone = readAlone;
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
