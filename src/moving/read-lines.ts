// A file of JSON lines, one object each, with the numbers of the lines.
import type { Readable } from 'node:stream';

/** What stands in one row, before anybody has looked at what it says. */
export type Row =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly problem: string };

/** Bytes. No account has as much to say; a file that is none of ours has no line ends at all. */
const LONGEST_LINE = 256 * 1024;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\uFEFF';

/** Empty lines count and say nothing. */
export async function* readLines(input: Readable): AsyncGenerator<Row> {
  let line = 0;
  for await (const bytes of linesOf(input)) {
    line += 1;
    if (bytes === TOO_LONG) {
      yield { line, problem: `is longer than ${LONGEST_LINE} bytes` };
      continue;
    }
    const text = bytes.toString('utf8');
    const json = (line === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text).trim();
    if (json !== '') yield { line, ...rowOf(json) };
  }
}

function rowOf(json: string): { value: unknown } | { problem: string } {
  // Lines that are not UTF-8 have one from decoding.
  if (json.includes('\uFFFD')) return { problem: 'is not UTF-8, or has the mark for what was not (U+FFFD)' };
  try {
    return { value: JSON.parse(json) as unknown };
  } catch {
    return { problem: 'is no JSON object' };
  }
}

const TOO_LONG = Symbol('a line that was not kept');

async function* linesOf(input: Readable): AsyncGenerator<Buffer | typeof TOO_LONG> {
  let rest: Buffer[] = [];
  let length = 0;
  const take = (): Buffer | typeof TOO_LONG => {
    const taken = length > LONGEST_LINE ? TOO_LONG : Buffer.concat(rest);
    rest = [];
    length = 0;
    return taken;
  };
  const keep = (part: Buffer): void => {
    length += part.length;
    if (length <= LONGEST_LINE) rest.push(part);
    else rest = [];
  };
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      keep(bytes.subarray(from, end));
      yield take();
      from = end + 1;
    }
    keep(bytes.subarray(from));
  }
  if (length > 0) yield take();
}
