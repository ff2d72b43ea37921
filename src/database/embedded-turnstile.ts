// Who of the connected clients may use PGlite's one session next. Whoever has a transaction open goes on alone until it ends.
import { abandonment, type Turn } from './wire-protocol.ts';

export interface Engine {
  run(bytes: Uint8Array, onAnswer: (bytes: Uint8Array) => void): Promise<void>;
  isInTransaction(): boolean;
}

export interface Client {
  answer(bytes: Uint8Array): void;
  /** Ends the connection with a SQLSTATE and a reason. */
  dismiss(code: string, reason: string): void;
}

export interface Turnstile {
  enter(client: Client, turn: Turn): void;
  /** To be called once, when the client is gone: its transaction is rolled back. */
  leave(client: Client): void;
  /** Does the work when no client has a transaction open; nobody is let in meanwhile. Its failure is the caller's only. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nobody is waiting. */
  settled(): Promise<void>;
}

/** As idle_in_transaction_session_timeout on PostgreSQL (pool.ts), which PGlite does not know. */
const IDLE_IN_TRANSACTION_SECONDS = 10;
const IDLE_REASON = 'terminating connection due to idle-in-transaction timeout';

/** Somebody's turn, or work that nobody may come between. */
type Waiting =
  | { readonly client: Client; readonly turn: Turn }
  | { readonly client: undefined; readonly job: () => Promise<void> };

export function createTurnstile(engine: Engine, idleSeconds = IDLE_IN_TRANSACTION_SECONDS): Turnstile {
  let waiting: Waiting[] = [];
  let owner: Client | undefined;
  let current: Client | undefined;
  let busy = false;
  let running = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  const takeNext = () => {
    const index = owner === undefined ? 0 : waiting.findIndex(({ client }) => client === owner);
    return index === -1 ? undefined : waiting.splice(index, 1)[0];
  };

  const work = async () => {
    clearTimeout(idle);
    for (let next = takeNext(); next !== undefined; next = takeNext()) {
      if (next.client === undefined) {
        await next.job();
        continue;
      }
      const { client, turn } = next;
      current = client;
      await engine.run(turn.bytes, (bytes) => client.answer(bytes));
      current = undefined;
      owner = turn.kind === 'part' || engine.isInTransaction() ? client : undefined;
    }
    busy = false;
    const sleeper = owner;
    if (sleeper === undefined) return;
    idle = setTimeout(() => sleeper.dismiss('25P03', IDLE_REASON), idleSeconds * 1000);
  };

  const start = () => {
    if (busy) return;
    busy = true;
    // A failure of the engine ends the thread: there is no state to go on from.
    running = work();
  };

  return {
    enter(client, turn) {
      waiting.push({ client, turn });
      start();
    },
    leave(client) {
      waiting = waiting.filter((entry) => entry.client !== client);
      if (client !== owner && client !== current) return;
      waiting.push({ client, turn: { bytes: abandonment(), kind: 'whole' } });
      start();
    },
    alone: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({ client: undefined, job: () => work().then(resolve, reject) });
        start();
      }),
    async settled() {
      while (busy) await running;
    },
  };
}
