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
  /** Resolves when nobody is waiting. */
  settled(): Promise<void>;
}

/** As idle_in_transaction_session_timeout on PostgreSQL (pool.ts), which PGlite does not know. */
const IDLE_IN_TRANSACTION_SECONDS = 10;

export function createTurnstile(engine: Engine, idleSeconds = IDLE_IN_TRANSACTION_SECONDS): Turnstile {
  let waiting: { client: Client; turn: Turn }[] = [];
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
      const { client, turn } = next;
      current = client;
      await engine.run(turn.bytes, (bytes) => client.answer(bytes));
      current = undefined;
      owner = turn.kind === 'part' || engine.isInTransaction() ? client : undefined;
    }
    busy = false;
    const sleeper = owner;
    if (sleeper === undefined) return;
    const reason = 'terminating connection due to idle-in-transaction timeout';
    idle = setTimeout(() => sleeper.dismiss('25P03', reason), idleSeconds * 1000);
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
    async settled() {
      while (busy) await running;
    },
  };
}
