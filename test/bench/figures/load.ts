// The load, in a process of its own: told what to do over its channel, one order after the other, and says what came of it.
import { type Lane, OF_BARE_ENGINE, OPERATIONS } from './operations.ts';

export type Order =
  | {
      readonly order: 'prepare';
      readonly operation: string;
      readonly port: number;
      /** As many as the operation has, unless stated. */
      readonly lanes?: number;
      /** The number of the first account that it may use. */
      readonly people: number;
      /** Of the bare engine, which has nobody who could sign in. */
      readonly tokens?: readonly string[];
    }
  | { readonly order: 'refill' }
  | { readonly order: 'run'; readonly seconds: number; readonly most?: number };

export interface Done {
  readonly seconds: number;
  readonly operations: number;
  readonly errors: number;
  readonly firstError: string | undefined;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export const personOf = (number: number): string => `person-${number}@example.test`;

let lanes: readonly Lane[] = [];
let refill: (() => Promise<void>) | undefined;

async function prepare(order: Extract<Order, { order: 'prepare' }>): Promise<void> {
  const { operation, port, people, lanes: stated, tokens } = order;
  const wanted = (tokens === undefined ? OPERATIONS : OF_BARE_ENGINE(tokens)).find(({ name }) => name === operation);
  if (wanted === undefined) throw new Error(`no operation ${operation}`);
  let next = people;
  const asking = { port, nextPerson: () => personOf(next++) };
  lanes = await wanted.prepare(stated ?? wanted.lanes, asking);
  refill = wanted.refill && (() => wanted.refill?.(asking) ?? Promise.resolve());
}

async function run(seconds: number, most = Number.POSITIVE_INFINITY): Promise<Done> {
  const times: number[] = [];
  const errors: string[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  let asked = 0;
  const keepAsking = async (lane: Lane): Promise<void> => {
    for (let sent = performance.now(); sent < until && asked < most; sent = performance.now()) {
      asked += 1;
      try {
        if (!(await lane())) return;
        times.push(performance.now() - sent);
      } catch (error) {
        errors.push(String(error));
        if (errors.length > 50) return;
      }
    }
  };
  await Promise.all(lanes.map(keepAsking));
  const took = (performance.now() - began) / 1000;
  const sorted = Float64Array.from(times).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return {
    seconds: took,
    operations: times.length,
    errors: errors.length,
    firstError: errors[0],
    p50: at(0.5),
    p99: at(0.99),
  };
}

async function carryOut(order: Order): Promise<Done | undefined> {
  if (order.order === 'run') return run(order.seconds, order.most);
  await (order.order === 'prepare' ? prepare(order) : refill?.());
  return undefined;
}

if (process.send !== undefined) {
  process.on('message', (order: Order) => {
    carryOut(order).then(
      (done) => process.send?.({ done }),
      (error: unknown) => process.send?.({ failed: error instanceof Error ? error.stack : String(error) }),
    );
  });
}
