// How many statements requests make: heard at the driver, of each request by itself and in their order. What PostgreSQL
// asks for itself (foreign keys) does not get here, nor does what the server does without having been asked.
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { Client } from 'pg';

export interface AskedByRequest {
  /** `POST /token` */
  readonly request: string;
  readonly statements: string[];
}

export interface StatementCounts {
  /** By request, in the order in which these came; without BEGIN, COMMIT and savepoints. */
  during(work: () => Promise<unknown>): Promise<readonly AskedByRequest[]>;
  stop(): void;
}

const REQUESTS = 'http.server.request.start';
/** Mails that wait are looked for when a request may have left one. */
const BY_ITSELF = /^update "mail_outbox"/;
const CONTROLS = /^\s*(begin|start transaction|commit|rollback|savepoint|release)\b/i;

/** Of every server and every database of this process. */
export function countsStatements(): StatementCounts {
  const ofRequest = new AsyncLocalStorage<AskedByRequest>();
  const { query } = Client.prototype;
  let heard: AskedByRequest[] = [];
  const begins = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    const asked = { request: `${request.method} ${request.url?.split('?')[0]}`, statements: [] };
    heard.push(asked);
    ofRequest.enterWith(asked);
  };
  Client.prototype.query = function (this: Client, ...asked: unknown[]) {
    const text = textOf(asked[0]);
    if (!CONTROLS.test(text) && !BY_ITSELF.test(text)) ofRequest.getStore()?.statements.push(text);
    return Reflect.apply(query, this, asked);
  } as typeof query;
  subscribe(REQUESTS, begins);
  return {
    async during(work) {
      heard = [];
      await work();
      return heard;
    },
    stop() {
      unsubscribe(REQUESTS, begins);
      Client.prototype.query = query;
    },
  };
}

export const countOf = (asked: readonly AskedByRequest[]): number =>
  asked.reduce((sum, { statements }) => sum + statements.length, 0);

const textOf = (asked: unknown): string =>
  typeof asked === 'object' && asked !== null && 'text' in asked ? String(asked.text) : String(asked);
