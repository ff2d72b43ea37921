// Tables for people and JSON for programs. Nothing that somebody else chose can move the cursor or turn the text around.

/** Control characters (8-bit terminal sequences among them), line separators, bidirectional marks, invisible characters. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line, whatever was in it. */
export const neutral = (text: string): string => text.replace(UNSAFE, escaped);

/** The same for text that is meant to have several lines. */
export const neutralLines = (text: string): string => text.split('\n').map(neutral).join('\n');

/** A value inside a sentence. */
export const quoted = (text: string): string => neutral(JSON.stringify(text));

/** One line; what is absent is null, so that the shape is always the same. */
export const toJson = (value: unknown): string => neutral(JSON.stringify(value, (_key, inner) => inner ?? null));

export type Cell = string | number | boolean | Date | undefined;

/** Columns as wide as they must be. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map(shown))];
  const widths = headings.map((_heading, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  return lines
    .map((line) => line.map((cell, column) => padded(cell, widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Names on the left, values on the right. */
export const details = (entries: readonly (readonly [name: string, value: Cell])[]): string => {
  const width = Math.max(...entries.map(([name]) => widthOf(name)));
  return entries.map(([name, value]) => `${padded(name, width)}  ${shown(value)}`).join('\n');
};

export const count = (number: number, singular: string, plural = `${singular}s`): string =>
  `${number} ${number === 1 ? singular : plural}`;

function shown(cell: Cell): string {
  if (cell === undefined || cell === '') return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return cell instanceof Date ? shownDate(cell) : neutral(String(cell));
}

/** UTC, to the second. */
const shownDate = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;

const widthOf = (text: string): number => [...text].length;
const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
