// Fresh, migrated databases for tests, in a fraction of a second: copies of a template.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { inject } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/database.ts';
import { takeLock } from '../../src/database/embedded-lock.ts';
import { migrate } from '../../src/database/migrator.ts';
import { startCluster } from './postgres-cluster.ts';

export { postgresAvailable } from './postgres-cluster.ts';

export type DatabaseKind = 'pglite' | 'postgres';

/** Where a database is, not opened: for tests that start a server or a command on it. */
export interface TestDatabase {
  /** Undefined for PGlite, which is in the data directory. */
  readonly url: string | undefined;
  readonly dataDir: string;
  remove(): Promise<void>;
}

export type OpenTestDatabase = OpenDatabase & { readonly url: string | undefined; readonly dataDir: string };

/** A migrated database of its own. `close()` also removes it. */
export async function openTestDatabase(kind: DatabaseKind = 'pglite'): Promise<OpenTestDatabase> {
  const place = await makeTestDatabase(kind);
  const open = await openDatabase({ url: place.url, dataDir: place.dataDir, poolSize: 10 });
  const close = async () => {
    await open.close();
    await place.remove();
  };
  return { ...open, url: place.url, dataDir: place.dataDir, close };
}

export async function makeTestDatabase(kind: DatabaseKind = 'pglite'): Promise<TestDatabase> {
  return kind === 'pglite' ? copyPgliteTemplate() : copyPostgresTemplate();
}

/** An empty database without migrations. */
export async function makeEmptyDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  return kind === 'pglite' ? { url: undefined, ...makeDataDir() } : createPostgresDatabase('template0');
}

function makeDataDir(): { dataDir: string; remove: () => Promise<void> } {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-data-'));
  return { dataDir, remove: async () => rmSync(dataDir, { recursive: true, force: true }) };
}

async function copyPgliteTemplate(): Promise<TestDatabase> {
  const template = await pgliteTemplate();
  const place = makeDataDir();
  cpSync(template, place.dataDir, { recursive: true });
  return { url: undefined, ...place };
}

/** Made once for each state of the migrations and kept between runs, as making it takes seconds. */
async function pgliteTemplate(): Promise<string> {
  const template = path.join(tmpdir(), `gatehouse-template-${process.getuid?.() ?? 0}-${migrationsHash()}`);
  if (existsSync(template)) return template;
  return alone(`${template}.making`, async () => {
    if (existsSync(template)) return template;
    const draft = mkdtempSync(`${template}.draft-`);
    const database = await openDatabase({ url: undefined, dataDir: draft, poolSize: 1 });
    await migrate(database);
    await database.close();
    renameSync(draft, template);
    return template;
  });
}

function migrationsHash(): string {
  const root = path.join(import.meta.dirname, '../..');
  const hash = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json')));
  const migrations = path.join(root, 'migrations');
  for (const file of readdirSync(migrations).sort())
    hash.update(file).update(readFileSync(path.join(migrations, file)));
  return hash.digest('hex').slice(0, 16);
}

const POSTGRES_TEMPLATE = 'gatehouse_template';

async function copyPostgresTemplate(): Promise<TestDatabase> {
  const cluster = await postgresCluster();
  await alone(path.join(inject('runDirectory'), 'template'), () => makePostgresTemplate(cluster));
  return createPostgresDatabase(POSTGRES_TEMPLATE);
}

const postgresCluster = (): Promise<string> =>
  alone(path.join(inject('runDirectory'), 'starting'), () => startCluster(inject('runDirectory')));

async function makePostgresTemplate(cluster: string): Promise<void> {
  const exists = await administer(cluster, `select 1 from pg_database where datname = '${POSTGRES_TEMPLATE}'`);
  if (exists > 0) return;
  await administer(cluster, `create database making_template template template0`);
  const database = await openDatabase({ url: `${cluster}/making_template`, dataDir: '', poolSize: 1 });
  await migrate(database);
  await database.close();
  await administer(cluster, `alter database making_template rename to ${POSTGRES_TEMPLATE}`);
}

async function createPostgresDatabase(template: string): Promise<TestDatabase> {
  const cluster = await postgresCluster();
  const place = makeDataDir();
  const name = path.basename(place.dataDir).replaceAll('-', '_');
  await administer(cluster, `create database "${name}" template ${template}`);
  const remove = async () => {
    await administer(cluster, `drop database "${name}" with (force)`);
    await place.remove();
  };
  return { url: `${cluster}/${name}`, dataDir: place.dataDir, remove };
}

/** @returns how many rows the statement returned */
async function administer(cluster: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: `${cluster}/postgres` });
  await client.connect();
  try {
    return (await client.query(statement)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** Runs the work while no other test process runs work of this name. */
async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(name, { recursive: true });
  for (;;) {
    const lock = takeLock(name);
    if (lock !== undefined) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    await sleep(50);
  }
}
