// One transaction per request: every query made inside it, by any code, uses its connection without passing it around.
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Dialect, PostgresDialect, PostgresDriver, type PostgresPool } from 'kysely';
import { CommitAwareAdapter, Commits } from './after-commit.ts';
import { RequestScope } from './request-scope.ts';
import { ScopedDriver } from './scoped-driver.ts';
import { createSharedReads, type ShareRead } from './shared-reads.ts';

export interface RequestTransaction {
  /** The transaction will be rolled back when the work returns, as if it had thrown. */
  rollBack(): void;
}

export interface RequestTransactions {
  /** A PostgreSQL dialect whose queries join the request transaction they are made in. */
  readonly dialect: Dialect;
  run<T>(work: (tx: RequestTransaction) => Promise<T>): Promise<T>;
  runOutside<T>(work: () => Promise<T>): Promise<T>;
}

export function createRequestTransactions(pool: PostgresPool): RequestTransactions {
  const scopes = new AsyncLocalStorage<RequestScope>();
  const postgres = new PostgresDialect({ pool });
  const driver = new PostgresDriver({ pool });
  const commits = new Commits();
  const share = createSharedReads();
  // In a transaction there may be changes that only it can see.
  const readAlone: ShareRead = (key, read) =>
    scopes.getStore()?.hasBegun === false ? share(key, () => scopes.exit(read)) : read();

  return {
    dialect: {
      createDriver: () => new ScopedDriver(driver, { scopes, commits }),
      createAdapter: () => new CommitAwareAdapter(commits, readAlone),
      createIntrospector: (db) => postgres.createIntrospector(db),
      createQueryCompiler: () => postgres.createQueryCompiler(),
    },
    async run(work) {
      if (scopes.getStore()?.isOpen) throw new Error('A request transaction is already open here.');
      const scope = new RequestScope(driver);
      let ending: 'commit' | 'roll back' = 'commit';
      const rollBack = () => {
        ending = 'roll back';
      };
      const result = await scopes.run(scope, async () => {
        try {
          return await work({ rollBack });
        } catch (error) {
          // What the work threw matters more than a connection too broken to roll back.
          await scope.end('roll back').catch(() => undefined);
          throw error;
        }
      });
      await scope.end(ending);
      return result;
    },
    runOutside: (work) => scopes.exit(work),
  };
}
