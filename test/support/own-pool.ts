// Connections of a test's own, beside those of the server or the store that it tests.
import { Pool } from 'pg';

/**
 * `pool.end()` does not wait until a connection has said goodbye, and a test's database is dropped with force: what
 * PostgreSQL then says to those that still leave is nobody's error. Without both listeners it ends the run.
 */
export function openOwnPool(url: string | undefined, max = 1): Pool {
  const pool = new Pool({ connectionString: url, max });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
