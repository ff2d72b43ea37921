// Accounts of another system, or of an export: row by row, each in whole or not at all.
import type { AuditDeps } from '../audit/audit-log.ts';
import type { Attribute } from '../config/config.ts';
import { findSurroundings } from './existing.ts';
import { findKnownNames } from './given.ts';
import { checkRecord, type Incoming } from './incoming.ts';
import type { ProfileRules } from './incoming-profile.ts';
import { FileUnreadable } from './read-csv.ts';
import type { Row } from './read-lines.ts';
import { readRecord } from './record.ts';
import { type ImportEnd, recordBeginning, recordEnd } from './record-import.ts';
import { createSeenRows, type SeenRows } from './seen-rows.ts';
import { storeAccounts } from './store-accounts.ts';
import { updateAccount } from './update-account.ts';
import { type Verdict, verdictOn } from './verdict.ts';

export interface ImportDeps extends AuditDeps {
  readonly config: { readonly attributes: ReadonlyMap<string, Attribute> };
}

export interface Counts {
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
}

export interface BadRow {
  readonly line: number;
  /** Sentences in English without their last dot. */
  readonly problems: readonly string[];
}

export interface Import {
  readonly rows: AsyncIterable<Row>;
  /** For the records: its name. */
  readonly file: string;
  /** Looks, and writes nothing. */
  readonly dryRun: boolean;
  /** Accounts that there are become what their rows say. */
  readonly update: boolean;
  readonly allowAdministrators: boolean;
  onProgress(counts: Counts): void;
  onBadRow(row: BadRow): void;
}

export interface Imported extends Counts {
  /** Why the file could not be read to its end. */
  readonly unreadable: string | undefined;
  readonly stopped: boolean;
}

/** What the rows throw when somebody has asked to stop; those that were read before are settled first. */
export class ImportStopped extends Error {
  override readonly name = 'ImportStopped';
}

/** One transaction each: what was interrupted goes on where it was when it is run again. */
const BATCH = 500;

export async function importAccounts(deps: ImportDeps, order: Import): Promise<Imported> {
  const names = await findKnownNames(deps.db, order.allowAdministrators);
  const rules = { attributes: deps.config.attributes, names, now: deps.clock.now() };
  const seen = createSeenRows();
  if (!order.dryRun) await recordBeginning(deps, order.file);
  let counts: Counts = { rows: 0, created: 0, updated: 0, unchanged: 0, refused: 0 };
  const ended = async (end: ImportEnd) => {
    if (!order.dryRun) await recordEnd(deps, { file: order.file, counts, end });
  };
  try {
    for await (const batch of batchesOf(order.rows)) {
      const settled: Settled[] = [];
      try {
        await settleBatch(deps, batch, { order, rules, seen, settled });
      } finally {
        counts = addedUp(counts, settled);
      }
      order.onProgress(counts);
    }
  } catch (error) {
    const unreadable = error instanceof FileUnreadable ? error.message : undefined;
    const stopped = error instanceof ImportStopped;
    await ended(stopped ? 'stopped' : unreadable === undefined ? 'failed' : 'unreadable');
    if (!stopped && unreadable === undefined) throw error;
    return { ...counts, unreadable, stopped };
  }
  await ended('whole');
  return { ...counts, unreadable: undefined, stopped: false };
}

/** What was read before the file could not be read on is given out first. */
async function* batchesOf(rows: AsyncIterable<Row>): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  let broken: unknown;
  try {
    for await (const row of rows) {
      if (batch.push(row) < BATCH) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    broken = error;
  }
  if (batch.length > 0) yield batch;
  if (broken !== undefined) throw broken;
}

type Settled =
  | { readonly outcome: 'created' | 'updated' | 'unchanged' }
  | { readonly outcome: 'refused'; readonly line: number; readonly problems: readonly string[] };

interface Course {
  readonly order: Import;
  readonly rules: ProfileRules;
  readonly seen: SeenRows;
  /** Filled as it happens: what stays done when something fails. */
  readonly settled: Settled[];
}

async function settleBatch(deps: ImportDeps, batch: readonly Row[], course: Course): Promise<void> {
  const { order, settled } = course;
  const fine: Incoming[] = [];
  for (const row of batch) {
    const examined = examine(row, course);
    if ('problems' in examined) settled.push({ outcome: 'refused', line: row.line, problems: examined.problems });
    else fine.push(examined);
  }
  await settle(deps, fine, course);
  const bad = settled.filter((each) => each.outcome === 'refused').sort((a, b) => a.line - b.line);
  for (const { line, problems } of bad) order.onBadRow({ line, problems });
}

function examine(row: Row, { rules, seen }: Course): Incoming | { readonly problems: readonly string[] } {
  if ('problem' in row) return { problems: [row.problem] };
  const reading = readRecord(row.value);
  if (reading.outcome === 'invalid') return reading;
  const check = checkRecord(reading.record, row.line, rules);
  if (check.outcome === 'invalid') return check;
  const repeated = seen.note(check.incoming);
  return repeated.length > 0 ? { problems: repeated } : check.incoming;
}

async function settle(deps: ImportDeps, rows: readonly Incoming[], course: Course): Promise<void> {
  const { order, settled } = course;
  if (rows.length === 0) return;
  const around = await findSurroundings(deps, rows);
  const judged = rows.map((row) => ({ row, verdict: verdictOn(row, around) }));
  for (const { row, verdict } of judged) {
    if (verdict.verdict !== 'new') settled.push(await settleKnown(deps, { row, verdict }, order));
  }
  const fresh = judged.filter(({ verdict }) => verdict.verdict === 'new').map(({ row }) => row);
  if (order.dryRun) {
    settled.push(...fresh.map(() => ({ outcome: 'created' }) as const));
    return;
  }
  const stored = await storeAccounts(deps, fresh);
  const overtaken = fresh.filter((_, index) => stored[index]?.outcome === 'overtaken');
  for (const [index, each] of stored.entries()) {
    const { line } = fresh[index] as Incoming;
    if (each.outcome === 'created') settled.push({ outcome: 'created' });
    if (each.outcome === 'refused') settled.push({ outcome: 'refused', line, problems: [each.problem] });
  }
  // Looked at again, together with what has come in their way.
  await settle(deps, overtaken, course);
}

async function settleKnown(
  deps: ImportDeps,
  { row, verdict }: { row: Incoming; verdict: Exclude<Verdict, { verdict: 'new' }> },
  { update, dryRun }: Import,
): Promise<Settled> {
  const refuse = (problem: string): Settled => ({ outcome: 'refused', line: row.line, problems: [problem] });
  switch (verdict.verdict) {
    case 'unchanged':
      return { outcome: 'unchanged' };
    case 'refused':
      return refuse(verdict.problem);
    case 'differs': {
      const { existing, fields } = verdict;
      const what = `the account ${existing.account.id} is there, and differs in ${fields.join(', ')}`;
      if (!update) return refuse(what);
      const updated = await updateAccount(deps, { row, existing, fields }, { dryRun });
      return updated.outcome === 'updated' ? updated : refuse(`${what}; ${updated.problem}`);
    }
  }
}

function addedUp(counts: Counts, settled: readonly Settled[]): Counts {
  const of = (outcome: Settled['outcome']) => settled.filter((each) => each.outcome === outcome).length;
  return {
    rows: counts.rows + settled.length,
    created: counts.created + of('created'),
    updated: counts.updated + of('updated'),
    unchanged: counts.unchanged + of('unchanged'),
    refused: counts.refused + of('refused'),
  };
}
