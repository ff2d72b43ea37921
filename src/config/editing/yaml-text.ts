// Writes pieces of YAML into files that people keep: comments, order and spacing stay theirs.
import { isDeepStrictEqual } from 'node:util';
import { isMap, isSeq, parseDocument, stringify, type YAMLSeq } from 'yaml';

const AS_WE_READ_IT = { version: '1.2', schema: 'core', merge: false } as const;

/** One line, in quotes where it would not be read as this text. */
export function yamlScalar(text: string): string {
  const plain = stringify(text, { ...AS_WE_READ_IT, lineWidth: 0 }).trimEnd();
  return plain.includes('\n') ? JSON.stringify(text) : plain;
}

export type Entry = Readonly<Record<string, string>>;

/**
 * The text with one more entry at the end of the list that stands under a top-level key; the key is added where there is
 * none. Changes as few lines as it can. Undefined where something else than a list stands there.
 */
export function withListEntry(text: string, key: string, entry: Entry): string | undefined {
  const document = parseDocument(text, AS_WE_READ_IT);
  const list = document.get(key, true);
  const before: Readonly<Record<string, unknown>> = document.toJS() ?? {};
  if (document.errors.length > 0 || !isMap(document.contents)) return undefined;
  const stated = before[key] ?? [];
  if (!Array.isArray(stated)) return undefined;
  const expected = { ...before, [key]: [...stated, entry] };
  const isRight = (result: string) => isDeepStrictEqual(contentOf(result), expected);

  const inserted = isSeq(list) ? insertedInto(text, list, entry) : appendedTo(text, key, entry);
  if (isRight(inserted)) return inserted;
  if (isSeq(list)) document.addIn([key], document.createNode(entry));
  else document.set(key, document.createNode(expected[key]));
  const rewritten = document.toString({ lineWidth: 0 });
  return isRight(rewritten) ? rewritten : undefined;
}

function contentOf(text: string): unknown {
  const document = parseDocument(text, AS_WE_READ_IT);
  return document.errors.length > 0 ? undefined : document.toJS();
}

function insertedInto(text: string, list: YAMLSeq, entry: Entry): string {
  const [start = 0, end = 0] = list.range ?? [];
  if (list.flow === true) {
    const last = text.slice(0, end - 1).trimEnd();
    const between = list.items.length === 0 ? '' : last.endsWith(',') ? ' ' : ', ';
    return `${last}${between}${inBraces(entry)}${text.slice(last.length)}`;
  }
  const indent = ' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1));
  const lastLine = text.slice(0, end).trimEnd().length;
  const nextLine = text.indexOf('\n', lastLine);
  return nextLine === -1
    ? `${text}\n${inLines(entry, indent)}`
    : `${text.slice(0, nextLine + 1)}${inLines(entry, indent)}${text.slice(nextLine + 1)}`;
}

const appendedTo = (text: string, key: string, entry: Entry): string =>
  `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${key}:\n${inLines(entry, '  ')}`;

const inBraces = (entry: Entry): string =>
  `{ ${Object.entries(entry)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(', ')} }`;

/** `- first: …`, and the others below it. */
const inLines = (entry: Entry, indent: string): string =>
  Object.entries(entry)
    .map(([name, value], index) => `${indent}${index === 0 ? '- ' : '  '}${name}: ${yamlScalar(value)}\n`)
    .join('');
