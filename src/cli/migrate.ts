// gatehouse migrate: applies what is pending, or tells.
import { recordEvent } from '../audit/audit-log.ts';
import { systemClock } from '../clock.ts';
import { migrate, pendingMigrations } from '../database/migrator.ts';
import { commandConfig } from './configuration.ts';
import { count } from './output.ts';
import type { Answer, Invocation } from './terminal.ts';
import { openForCommand } from './with-database.ts';

export async function migrateDatabase(invocation: Invocation, { check }: { check: boolean }): Promise<Answer> {
  const { database } = await openForCommand(commandConfig(invocation));
  try {
    if (check) return pendingAnswer(await pendingMigrations(database));
    const applied = await migrate(database);
    const event = { event: 'database.migrated', actor: 'operator', details: { migrations: applied } } as const;
    if (applied.length > 0) await recordEvent({ db: database.db, clock: systemClock }, event);
    return appliedAnswer(applied);
  } finally {
    await database.close();
  }
}

function pendingAnswer(pending: readonly string[]): Answer {
  if (pending.length === 0) return { result: { pending }, text: 'The database is up to date.' };
  const text = `${count(pending.length, 'migration')} pending:\n${listed(pending)}`;
  return { result: { pending }, text, exitCode: 1 };
}

function appliedAnswer(applied: readonly string[]): Answer {
  if (applied.length === 0) return { result: { applied }, text: 'The database was up to date.' };
  return { result: { applied }, text: `Applied ${count(applied.length, 'migration')}:\n${listed(applied)}` };
}

const listed = (names: readonly string[]): string => names.map((name) => `  ${name}`).join('\n');
