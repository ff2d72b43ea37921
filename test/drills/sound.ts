// Whether what PostgreSQL has on its disk is whole: every row read, every index held against its table.
import { withClient } from './cluster.ts';

const INDEXES = `select indexrelid::regclass::text as name, bt_index_check(indexrelid, true) from pg_index
  join pg_class on pg_class.oid = indexrelid join pg_am on pg_am.oid = relam
  where amname = 'btree' and relpersistence = 'p' and indisvalid`;
const ROWS = `select relname || ': ' || found.msg as damage from pg_class, lateral verify_heapam(oid) found
  where relkind in ('r', 't') and relpersistence = 'p'`;

/** What is wrong, in words. */
export const damageOf = (url: string): Promise<string[]> =>
  withClient(url, async (client) => {
    try {
      await client.query('create extension if not exists amcheck');
      await client.query(INDEXES);
      return (await client.query<{ damage: string }>(ROWS)).rows.map(({ damage }) => damage);
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
