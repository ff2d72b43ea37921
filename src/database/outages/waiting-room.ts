// Where who comes new waits while all connections are taken, so that who has begun goes first: a sign-in asks for a connection a
// dozen times, and would otherwise wait as often behind everybody who has come meanwhile.
import type { Pool, PoolClient } from 'pg';

export interface WaitingRoom {
  /** Through the room: a connection that nobody who has begun waits for. */
  connect(): Promise<PoolClient>;
  /** Whoever gives up, with what `connect` gave. One who was let in already is not held back by it. */
  leave(connecting: Promise<PoolClient>): void;
  waiting(): number;
}

export function createWaitingRoom(pool: Pool, connect: () => Promise<PoolClient>): WaitingRoom {
  const letIn = new Map<Promise<PoolClient>, () => void>();
  const isFree = () => pool.waitingCount === 0 && (pool.idleCount > 0 || pool.totalCount < pool.options.max);
  const next = () => {
    for (const [connecting, enter] of letIn) {
      if (!isFree()) return;
      letIn.delete(connecting);
      enter();
    }
  };
  // The pool says so before the connection is back in it, where who has begun is served first. Who was let in to a connection
  // that was idle has it a moment later (`acquire`): the next one has to be looked at then.
  for (const event of ['release', 'remove', 'acquire'] as const) pool.on(event, () => process.nextTick(next));
  return {
    connect() {
      const { promise, resolve } = Promise.withResolvers<PoolClient>();
      letIn.set(promise, () => resolve(connect()));
      next();
      return promise;
    },
    leave(connecting) {
      letIn.delete(connecting);
      next();
    },
    waiting: () => letIn.size,
  };
}
