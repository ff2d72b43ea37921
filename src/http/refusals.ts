// Turns what was thrown into an answer: a Refusal explains itself, a defect is logged once and explained to nobody.
import { STATUS_CODES } from 'node:http';
import type Koa from 'koa';
import { Refusal, type RefusalCode } from '../errors.ts';
import { type Locals, renderPage } from './page.ts';
import './state.ts';

export interface RefusalOptions {
  /** Whether an error means that the database cannot be reached at the moment. */
  readonly isUnavailable: (error: unknown) => boolean;
}

/** Seconds. A restarting database is back sooner than anyone tries a third time. */
const DATABASE_RETRY_SECONDS = 5;

const TITLES: Readonly<Record<RefusalCode, string>> = {
  bad_request: 'This request could not be understood',
  not_found: 'There is no page here',
  method_not_allowed: 'This address is not used that way',
  forbidden: 'This is not open to you',
  cross_site_request: 'This form could not be accepted',
  interaction_expired: 'This sign-in has expired',
  too_many_attempts: 'Too many attempts',
  payload_too_large: 'That was too long',
  unsupported_media_type: 'This request could not be understood',
  misdirected_request: 'This server does not answer under that name',
  busy: 'Very busy at the moment',
  database_unavailable: 'Not available at the moment',
};

const BROKEN_TITLE = 'Something went wrong here';

/** HTML for browsers, problem+json (RFC 9457) for programs that ask for JSON. Headers already set (Allow) are kept. */
export function answerRefusals({ isUnavailable }: RefusalOptions): Koa.Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const refusal = asRefusal(error, isUnavailable);
      logUnlessExpected(ctx, error, refusal);
      // Too late for an answer: the only honest thing left is not to end it as if it were complete.
      if (ctx.headerSent) return void ctx.res.destroy();
      await answer(ctx, refusal);
    }
  };
}

/** The last middleware: nobody else knew the path. */
export const notFound: Koa.Middleware = async () => {
  throw new Refusal({ code: 'not_found', status: 404, message: 'The address may be mistyped, or the page has moved.' });
};

/** `undefined` for a defect. */
function asRefusal(error: unknown, isUnavailable: RefusalOptions['isUnavailable']): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (isUnavailable(error)) {
    return new Refusal({
      code: 'database_unavailable',
      status: 503,
      message: 'We cannot reach our records right now. Nothing was lost; please try again in a moment.',
      retryAfterSeconds: DATABASE_RETRY_SECONDS,
    });
  }
  const status = clientErrorStatus(error);
  if (status === undefined) return undefined;
  return new Refusal({ code: 'bad_request', status, message: 'The request was not complete or not well formed.' });
}

/** Libraries (Koa, the engine) throw errors with a 4xx status and `expose` for what the caller did wrong; their words stay inside. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('expose' in error) || !('status' in error)) return undefined;
  const { expose, status } = error;
  return expose === true && typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function logUnlessExpected(ctx: Koa.Context, error: unknown, refusal: Refusal | undefined): void {
  if (refusal !== undefined) ctx.state.refusal = refusal.code;
  const err = error instanceof Error ? error : new Error(`thrown: ${typeof error}`);
  if (refusal === undefined) ctx.state.log.error({ event: 'http.defect', err });
  else if (refusal !== error && refusal.status >= 500) ctx.state.log.error({ event: 'database.unavailable', err });
  else if (refusal !== error) ctx.state.log.info({ event: 'http.refused', err });
}

async function answer(ctx: Koa.Context, refusal: Refusal | undefined): Promise<void> {
  forgetAnswerSoFar(ctx, refusal);
  const status = refusal?.status ?? 500;
  if (refusal?.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(Math.ceil(refusal.retryAfterSeconds)));
  // The rest of a body that is too slow is not waited for (RFC 9110 section 15.5.9).
  if (status === 408) ctx.set('Connection', 'close');
  if (ctx.accepts('html', 'json', 'application/problem+json') !== 'html') {
    ctx.body = problem(ctx, refusal, status);
    ctx.type = 'application/problem+json';
    ctx.status = status;
    return;
  }
  try {
    await renderPage(ctx, refusal === undefined ? 'errors/broken' : 'errors/refused', locals(refusal));
  } catch (err) {
    ctx.state.log.error({ event: 'http.error_page_failed', err });
    ctx.type = 'text/plain';
    ctx.body = `${refusal?.message ?? BROKEN_TITLE}\nRequest: ${ctx.state.requestId}\n`;
  }
  ctx.status = status;
}

/** What a handler prepared before it failed must not go out with the error; a defect takes its cookies along. */
function forgetAnswerSoFar(ctx: Koa.Context, refusal: Refusal | undefined): void {
  const prepared = ['Content-Type', 'Content-Length', 'Content-Disposition', 'Content-Encoding', 'ETag', 'Location'];
  for (const name of prepared) ctx.remove(name);
  if (refusal === undefined) ctx.remove('Set-Cookie');
  ctx.set('Cache-Control', 'no-store');
}

const locals = (refusal: Refusal | undefined): Locals =>
  refusal === undefined
    ? { title: BROKEN_TITLE }
    : {
        title: TITLES[refusal.code],
        message: refusal.message,
        code: refusal.code,
        retryAfterSeconds: refusal.retryAfterSeconds,
      };

const problem = (
  ctx: Koa.Context,
  refusal: Refusal | undefined,
  status: number,
): Readonly<Record<string, unknown>> => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail: refusal?.message ?? BROKEN_TITLE,
  code: refusal?.code ?? 'server_error',
  requestId: ctx.state.requestId,
});
