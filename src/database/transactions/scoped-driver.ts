// A kysely driver that looks whether a query is made inside a request transaction, and if so lends it that connection.
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from 'kysely';
import type { Commits } from './after-commit.ts';
import { LeasedConnection, type RequestScope } from './request-scope.ts';

type CompileQuery = QueryCompiler['compileQuery'];

export class ScopedDriver implements Driver {
  readonly #inner: Driver;
  readonly #scopes: AsyncLocalStorage<RequestScope>;
  readonly #commits: Commits;

  constructor(inner: Driver, { scopes, commits }: { scopes: AsyncLocalStorage<RequestScope>; commits: Commits }) {
    this.#inner = inner;
    this.#scopes = scopes;
    this.#commits = commits;
  }

  init(): Promise<void> {
    return this.#inner.init();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const scope = this.#scopes.getStore();
    return scope === undefined ? this.#inner.acquireConnection() : scope.lease();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof LeasedConnection) connection.giveBack();
    else await this.#inner.releaseConnection(connection);
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    if (!(connection instanceof LeasedConnection)) {
      await this.#inner.beginTransaction(connection, settings);
      return this.#commits.begun(connection);
    }
    if (settings.isolationLevel !== undefined || settings.accessMode !== undefined) {
      throw new Error('A transaction inside a request transaction cannot have settings of its own.');
    }
    await connection.beginNested();
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof LeasedConnection) return connection.commitNested();
    const waiting = this.#commits.ending(connection);
    await this.#inner.commitTransaction(connection);
    for (const work of waiting) work();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof LeasedConnection) return connection.rollBackNested();
    this.#commits.ending(connection);
    await this.#inner.rollbackTransaction(connection);
  }

  async savepoint(connection: DatabaseConnection, name: string, compile: CompileQuery): Promise<void> {
    await this.#inner.savepoint?.(connection, name, compile);
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string, compile: CompileQuery): Promise<void> {
    await this.#inner.rollbackToSavepoint?.(connection, name, compile);
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string, compile: CompileQuery): Promise<void> {
    await this.#inner.releaseSavepoint?.(connection, name, compile);
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }
}
