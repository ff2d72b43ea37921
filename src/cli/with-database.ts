// Opens the database for one command, beside a running server or alone.
import { setTimeout as sleep } from 'node:timers/promises';
import { recordEvent } from '../audit/audit-log.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { type SealedBox, sealedBoxOf } from '../crypto/sealed-box.ts';
import { type Db, type OpenDatabase, openDatabase } from '../database/database.ts';
import { DatabaseInUse } from '../database/embedded.ts';
import { migrate, schemaAge } from '../database/migrator.ts';
import { CommandFailed } from './failure.ts';
import { count } from './output.ts';

export interface CommandDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly box: SealedBox;
  /** The database is embedded, and no other process has it: no server runs. */
  readonly alone: boolean;
}

/**
 * Applies pending migrations first, if no other process has the database.
 * @throws CommandFailed `migrations_pending`, DatabaseNewerThanCode, DatabaseOfAnotherHistory, and whatever `work` throws
 */
export async function withDatabase<T>(config: Config, work: (deps: CommandDeps) => Promise<T>): Promise<T> {
  const { database, keeper } = await openForCommand(config);
  try {
    await bringUpToDate(database, keeper);
    const box = sealedBoxOf(config);
    return await work({ db: database.db, clock: systemClock, box, alone: keeper.who === 'this_command' });
  } finally {
    await database.close();
  }
}

/** Who keeps the schema up to date. */
type Keeper = { who: 'this_command' } | { who: 'another_process'; pid: number | undefined } | { who: 'operator' };

const COMMAND_POOL_SIZE = 2;

export async function openForCommand({ database: { url }, paths }: Config): Promise<{
  database: OpenDatabase;
  keeper: Keeper;
}> {
  const settings = { url, dataDir: paths.dataDir, poolSize: COMMAND_POOL_SIZE };
  if (url !== undefined) return { database: await openDatabase(settings), keeper: { who: 'operator' } };
  try {
    return { database: await openDatabase({ ...settings, embedded: 'start' }), keeper: { who: 'this_command' } };
  } catch (error) {
    if (!(error instanceof DatabaseInUse)) throw error;
    const database = await openDatabase({ ...settings, embedded: 'attach-or-start' });
    return { database, keeper: { who: 'another_process', pid: error.pid } };
  }
}

/** Milliseconds. A server at its first start opens the database a moment before it has made the tables. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 250;

async function bringUpToDate(database: OpenDatabase, keeper: Keeper): Promise<void> {
  if (keeper.who === 'this_command') {
    const applied = await migrate(database);
    const event = { event: 'database.migrated', actor: 'operator', details: { migrations: applied } } as const;
    if (applied.length > 0) await recordEvent({ db: database.db, clock: systemClock }, event);
    return;
  }
  const giveUpAt = performance.now() + (keeper.who === 'another_process' ? PATIENCE_MS : 0);
  for (;;) {
    const { pending } = await schemaAge(database);
    if (pending.length === 0) return;
    if (performance.now() >= giveUpAt) throw new CommandFailed('migrations_pending', pendingMessage(pending, keeper));
    await sleep(PAUSE_MS);
  }
}

function pendingMessage(pending: readonly string[], keeper: Keeper): string {
  const what = `The database lacks ${count(pending.length, 'migration')} (${pending.join(', ')}).`;
  return keeper.who === 'another_process'
    ? `${what} It is run by ${keeper.pid === undefined ? 'another process' : `process ${keeper.pid}`}, probably an older Gatehouse: restart that, or run "gatehouse migrate".`
    : `${what} Run "gatehouse migrate" or start the server, then try again.`;
}
