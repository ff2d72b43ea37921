// A CSV file with a header, row by row, with the number of the line that each begins in (RFC 4180).
import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { didYouMean } from '../config/did-you-mean.ts';
import { ATTRIBUTE_COLUMN, PLAIN_COLUMNS, recordOfCells } from './csv-columns.ts';
import type { Row } from './read-lines.ts';

/** A file that cannot be read on from some line. */
export class FileUnreadable extends Error {
  override readonly name = 'FileUnreadable';
}

/** Characters of one row, which a quote that is never closed makes endless. */
const LONGEST_ROW = 256 * 1024;

interface Parsed {
  readonly record: readonly string[];
  readonly raw: string;
}

/** @throws FileUnreadable */
export async function* readCsv(input: Readable): AsyncGenerator<Row> {
  if (input.errored !== null) throw input.errored;
  const parser = input.pipe(
    parse({
      bom: true,
      raw: true,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      // A quote inside a cell is a character like others; one at its beginning has to be closed.
      relax_quotes: true,
      max_record_size: LONGEST_ROW,
    }),
  );
  input.once('error', (error) => parser.destroy(error));
  let columns: readonly string[] | undefined;
  let next = 1;
  try {
    for await (const { record, raw } of parser as AsyncIterable<Parsed>) {
      const line = next;
      next += lineEndsIn(raw);
      if (isEmpty(record)) continue;
      if (columns === undefined) columns = columnsOf(record);
      else yield { line, ...rowOf(record, columns) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new FileUnreadable(`Line ${String(error['lines'] ?? '?')}: ${unreadable(error)}`);
  }
}

const isEmpty = (cells: readonly string[]): boolean => cells.every((cell) => cell.trim() === '');

function columnsOf(header: readonly string[]): readonly string[] {
  const columns = header.map((cell) => cell.trim());
  const unknown = columns.filter((column) => !PLAIN_COLUMNS.includes(column) && !ATTRIBUTE_COLUMN.test(column));
  const twice = columns.filter((column, index) => columns.indexOf(column) !== index);
  const problems = [
    ...unknown.map((column) => `there is no column ${JSON.stringify(column)}${didYouMean(column, PLAIN_COLUMNS)}`),
    ...twice.map((column) => `the column ${JSON.stringify(column)} is there twice`),
    ...(columns.includes('email') ? [] : ['the column "email" is missing']),
  ];
  if (problems.length > 0) throw new FileUnreadable(`The first line has to name the columns: ${problems.join('; ')}.`);
  return columns;
}

function rowOf(cells: readonly string[], columns: readonly string[]): { value: unknown } | { problem: string } {
  if (cells.some((cell) => cell.includes('\uFFFD'))) {
    return { problem: 'is not UTF-8, or has the mark for what was not (U+FFFD)' };
  }
  if (cells.length !== columns.length) {
    return { problem: `has ${cells.length} cells, where the first line names ${columns.length} columns` };
  }
  return { value: recordOfCells(Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']))) };
}

/** The parser gives a row with the first character of what ended it; a cell in quotes may have several lines. */
const lineEndsIn = (raw: string): number => raw.match(/\r\n|\r|\n/g)?.length ?? 0;

function unreadable({ code, message }: CsvError): string {
  if (code === 'CSV_MAX_RECORD_SIZE') return 'a row has no end. Is a quote not closed?';
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote is not closed.';
  return message;
}
