// The pool as kysely sees it: every wait ends, and what was met is said. A connection that broke is never handed out again.
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { DatabaseError, type Pool, type PoolClient } from 'pg';
import { makingDo } from './nobody-new.ts';
import type { Reachability } from './reachability.ts';
import { type Asker, noting, patiently, whoAsks } from './request-notes.ts';
import type { NameOf } from './statement-names.ts';
import { DatabaseUnavailable, endsConnection } from './unavailable.ts';
import { createWaitingRoom, type WaitingRoom } from './waiting-room.ts';

export interface Guard {
  readonly reachability: Reachability;
  /** Milliseconds after which a query is suspected to wait for a database that is not there. */
  readonly suspectAfterMs: number;
  /** Whether a request gives up waiting for a connection (request-notes.ts), or the pool decides alone. */
  readonly impatient: boolean;
}

export interface PoolLoad {
  readonly idle: number;
  readonly busy: number;
  /** Who waits for a connection. */
  readonly waiting: number;
}

export interface GuardedPool extends PostgresPool {
  load(): PoolLoad;
  /** Whether somebody who has begun, or is of the line of who asks now, has waited too long for a connection: newcomers are refused. */
  isOverrun(): boolean;
}

/** Told of every statement, with the way there and back. */
export type OnRoundTrip = (seconds: number) => void;

export interface Statements {
  readonly onRoundTrip?: OnRoundTrip | undefined;
  /** Undefined: none is prepared. */
  readonly nameOf?: NameOf | undefined;
}

/** Without a guard, whoever asks waits as long as it takes. */
export function guardPool(pool: Pool, guard: Guard | undefined, statements: Statements = {}): GuardedPool {
  const queue = createQueue();
  const connectOne = makingDo(pool);
  const room = createWaitingRoom(pool, connectOne);
  const waiting = () => pool.waitingCount + room.waiting();
  const isOverrun = () => waiting() > 0 && queue.isTooLong(whoAsks());
  return {
    options: pool.options,
    connect: async () =>
      guardClient(await connect(connectOne, guard, { ...queue, room, isOverrun }), guard, statements),
    isOverrun,
    load: () => ({ idle: pool.idleCount, busy: pool.totalCount - pool.idleCount, waiting: waiting() }),
    async end() {
      guard?.reachability.stop();
      await pool.end();
    },
  };
}

/**
 * Milliseconds. Where somebody who has begun, or of the line of who comes new, has waited that long for a connection, more is asked for than can be done: newcomers are told so at
 * once, so that what has begun is finished, instead of all being told when their time is over.
 */
const TOO_LONG_MS = 600;

/** Whose request waits for a connection, in the order in which they have come. What the process does by itself may wait and is no sign of a crowd. */
function createQueue(): Queue {
  const [begun, apps, people] = [new Set<Waiting>(), new Set<Waiting>(), new Set<Waiting>()];
  const since = { begun, apps, people };
  const isTooLongIn = ([oldest]: ReadonlySet<Waiting>) =>
    oldest !== undefined && performance.now() - oldest.at > TOO_LONG_MS;
  return {
    isTooLong: (who) => isTooLongIn(begun) || (who !== 'nobody' && isTooLongIn(since[who])),
    async waitFor(connecting, who) {
      if (who === 'nobody') return connecting;
      const me = { at: performance.now() };
      since[who].add(me);
      try {
        return await connecting;
      } finally {
        since[who].delete(me);
      }
    },
  };
}

interface Waiting {
  readonly at: number;
}

interface Queue {
  isTooLong(who: Asker): boolean;
  waitFor<T>(connecting: Promise<T>, who: Asker): Promise<T>;
}

type Waits = Queue & Pick<GuardedPool, 'isOverrun'> & { readonly room: WaitingRoom };

type ConnectOne = ReturnType<typeof makingDo>;

async function connect(connectOne: ConnectOne, guard: Guard | undefined, queue: Waits): Promise<PoolClient> {
  try {
    return await (guard === undefined ? connectOne() : connectInTime(connectOne, guard, queue));
  } catch (error) {
    guard?.reachability.suspect();
    if (error instanceof DatabaseError || error instanceof DatabaseUnavailable) throw noting(error);
    throw noting(new DatabaseUnavailable(`The database cannot be reached: ${messageOf(error)}`, { cause: error }));
  }
}

function connectInTime(connectOne: ConnectOne, { reachability, impatient }: Guard, queue: Waits): Promise<PoolClient> {
  reachability.require();
  if (!impatient) return orGiveBack(connectOne(), queue.room, reachability.unlessAway);
  const who = whoAsks();
  const isNew = who === 'apps' || who === 'people';
  if (isNew && queue.isOverrun()) throw new DatabaseUnavailable('More is asked for than can be done.');
  const connecting = isNew ? queue.room.connect(who) : connectOne();
  return orGiveBack(connecting, queue.room, (each) => queue.waitFor(patiently(reachability.unlessAway(each)), who));
}

/** A connection that comes after its request has given up goes back to the pool. */
async function orGiveBack(
  connecting: Promise<PoolClient>,
  room: WaitingRoom,
  wait: (connecting: Promise<PoolClient>) => Promise<PoolClient>,
): Promise<PoolClient> {
  try {
    return await wait(connecting);
  } catch (error) {
    room.leave(connecting);
    connecting.then(
      (client) => client.release(),
      () => room.leave(connecting),
    );
    throw error;
  }
}

function guardClient(client: PoolClient, guard: Guard | undefined, statements: Statements): PostgresPoolClient {
  const { onRoundTrip, nameOf } = statements;
  let broken: DatabaseUnavailable | undefined;

  async function query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    if (broken !== undefined) throw noting(broken);
    const began = onRoundTrip && performance.now();
    const suspecting = guard && setInterval(guard.reachability.suspect, guard.suspectAfterMs);
    try {
      const name = parameters.length === 0 ? undefined : nameOf?.(text);
      const query = { text, values: [...parameters], ...(name !== undefined && { name }) };
      return (await client.query(query)) as unknown as PostgresQueryResult<R>;
    } catch (error) {
      if (!isConnectionFailure(error) && !endsConnection(error)) throw noting(error);
      broken = new DatabaseUnavailable(`The database stopped answering: ${messageOf(error)}`, { cause: error });
      guard?.reachability.suspect();
      throw noting(broken);
    } finally {
      clearInterval(suspecting);
      if (began !== undefined) onRoundTrip?.((performance.now() - began) / 1000);
    }
  }

  return {
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(broken ?? destroy),
  };
}

const isConnectionFailure = (error: unknown): boolean =>
  error instanceof Error &&
  !(error instanceof DatabaseError) &&
  ('syscall' in error ||
    /^(Connection terminated|Query read timeout|Client (has encountered|was closed))/.test(error.message));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
