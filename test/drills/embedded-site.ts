// One process with its embedded database in a directory, and a program that makes accounts there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { openDatabase } from '../../src/database/database.ts';
import { readHolder } from '../../src/database/embedded-lock.ts';
import { answerOf, type Place } from '../cli/command-line.ts';
import { type Process, startProcesses } from '../support/processes.ts';
import { PASSWORD } from '../support/start-server.ts';
import { BUSY, KEEPER } from './keeper.ts';
import { EMAIL } from './while-full.ts';

export interface EmbeddedSite {
  readonly issuer: string;
  readonly place: Place;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly process: Process;
  /** Of the process that has the database open. */
  pid(): number;
  /** How many of these accounts are there. */
  present(ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** Below `folder`, where it stays; else in a directory that goes with it. */
export async function openEmbedded(folder?: string): Promise<EmbeddedSite> {
  const own = folder ?? mkdtempSync(path.join(tmpdir(), 'gatehouse-embedded-'));
  const dataDir = path.join(own, 'data');
  const database = { url: undefined, dataDir, remove: async () => {} };
  const processes = await startProcesses({ count: 1, database, clients: KEEPER, settings: BUSY });
  const process = processes.all[0] as Process;
  const place = { cwd: processes.configDir, env: { ...processes.env, GATEHOUSE_LOG_LEVEL: 'silent' } };
  const words = ['user', 'create', '--email', EMAIL, '--email-verified', '--password-stdin'];
  await answerOf(place, words, { stdin: `${PASSWORD}\n` });
  return {
    issuer: processes.issuer,
    place,
    dataDir,
    env: processes.env,
    process,
    pid: () => readHolder(path.join(dataDir, 'pglite'))?.pid ?? 0,
    present: (ids) => presentIn(dataDir, ids),
    async close() {
      await processes.stop();
      if (folder === undefined) rmSync(own, { recursive: true, force: true });
    },
  };
}

/** Asks the process that has it open; if there is none, opens it here. */
export async function presentIn(dataDir: string, ids: readonly string[]): Promise<number> {
  const database = await openDatabase({ url: undefined, dataDir, poolSize: 1, embedded: 'attach-or-start' });
  try {
    const found = await sql<{ count: number }>`
      select count(*)::int as count from accounts where id = any(${[...ids]})`.execute(database.db);
    return found.rows[0]?.count ?? 0;
  } finally {
    await database.close();
  }
}
