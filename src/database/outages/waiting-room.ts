// Where who comes new waits while all connections are taken, so that who has begun goes first: a sign-in asks for a connection a
// dozen times, and would otherwise wait as often behind everybody who has come meanwhile.
import type { Pool, PoolClient } from 'pg';
import type { Line } from './request-notes.ts';

export interface WaitingRoom {
  /** Through the room: a connection that nobody who has begun waits for. The lines take turns. */
  connect(line: Line): Promise<PoolClient>;
  /** Whoever gives up, with what `connect` gave. One who was let in already is not held back by it. */
  leave(connecting: Promise<PoolClient>): void;
  waiting(): number;
}

/** What an app asks for takes a few statements, a page of a sign-in a dozen and a password hash. */
const TURNS: readonly Line[] = ['apps', 'apps', 'apps', 'people'];

export function createWaitingRoom(pool: Pool, connect: () => Promise<PoolClient>): WaitingRoom {
  const lines = {
    apps: new Map<Promise<PoolClient>, () => void>(),
    people: new Map<Promise<PoolClient>, () => void>(),
  };
  const waiting = () => lines.apps.size + lines.people.size;
  const isFree = () => pool.waitingCount === 0 && (pool.idleCount > 0 || pool.totalCount < pool.options.max);
  let turn = 0;
  const nextLine = () => {
    for (;;) {
      turn = (turn + 1) % TURNS.length;
      const line = lines[TURNS[turn] ?? 'people'];
      if (line.size > 0) return line;
    }
  };
  const next = () => {
    while (waiting() > 0 && isFree()) {
      const line = nextLine();
      const [first] = line;
      if (first === undefined) return;
      line.delete(first[0]);
      first[1]();
    }
  };
  // The pool says so before the connection is back in it, where who has begun is served first. Who was let in to a connection
  // that was idle has it a moment later (`acquire`): the next one has to be looked at then.
  for (const event of ['release', 'remove', 'acquire'] as const) pool.on(event, () => process.nextTick(next));
  return {
    connect(line) {
      const { promise, resolve } = Promise.withResolvers<PoolClient>();
      lines[line].set(promise, () => resolve(connect()));
      next();
      return promise;
    },
    leave(connecting) {
      for (const line of Object.values(lines)) line.delete(connecting);
      next();
    },
    waiting,
  };
}
