// One look at the database, on a connection of its own.
import { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { takesNobodyNew } from './unavailable.ts';

/**
 * Rejects when nobody takes the connection in time. A pooler in between may take it and have nobody behind it, so a
 * query goes along; the embedded database answers queries in turns, which says nothing about whether it is there.
 */
export const createProbe =
  (reach: ClientConfig, { query }: { query: boolean }) =>
  async (withinMs: number): Promise<void> => {
    const socket = new Socket().unref();
    const client = new Client({ ...reach, stream: () => socket });
    client.on('error', () => undefined);
    const over = new AbortController();
    const answered = (async () => {
      await client.connect();
      if (query) await client.query('select 1');
      // Said with a farewell: the database would log a connection that broke off.
      client.end().catch(() => undefined);
    })();
    try {
      await Promise.race([answered, late(withinMs, over.signal)]);
    } catch (error) {
      socket.destroy();
      if (!takesNobodyNew(error)) throw error;
    } finally {
      over.abort();
      answered.catch(() => undefined);
    }
  };

/** After the time and one more turn: an answer that has come while this process was busy counts. */
async function late(milliseconds: number, signal: AbortSignal): Promise<never> {
  await sleep(milliseconds, undefined, { ref: false, signal });
  await nextTurn();
  await nextTurn();
  throw new Error(`no answer within ${milliseconds} ms`);
}
