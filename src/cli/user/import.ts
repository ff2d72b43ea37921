// gatehouse user import: accounts from a file of another system, or of an export.
import { createReadStream, createWriteStream, openSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  type BadRow,
  type Counts,
  type Imported,
  ImportStopped,
  importAccounts,
} from '../../moving/import-accounts.ts';
import { readCsv } from '../../moving/read-csv.ts';
import { readLines } from '../../moving/read-lines.ts';
import { FORMATS, type Format } from '../../moving/write-rows.ts';
import { commandConfig } from '../configuration.ts';
import { CommandFailed } from '../failure.ts';
import { neutral, quoted } from '../output.ts';
import { listenForStop } from '../stop-signal.ts';
import type { Answer, Invocation } from '../terminal.ts';
import { withDatabase } from '../with-database.ts';
import { createProgress } from './progress.ts';

export interface ImportRequest {
  /** `-` is stdin. */
  readonly file: string;
  readonly format?: Format | undefined;
  readonly dryRun: boolean;
  readonly update: boolean;
  readonly allowAdministrators: boolean;
  /** Where the rows that were not taken are listed, as JSON lines. */
  readonly errors?: string | undefined;
}

export async function importUsers(invocation: Invocation, request: ImportRequest): Promise<Answer> {
  const format = request.format ?? formatOf(request.file);
  const config = commandConfig(invocation);
  const input = open(invocation, request.file);
  const list =
    request.errors === undefined ? undefined : newList(path.resolve(invocation.terminal.cwd(), request.errors));
  const progress = createProgress(invocation);
  const bad: BadRow[] = [];
  try {
    const imported = await withDatabase(config, (deps) =>
      untilStopped(input, () =>
        importAccounts(
          { ...deps, config },
          {
            ...request,
            file: path.basename(request.file),
            rows: format === 'csv' ? readCsv(input) : readLines(input),
            onProgress: (counts) => progress.show(counts.rows, shownCounts(counts, request.dryRun)),
            onBadRow(row) {
              bad.push(row);
              progress.note(neutral(sentenceOf(row)));
              list?.write(`${JSON.stringify(row)}\n`);
            },
          },
        ),
      ),
    );
    return answer(imported, bad, request);
  } finally {
    progress.end();
    input.destroy();
    if (list !== undefined) await finished(list.end());
  }
}

/** What a signal ends is the reading: what was read is settled and written down. */
async function untilStopped(input: Readable, work: () => Promise<Imported>): Promise<Imported> {
  const stop = listenForStop({ isWorker: false });
  // It is thrown where the file is read.
  input.on('error', () => {});
  void stop.received.then(() => input.destroy(new ImportStopped()));
  try {
    return await work();
  } finally {
    stop.forget();
  }
}

const sentenceOf = ({ line, problems }: BadRow): string =>
  `Line ${line}: ${problems.join('; ')}.`.replace(/\?\.$/, '?');

function formatOf(file: string): Format {
  const format = FORMATS.find((each) => path.extname(file).toLowerCase() === `.${each}`);
  if (format !== undefined) return format;
  throw new CommandFailed('invalid', `${quoted(file)} ends neither in .jsonl nor in .csv: say --format jsonl or csv.`);
}

/** @throws what the file system says, before anything is done */
function open({ terminal }: Invocation, file: string): Readable {
  if (file === '-') return terminal.stdin;
  const place = path.resolve(terminal.cwd(), file);
  if (statSync(place).isDirectory()) throw new CommandFailed('invalid', `${quoted(file)} is a directory.`);
  return createReadStream(place);
}

/** @throws what the file system says, before anything is done */
const newList = (place: string) => createWriteStream(place, { fd: openSync(place, 'w', 0o600) });

function shownCounts({ rows, created, updated, unchanged, refused }: Counts, dryRun: boolean): string {
  const parts = [
    `${figure(created)} ${dryRun ? 'to make' : 'made'}`,
    ...(updated > 0 ? [`${figure(updated)} ${dryRun ? 'to change' : 'changed'}`] : []),
    `${figure(unchanged)} unchanged`,
    `${figure(refused)} refused`,
  ];
  return `${figure(rows)} ${rows === 1 ? 'row' : 'rows'}: ${parts.join(', ')}`;
}

const figure = (number: number): string => number.toLocaleString('en-US');

function answer(imported: Imported, bad: readonly BadRow[], { dryRun }: ImportRequest): Answer {
  const { unreadable, stopped, ...counts } = imported;
  const isWhole = counts.refused === 0 && unreadable === undefined && !stopped;
  const lines = [
    `${shownCounts(counts, dryRun)}.`,
    ...(unreadable === undefined ? [] : [`The file could not be read to its end. ${unreadable}`]),
    ...(stopped ? ['Stopped before the end of the file. Run it again to go on.'] : []),
    ...(dryRun ? ['Nothing was written (--dry-run).'] : []),
  ];
  return {
    result: { ...counts, dry_run: dryRun, unreadable, stopped, bad_rows: bad },
    text: lines.join('\n'),
    exitCode: isWhole ? 0 : 1,
  };
}
