// gatehouse migrate: applies what is pending, or tells.
import { recordEvent } from '../audit/audit-log.ts';
import { systemClock } from '../clock.ts';
import { migrate, schemaAge } from '../database/migrator.ts';
import type { SchemaAge } from '../database/schema-age.ts';
import { commandConfig } from './configuration.ts';
import { count } from './output.ts';
import type { Answer, Invocation } from './terminal.ts';
import { openForCommand } from './with-database.ts';

export async function migrateDatabase(invocation: Invocation, { check }: { check: boolean }): Promise<Answer> {
  const { database } = await openForCommand(commandConfig(invocation));
  try {
    const age = await schemaAge(database);
    if (check) return pendingAnswer(age);
    const applied = await migrate(database);
    const event = { event: 'database.migrated', actor: 'operator', details: { migrations: applied } } as const;
    if (applied.length > 0) await recordEvent({ db: database.db, clock: systemClock }, event);
    return appliedAnswer(applied, age);
  } finally {
    await database.close();
  }
}

function pendingAnswer({ pending, newer }: SchemaAge): Answer {
  if (pending.length === 0) return { result: { pending, newer }, text: `The database is ${state(newer)}` };
  const text = `${count(pending.length, 'migration')} pending:\n${listed(pending)}`;
  return { result: { pending, newer }, text, exitCode: 1 };
}

function appliedAnswer(applied: readonly string[], { newer }: SchemaAge): Answer {
  if (applied.length === 0) return { result: { applied }, text: `The database was ${state(newer)}` };
  return { result: { applied }, text: `Applied ${count(applied.length, 'migration')}:\n${listed(applied)}` };
}

const state = (newer: readonly string[]): string =>
  newer.length === 0
    ? 'up to date.'
    : `migrated by a newer Gatehouse; this one can go on with it. It does not know\n${listed(newer)}`;

const listed = (names: readonly string[]): string => names.map((name) => `  ${name}`).join('\n');
