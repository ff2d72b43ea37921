// PostgreSQL may answer and take nobody new (`takesNobodyNew`). Who is connected already does for everybody then.
import type { Pool, PoolClient } from 'pg';
import { takesNobodyNew } from './unavailable.ts';

/** Milliseconds until another connection is tried. */
const PAUSE_MS = 1_000;

/** A connection of the pool. Where a new one is refused, one of those that are there is waited for. */
export function makingDo(pool: Pool): () => Promise<PoolClient> {
  const most = pool.options.max;
  // The pool counts those as well that are about to connect.
  let connected = 0;
  pool.on('connect', () => {
    connected += 1;
  });
  pool.on('remove', () => {
    connected -= 1;
  });

  const growNoMore = (atMost: number) => {
    const grows = () => {
      pool.options.max = most;
    };
    if (pool.options.max === most) setTimeout(grows, PAUSE_MS).unref();
    pool.options.max = atMost;
  };

  return async () => {
    for (;;) {
      try {
        return await pool.connect();
      } catch (error) {
        const left = Math.min(connected, pool.totalCount);
        if (!takesNobodyNew(error) || left === 0) throw error;
        growNoMore(left);
      }
    }
  };
}
