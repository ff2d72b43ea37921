// What requests ask of the database, as it reaches the driver: the texts of the statements, without the values beside them.
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Client } from 'pg';

export interface Statements {
  /** Those of requests that are answered while the work is done; what the server does by itself is left out. */
  during(work: () => Promise<unknown>): Promise<ReadonlySet<string>>;
  stop(): void;
}

const REQUESTS = 'http.server.request.start';

/** Of every server and every database of this process. */
export function listensToStatements(): Statements {
  const ofRequest = new AsyncLocalStorage<true>();
  const begins = () => ofRequest.enterWith(true);
  const { query } = Client.prototype;
  let heard = new Set<string>();
  Client.prototype.query = function (this: Client, ...asked: unknown[]) {
    if (ofRequest.getStore()) heard.add(textOf(asked[0]));
    return Reflect.apply(query, this, asked);
  } as typeof query;
  subscribe(REQUESTS, begins);
  return {
    async during(work) {
      heard = new Set();
      await work();
      return heard;
    },
    stop() {
      unsubscribe(REQUESTS, begins);
      Client.prototype.query = query;
    },
  };
}

const textOf = (asked: unknown): string =>
  typeof asked === 'object' && asked !== null && 'text' in asked ? String(asked.text) : String(asked);

/** What a run has asked that no run with harmless values has, and what it has asked with one of its values in the text. */
export function foreignTo(
  harmless: ReadonlySet<string>,
  asked: ReadonlySet<string>,
  values: readonly string[],
): { readonly shapes: readonly string[]; readonly withValues: readonly string[] } {
  const all = [...harmless].join('\n');
  // Some of them, like a quote, stand in statements anyway; where they become part of one, its text is another.
  const telling = values.filter((value) => !all.includes(value));
  return {
    shapes: [...asked].filter((text) => !harmless.has(text)),
    withValues: [...asked].filter((text) => telling.some((value) => text.includes(value))),
  };
}
