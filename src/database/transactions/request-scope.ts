// The one connection, and the one transaction, that all queries of a request share.
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';
import { createTurns } from '../turns.ts';

/** Longer than any statement may take, shorter than a transaction may idle (pool.ts): only a knot in the code meets it. */
const TURN_SECONDS = 6;

/** A query was made after its request had been answered: a promise nobody waited for. */
export class RequestTransactionEnded extends Error {
  override readonly name = 'RequestTransactionEnded';
  constructor() {
    super('A query came after the transaction of its request had ended. Await every query of a request.');
  }
}

export class RequestScope {
  readonly #driver: Driver;
  readonly #turns = createTurns(TURN_SECONDS);
  #state: 'open' | 'closing' | 'ended' = 'open';
  #connection: DatabaseConnection | undefined;
  #savepoints = 0;
  /** What is done when all of it is committed. */
  #waiting: (() => void)[] = [];

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether anything was asked in it. */
  get hasBegun(): boolean {
    return this.#state !== 'open' || this.#connection !== undefined;
  }

  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** The connection for one query, or for one nested transaction as a whole. The first lease opens the transaction. */
  async lease(): Promise<LeasedConnection> {
    if (this.#state !== 'open') throw new RequestTransactionEnded();
    await this.#turns.take();
    try {
      if (this.hasEnded) throw new RequestTransactionEnded();
      this.#connection ??= await this.#begin();
      return new LeasedConnection(this, this.#connection, this.#turns.pass);
    } catch (error) {
      this.#turns.pass();
      throw error;
    }
  }

  afterCommit(work: () => void): void {
    this.#waiting.push(work);
  }

  /** How much waits now, and back to that much: a nested transaction that is rolled back takes along what it has added. */
  get waiting(): number {
    return this.#waiting.length;
  }

  dropAfter(waiting: number): void {
    this.#waiting.length = waiting;
  }

  nextSavepoint(): string {
    this.#savepoints += 1;
    return `nested_${this.#savepoints}`;
  }

  /** Queries made before this one still finish; later ones are refused. Rejects when the transaction could not be committed. */
  async end(ending: 'commit' | 'roll back'): Promise<void> {
    this.#state = 'closing';
    const knot = await this.#turns.take().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    this.#state = 'ended';
    if (knot === undefined) return this.#finish(ending);
    await this.#finish('roll back');
    throw knot.error;
  }

  async #begin(): Promise<DatabaseConnection> {
    const connection = await this.#driver.acquireConnection();
    try {
      await this.#driver.beginTransaction(connection, {});
      return connection;
    } catch (error) {
      await this.#driver.releaseConnection(connection);
      throw error;
    }
  }

  async #finish(ending: 'commit' | 'roll back'): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    try {
      if (ending === 'commit') await this.#driver.commitTransaction(connection);
      else await this.#driver.rollbackTransaction(connection);
    } finally {
      await this.#driver.releaseConnection(connection);
    }
    if (ending === 'commit') for (const work of this.#waiting) work();
  }
}

/** Stands for the request's connection during one turn. */
export class LeasedConnection implements DatabaseConnection {
  readonly #scope: RequestScope;
  readonly #connection: DatabaseConnection;
  readonly #pass: () => void;
  #savepoint: string | undefined;
  /** How much waited for the commit when the nested transaction began. */
  #waitingBefore = 0;
  #returned = false;

  constructor(scope: RequestScope, connection: DatabaseConnection, pass: () => void) {
    this.#scope = scope;
    this.#connection = connection;
    this.#pass = pass;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.#requireOpen();
    return this.#connection.executeQuery<R>(query);
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    this.#requireOpen();
    yield* this.#connection.streamQuery<R>(query, chunkSize);
  }

  async beginNested(): Promise<void> {
    const savepoint = this.#scope.nextSavepoint();
    await this.executeQuery(CompiledQuery.raw(`savepoint ${savepoint}`));
    this.#savepoint = savepoint;
    this.#waitingBefore = this.#scope.waiting;
  }

  async commitNested(): Promise<void> {
    await this.executeQuery(CompiledQuery.raw(`release savepoint ${this.#savepoint}`));
  }

  async rollBackNested(): Promise<void> {
    this.#scope.dropAfter(this.#waitingBefore);
    await this.executeQuery(CompiledQuery.raw(`rollback to savepoint ${this.#savepoint}`));
    await this.commitNested();
  }

  afterCommit(work: () => void): void {
    this.#requireOpen();
    this.#scope.afterCommit(work);
  }

  giveBack(): void {
    if (this.#returned) return;
    this.#returned = true;
    this.#pass();
  }

  #requireOpen(): void {
    if (this.#returned || this.#scope.hasEnded) throw new RequestTransactionEnded();
  }
}
