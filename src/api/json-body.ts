// Reads a JSON body once, and finds in it what no honest program sends.
import type Koa from 'koa';
import { Refusal } from '../errors.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';
import { MOST_ERRORS } from './problem.ts';

/** The longest that makes sense is an account with all its attributes. */
const JSON_LIMITS: BodyLimits = { maxBytes: 64 * 1024, timeoutMs: 10_000 };

/** Ours are four deep; what is nested for its own sake costs whoever walks it. */
const DEEPEST = 16;

export interface ReadJson {
  readonly value: unknown;
  /** JSON Pointers (RFC 6901) of names and texts that cannot be used, with the reason. */
  readonly unusable: readonly { readonly pointer: string; readonly detail: string }[];
}

/**
 * @throws Refusal 400 (not JSON, not UTF-8, nested too deeply), 408, 413, 415
 */
export async function readJson(ctx: Koa.Context, types: readonly string[] = ['application/json']): Promise<ReadJson> {
  const [type = '', ...parameters] = ctx.get('Content-Type').toLowerCase().split(';');
  const isUtf8 = parameters.every((each) => /^\s*charset="?utf-8"?\s*$/.test(each));
  if (!types.includes(type.trim()) || !isUtf8 || ctx.get('Content-Encoding') !== '') throw onlyJson(types);
  const value = parsed(await readBody(ctx.req, JSON_LIMITS));
  return { value, unusable: unusableParts(value, '', 0).take(MOST_ERRORS).toArray() };
}

function parsed(body: Buffer): unknown {
  const [text, value] = decoded(body);
  if (repeatsName(text)) throw brokenJson('The body states a name twice in one object.');
  return value;
}

function decoded(body: Buffer): readonly [text: string, value: unknown] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return [text, JSON.parse(text)];
  } catch {
    throw brokenJson('The body is not JSON in UTF-8.');
  }
}

const STRING_OR_SIGN = /"(?:[^"\\]|\\.)*"|[[\]{}:]/g;

/** In JSON that has been parsed. The last one would count here; whoever looks at it on the way may believe the first (RFC 8259 section 4). */
function repeatsName(json: string): boolean {
  const objects: Set<string>[] = [];
  let last = '';
  for (const [token] of json.matchAll(STRING_OR_SIGN)) {
    if (token === '{' || token === '[') objects.push(new Set());
    else if (token === '}' || token === ']') objects.pop();
    else if (token === ':') {
      const name: string = JSON.parse(last);
      if (objects.at(-1)?.has(name)) return true;
      objects.at(-1)?.add(name);
    } else last = token;
  }
  return false;
}

/** Names that mean something to JavaScript objects, and texts that PostgreSQL cannot keep. */
function* unusableParts(value: unknown, pointer: string, depth: number): Generator<ReadJson['unusable'][number]> {
  if (depth > DEEPEST) throw brokenJson(`The body is nested more than ${DEEPEST} levels deep.`);
  if (typeof value === 'string' && !isText(value)) yield { pointer, detail: 'is no text that can be kept' };
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (name === '__proto__' || !isText(name)) yield { pointer: at, detail: 'is not a name that can be used' };
    else yield* unusableParts(part, at, depth + 1);
  }
}

/** Without U+0000, and without half a character. */
const isText = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

const onlyJson = (types: readonly string[]): Refusal =>
  new Refusal({
    code: 'unsupported_media_type',
    status: 415,
    message: `This address takes only ${types.join(' or ')}, in UTF-8 and not compressed.`,
  });

const brokenJson = (message: string): Refusal => new Refusal({ code: 'bad_request', status: 400, message });
