// An export as text: JSON lines, or CSV with a header.
import { stringify } from 'csv-stringify/sync';
import { cellsOf, PLAIN_COLUMNS } from './csv-columns.ts';
import type { AccountRecord } from './record.ts';

export const FORMATS = ['jsonl', 'csv'] as const;

export type Format = (typeof FORMATS)[number];

/** `attributes` are the names of those that have a column. */
export async function* writeRows(
  records: AsyncIterable<AccountRecord>,
  { format, attributes }: { format: Format; attributes: readonly string[] },
): AsyncGenerator<string> {
  if (format === 'jsonl') {
    for await (const record of records) yield `${JSON.stringify(record)}\n`;
    return;
  }
  const columns = [...PLAIN_COLUMNS, ...attributes.map((name) => `attributes.${name}`)];
  yield stringify([columns]);
  for await (const record of records) yield stringify([cellsOf(record, columns)]);
}
