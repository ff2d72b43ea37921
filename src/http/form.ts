// Reads and checks a posted form, or a query, once: handlers see parsed values only.
import type { IncomingMessage } from 'node:http';
import type Koa from 'koa';
import { z } from 'zod';
import { Refusal } from '../errors.ts';
import { type BodyLimits, readBody } from './read-body.ts';

/** Our longest form has a password of 256 characters; 16 kB is the limit of security.md T57 for pages. */
const FORM_LIMITS: BodyLimits = { maxBytes: 16 * 1024, timeoutMs: 10_000 };

/**
 * The body of an application/x-www-form-urlencoded request, parsed by a schema over an object of strings. The schema says what
 * our own page can send; what a person may get wrong is left to the verb, which answers in words.
 * @throws Refusal 400 (a field twice, a field that the schema has not, U+0000, broken encoding, not what the schema says), 408, 413, 415
 */
export async function readForm<T>(ctx: Koa.Context, schema: z.ZodType<T>, limits = FORM_LIMITS): Promise<T> {
  const type = ctx.get('Content-Type');
  const isForm = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?\s*$/i.test(type);
  if (!isForm || ctx.get('Content-Encoding') !== '') {
    throw new Refusal({
      code: 'unsupported_media_type',
      status: 415,
      reason: 'only_forms',
      message: 'This address takes only forms.',
    });
  }
  const body = received.get(ctx.req) ?? (await readBody(ctx.req, limits));
  return parse(body.toString('latin1'), schema);
}

const received = new WeakMap<IncomingMessage, Buffer>();

/**
 * Waits for the whole body, for `readForm` to read. Before anybody asks who has sent it: who dawdles with a form would
 * else be taken, at its end, for whom they were at its beginning, with a session that has ended meanwhile.
 * @throws Refusal 400, 408, 413
 */
export async function receiveForm(ctx: Koa.Context): Promise<void> {
  received.set(ctx.req, await readBody(ctx.req, FORM_LIMITS));
}

function parse<T>(encoded: string, schema: z.ZodType<T>): T {
  const parsed = exactly(schema).safeParse(Object.fromEntries(fieldsOf(encoded)));
  if (!parsed.success) throw notAsExpected();
  return parsed.data as T;
}

/** What the page does not have is no mistake of a person's (T47). Kept: zod compiles a schema when it is first used. */
function exactly(schema: z.ZodType): z.ZodType {
  const exact = exacts.get(schema) ?? (schema instanceof z.ZodObject ? schema.strict() : schema);
  exacts.set(schema, exact);
  return exact;
}

const exacts = new WeakMap<z.ZodType, z.ZodType>();

function fieldsOf(encoded: string): ReadonlyMap<string, string> {
  if (!isWellEncoded(encoded)) throw notAsExpected();
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (fields.has(name) || name.includes('\0') || value.includes('\0')) throw notAsExpected();
    fields.set(name, value);
  }
  return fields;
}

/** Only ASCII, and every %-sequence is UTF-8: URLSearchParams would put U+FFFD in place of what is not. */
function isWellEncoded(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return /^[\x20-\x7e]*$/.test(encoded);
  } catch {
    return false;
  }
}

const notAsExpected = (): Refusal =>
  new Refusal({
    code: 'bad_request',
    status: 400,
    reason: 'unexpected_form',
    message: 'What was sent is not what this page expects. Go back, load the page again and retry.',
  });

/** Nothing for whoever has not to wait (RFC 6585 section 4). */
export function tellToWait(ctx: Koa.Context, retryAfterSeconds: number | undefined): void {
  if (retryAfterSeconds === undefined) return;
  ctx.status = 429;
  ctx.set('Retry-After', String(retryAfterSeconds));
}
