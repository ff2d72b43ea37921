// Reads a JSON body once, and finds in it what no honest program sends.
import type Koa from 'koa';
import { Refusal } from '../errors.ts';
import { type BodyLimits, readBody } from '../http/read-body.ts';

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
  return { value, unusable: [...unusableParts(value, '', 0)] };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    throw brokenJson('The body is not JSON in UTF-8.');
  }
}

/** Names that mean something to JavaScript objects, and texts that PostgreSQL cannot keep. */
function* unusableParts(value: unknown, pointer: string, depth: number): Iterable<ReadJson['unusable'][number]> {
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
