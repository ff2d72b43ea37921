// Accounts of another system, or of an export: row by row, each in whole or not at all.
import { type AuditDeps, recordEvent } from '../audit/audit-log.ts';
import type { Attribute } from '../config/config.ts';
import { findSurroundings } from './existing.ts';
import { findKnownNames } from './given.ts';
import { checkRecord, type Incoming } from './incoming.ts';
import type { ProfileRules } from './incoming-profile.ts';
import { FileUnreadable } from './read-csv.ts';
import type { Row } from './read-lines.ts';
import { readRecord } from './record.ts';
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
}

/** One transaction each: what was interrupted goes on where it was when it is run again. */
const BATCH = 500;

export async function importAccounts(deps: ImportDeps, order: Import): Promise<Imported> {
  const names = await findKnownNames(deps.db, order.allowAdministrators);
  const rules = { attributes: deps.config.attributes, names, now: deps.clock.now() };
  const seen = createSeenRows();
  if (!order.dryRun) {
    await recordEvent(deps, { event: 'accounts.import_started', actor: 'operator', details: { file: order.file } });
  }
  let counts: Counts = { rows: 0, created: 0, updated: 0, unchanged: 0, refused: 0 };
  let unreadable: string | undefined;
  try {
    for await (const batch of batchesOf(order.rows)) {
      const settled = await settleBatch(deps, batch, { order, rules, seen });
      counts = addedUp(counts, settled);
      order.onProgress(counts);
    }
  } catch (error) {
    if (!(error instanceof FileUnreadable)) throw error;
    unreadable = error.message;
  }
  if (!order.dryRun) {
    const { rows: _rows, ...details } = counts;
    await recordEvent(deps, {
      event: 'accounts.imported',
      actor: 'operator',
      details: { ...details, file: order.file },
      outcome: counts.refused === 0 && unreadable === undefined ? 'success' : 'failure',
    });
  }
  return { ...counts, unreadable };
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
}

async function settleBatch(deps: ImportDeps, batch: readonly Row[], course: Course): Promise<readonly Settled[]> {
  const refused: Extract<Settled, { outcome: 'refused' }>[] = [];
  const fine: Incoming[] = [];
  for (const row of batch) {
    const examined = examine(row, course);
    if ('problems' in examined) refused.push({ outcome: 'refused', line: row.line, problems: examined.problems });
    else fine.push(examined);
  }
  const settled = [...refused, ...(await settle(deps, fine, course.order))];
  const bad = settled.filter((each) => each.outcome === 'refused').sort((a, b) => a.line - b.line);
  for (const { line, problems } of bad) course.order.onBadRow({ line, problems });
  return settled;
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

async function settle(deps: ImportDeps, rows: readonly Incoming[], order: Import): Promise<readonly Settled[]> {
  if (rows.length === 0) return [];
  const around = await findSurroundings(deps, rows);
  const judged = rows.map((row) => ({ row, verdict: verdictOn(row, around) }));
  const settled: Settled[] = [];
  for (const { row, verdict } of judged) {
    if (verdict.verdict !== 'new') settled.push(await settleKnown(deps, { row, verdict }, order));
  }
  const fresh = judged.filter(({ verdict }) => verdict.verdict === 'new').map(({ row }) => row);
  if (order.dryRun) return [...settled, ...fresh.map(() => ({ outcome: 'created' }) as const)];
  const stored = await storeAccounts(deps, fresh);
  const overtaken = fresh.filter((_, index) => stored[index]?.outcome === 'overtaken');
  for (const [index, each] of stored.entries()) {
    const { line } = fresh[index] as Incoming;
    if (each.outcome === 'created') settled.push({ outcome: 'created' });
    if (each.outcome === 'refused') settled.push({ outcome: 'refused', line, problems: [each.problem] });
  }
  // Looked at again, together with what has come in their way.
  return [...settled, ...(await settle(deps, overtaken, order))];
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
