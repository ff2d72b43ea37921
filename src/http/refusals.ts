// Turns what was thrown into an answer: a Refusal explains itself, a defect is logged once and explained to nobody.
import { STATUS_CODES } from 'node:http';
import type Koa from 'koa';
import { API_PATH } from '../config/roles/product-api.ts';
import { Refusal } from '../errors.ts';
import { CATALOGUES, type MessageKey } from '../texts/messages.ts';
import { type Locals, renderPage, textsFor } from './page.ts';
import { referenceOf } from './reference.ts';
import { pathForLog } from './request-log.ts';
import './state.ts';

export interface RefusalOptions {
  /** Whether an error means that the database cannot be reached at the moment. */
  readonly isUnavailable: (error: unknown) => boolean;
}

/** Seconds. A restarting database is back sooner than anyone tries a third time. */
export const DATABASE_RETRY_SECONDS = 5;

/** For programs, which are told in English. */
const BROKEN = CATALOGUES.en['broken.title'];

/** HTML for browsers, problem+json (RFC 9457) for programs: whoever asks for JSON, or calls the API. Headers already set (Allow) are kept. */
export function answerRefusals({ isUnavailable }: RefusalOptions): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const refusal = asRefusal(error, isUnavailable);
      noteFailure(ctx, refusal);
      logUnlessExpected(ctx, error, refusal);
      // Too late for an answer: the only honest thing left is not to end it as if it were complete.
      if (ctx.headerSent) return void ctx.res.destroy();
      await answer(ctx, refusal);
    }
  };
}

/** The last middleware: nobody else knew the path. */
export const notFound: Koa.Middleware = async () => {
  throw nothingThere();
};

/** Also for what is somebody else's: whoever asks learns no more than of what there never was. */
export const nothingThere = (): Refusal =>
  new Refusal({
    code: 'not_found',
    status: 404,
    reason: 'unknown_address',
    message: 'The address may be mistyped, or the page has moved.',
  });

/** Wherever somebody asks for a new account, and the configuration has none to give. */
export const signUpClosed = (): Refusal =>
  new Refusal({
    code: 'forbidden',
    status: 403,
    reason: 'sign_up_closed',
    message: 'Nobody can create an account here. Ask the people who run this service for one.',
  });

/** `undefined` for a defect. */
function asRefusal(error: unknown, isUnavailable: RefusalOptions['isUnavailable']): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (isUnavailable(error)) {
    return new Refusal({
      code: 'database_unavailable',
      status: 503,
      reason: 'records_unreachable',
      message: 'We cannot reach our records right now. Nothing was lost; please try again in a moment.',
      retryAfterSeconds: DATABASE_RETRY_SECONDS,
    });
  }
  const status = clientErrorStatus(error);
  if (status === undefined) return undefined;
  return new Refusal({
    code: 'bad_request',
    status,
    reason: 'malformed',
    message: 'The request was not complete or not well formed.',
  });
}

/** Libraries (Koa, the engine) throw errors with a 4xx status and `expose` for what the caller did wrong; their words stay inside. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('expose' in error) || !('status' in error)) return undefined;
  const { expose, status } = error;
  return expose === true && typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/** The pattern of the path, where there is one: identifiers in paths are kept as little as they are logged. */
function noteFailure(ctx: Koa.Context, refusal: Refusal | undefined): void {
  const kind = refusal === undefined ? 'defect' : 'page.refused';
  const values = refusal && { status: String(refusal.status), code: refusal.code, message: refusal.message };
  const endpoint = `${ctx.method} ${ctx.state.route ?? pathForLog(ctx.originalUrl)}`;
  ctx.state.failure = { kind, details: { case: kind, endpoint, ...(values && { values }) } };
}

function logUnlessExpected(ctx: Koa.Context, error: unknown, refusal: Refusal | undefined): void {
  if (refusal !== undefined) ctx.state.refusal = refusal.code;
  const err = error instanceof Error ? error : new Error(`thrown: ${typeof error}`);
  const reference = referenceOf(ctx);
  if (refusal === undefined) ctx.state.log.error({ event: 'http.defect', reference, err });
  else if (refusal !== error && refusal.status >= 500)
    ctx.state.log.error({ event: 'database.unavailable', reference, err });
  else if (refusal !== error) ctx.state.log.info({ event: 'http.refused', reference, err });
}

async function answer(ctx: Koa.Context, refusal: Refusal | undefined): Promise<void> {
  forgetAnswerSoFar(ctx, refusal);
  const status = refusal?.status ?? 500;
  if (refusal?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(Math.ceil(refusal.retryAfterSeconds)));
  // The rest of a body that is too slow is not waited for (RFC 9110 section 15.5.9).
  if (status === 408) ctx.set('Connection', 'close');
  if (isOfApi(ctx) || ctx.accepts('html', 'json', 'application/problem+json') !== 'html') {
    ctx.body = problem(ctx, refusal, status);
    ctx.type = 'application/problem+json';
    ctx.status = status;
    return;
  }
  try {
    await renderPage(ctx, refusal === undefined ? 'errors/broken' : 'errors/refused', locals(ctx, refusal));
  } catch (err) {
    ctx.state.log.error({ event: 'http.error_page_failed', err });
    ctx.type = 'text/plain';
    ctx.body = `${refusal?.message ?? BROKEN}\nReference: ${referenceOf(ctx)}\nRequest: ${ctx.state.requestId}\n`;
  }
  ctx.status = status;
}

/** Programs say seldom what they take, and what they send a page for nobody reads. */
const isOfApi = (ctx: Koa.Context): boolean => ctx.path.startsWith(`${API_PATH}/`);

/**
 * What a handler prepared before it failed must not go out with the error; a defect takes its cookies along. So does an
 * outage: a cookie must not name, or end, what was never written down.
 */
function forgetAnswerSoFar(ctx: Koa.Context, refusal: Refusal | undefined): void {
  const prepared = ['Type', 'Length', 'Disposition', 'Encoding', 'Language'].map((name) => `Content-${name}`);
  for (const name of [...prepared, 'ETag', 'Location']) ctx.remove(name);
  if (refusal === undefined || refusal.code === 'database_unavailable') ctx.remove('Set-Cookie');
  ctx.set('Cache-Control', 'no-store');
}

function locals(ctx: Koa.Context, refusal: Refusal | undefined): Locals {
  const t = textsFor(ctx);
  const reference = referenceOf(ctx);
  if (refusal === undefined) return { title: t('broken.title'), reference };
  const { code, reason, message, retryAfterSeconds } = refusal;
  // Every code and every reason is a key: one that is not in the catalogue does not compile.
  const title: MessageKey = `refused.title.${code}`;
  const said: MessageKey | undefined = reason && `refused.${reason}`;
  return { title: t(title), message: said === undefined ? message : t(said), code, retryAfterSeconds, reference };
}

const problem = (
  ctx: Koa.Context,
  refusal: Refusal | undefined,
  status: number,
): Readonly<Record<string, unknown>> => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail: refusal?.message ?? BROKEN,
  code: refusal?.code ?? 'server_error',
  reference: referenceOf(ctx),
  requestId: ctx.state.requestId,
});
