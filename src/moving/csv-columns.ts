// The columns of a CSV file of accounts: what stands in a cell, and back.
import { PROFILE_CLAIMS } from '../profiles/profile-claims.ts';
import { type AccountRecord, type GivenAttribute, RECORD_FIELDS } from './record.ts';

const LISTS: readonly string[] = ['roles', 'groups'];

/** Without those of attributes, which are `attributes.` and the name. */
export const PLAIN_COLUMNS: readonly string[] = [
  ...RECORD_FIELDS.filter((field) => field !== 'profile' && field !== 'attributes'),
  ...PROFILE_CLAIMS.map((claim) => `profile.${claim}`),
];

export const ATTRIBUTE_COLUMN = /^attributes\.(.+)$/;

/** What a spreadsheet would take for a formula, and what was put before it. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** An apostrophe before what spreadsheets would compute; `fromCell` takes it away again. */
export const toCell = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

export const fromCell = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell);

/** The object that a line of JSON would be; an empty cell says nothing. */
export function recordOfCells(cells: Readonly<Record<string, string>>): unknown {
  const profile: Record<string, string> = {};
  const attributes: Record<string, unknown> = {};
  const record: Record<string, unknown> = {};
  for (const [column, cell] of Object.entries(cells)) {
    if (cell.trim() === '') continue;
    const value = fromCell(cell);
    const attribute = ATTRIBUTE_COLUMN.exec(column)?.[1];
    if (attribute !== undefined) attributes[attribute] = attributeOf(value);
    else if (column.startsWith('profile.')) profile[column.slice('profile.'.length)] = value;
    else record[column] = plainValue(column, value);
  }
  return {
    ...record,
    ...(Object.keys(profile).length > 0 && { profile }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  };
}

function plainValue(column: string, cell: string): unknown {
  if (LISTS.includes(column)) return entriesOf(cell);
  if (column !== 'email_verified') return cell;
  const word = cell.trim().toLowerCase();
  if (['true', 't', 'yes', '1'].includes(word)) return true;
  return ['false', 'f', 'no', '0'].includes(word) ? false : cell;
}

const entriesOf = (cell: string): string[] =>
  cell
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

/** Text, which the declaration of the attribute reads; a list may be JSON. */
function attributeOf(cell: string): unknown {
  if (!cell.startsWith('[')) return cell;
  try {
    return JSON.parse(cell) as unknown;
  } catch {
    return cell;
  }
}

/** The cells of one account; `attributes` are the columns that there are. */
export function cellsOf(record: AccountRecord, columns: readonly string[]): string[] {
  const { profile = {}, attributes = {}, ...plain } = record;
  const at = (column: string): unknown => {
    const attribute = ATTRIBUTE_COLUMN.exec(column)?.[1];
    if (attribute !== undefined) return cellOfAttribute(attributes[attribute]);
    if (column.startsWith('profile.')) return (profile as Record<string, unknown>)[column.slice('profile.'.length)];
    const value = plain[column as keyof typeof plain];
    return Array.isArray(value) ? value.join(';') : value;
  };
  return columns.map((column) => toCell(String(at(column) ?? '')));
}

const cellOfAttribute = (value: GivenAttribute | undefined): unknown =>
  Array.isArray(value) ? JSON.stringify(value) : value;
