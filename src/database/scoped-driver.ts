// A kysely driver that looks whether a query is made inside a request transaction, and if so lends it that connection.
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from 'kysely';
import { LeasedConnection, type RequestScope } from './request-scope.ts';

type CompileQuery = QueryCompiler['compileQuery'];

export class ScopedDriver implements Driver {
  readonly #inner: Driver;
  readonly #scopes: AsyncLocalStorage<RequestScope>;

  constructor(inner: Driver, scopes: AsyncLocalStorage<RequestScope>) {
    this.#inner = inner;
    this.#scopes = scopes;
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
    if (!(connection instanceof LeasedConnection)) return this.#inner.beginTransaction(connection, settings);
    if (settings.isolationLevel !== undefined || settings.accessMode !== undefined) {
      throw new Error('A transaction inside a request transaction cannot have settings of its own.');
    }
    await connection.beginNested();
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof LeasedConnection) return connection.commitNested();
    return this.#inner.commitTransaction(connection);
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof LeasedConnection) return connection.rollBackNested();
    return this.#inner.rollbackTransaction(connection);
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
