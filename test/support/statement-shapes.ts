// What PostgreSQL itself has parsed: its own list of the shapes of statements (pg_stat_statements), in a cluster of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { FAST, startCluster, stopCluster } from './postgres-cluster.ts';

export interface StatementShapes {
  /** Of an empty database. */
  readonly url: string;
  /** What it has been asked so far, by number; constants are left out of the texts. Also what is asked inside of functions. */
  all(): Promise<ReadonlyMap<string, string>>;
  stop(): Promise<void>;
}

const NAME = 'asked';

const SETTINGS = {
  ...FAST,
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'all',
  'pg_stat_statements.max': 10_000,
};

export async function startShapesPostgres(): Promise<StatementShapes> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-shapes-'));
  const cluster = await startCluster(folder, SETTINGS);
  const client = new Client({ connectionString: `${cluster}/postgres` });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create extension pg_stat_statements');
  await client.query(`create database ${NAME} template template0`);
  return {
    url: `${cluster}/${NAME}`,
    async all() {
      const { rows: lost } = await client.query('select dealloc from pg_stat_statements_info');
      if (Number(lost[0]?.dealloc) > 0) throw new Error('Shapes were forgotten: pg_stat_statements.max is too low.');
      const { rows } = await client.query(
        `select queryid::text as id, query as text from pg_stat_statements
         where dbid = (select oid from pg_database where datname = $1)`,
        [NAME],
      );
      return new Map(rows.map(({ id, text }) => [id, text]));
    },
    async stop() {
      await client.end();
      stopCluster(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
