// Problem details (RFC 9457): how the API says no.
import { STATUS_CODES } from 'node:http';
import type Koa from 'koa';
import { z } from 'zod';
import '../http/state.ts';

/** What is wrong with one part of what was sent. */
export interface FieldError {
  /** Of the body (RFC 6901). */
  readonly pointer?: string;
  /** Of the query. */
  readonly parameter?: string;
  readonly detail: string;
}

/** That are said; who sends more of them than that finds out by and by. */
export const MOST_ERRORS = 100;

export interface ProblemDetails {
  readonly status: number;
  /** For programs; what `type` would be if every one had a page of its own. */
  readonly code: string;
  /** One or two sentences for whoever reads the program's log. Never a secret. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  /** More members, as RFC 9457 section 3.2 has it. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly challenges?: readonly string[];
  /** With 429. */
  readonly retryAfterSeconds?: number;
}

/** Stops an operation; in-api.ts answers with it. */
export class ApiProblem extends Error {
  override readonly name: string = 'ApiProblem';
  readonly details: ProblemDetails;

  constructor(details: ProblemDetails) {
    super(details.detail);
    this.details = details;
  }
}

/** For OpenAPI: what an error looks like, whoever made it. */
export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('For programs: stays the same when sentences change.'),
    requestId: z.string().describe('Stands in the log of the server, too.'),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().describe('A part of the body (RFC 6901).'),
          parameter: z.string().optional().describe('A parameter of the query.'),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457).' });

export function answerProblem(ctx: Koa.Context, problem: ProblemDetails) {
  const { status, code, detail, errors, more, challenges, retryAfterSeconds } = problem;
  const title = STATUS_CODES[status] ?? 'Error';
  const { requestId } = ctx.state;
  for (const challenge of challenges ?? []) ctx.append('WWW-Authenticate', challenge);
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds));
  const body = {
    type: 'about:blank',
    title,
    status,
    detail,
    code,
    requestId,
    ...(errors && { errors: errors.slice(0, MOST_ERRORS) }),
    ...more,
  };
  ctx.status = status;
  ctx.body = JSON.stringify(body);
  ctx.type = 'application/problem+json';
}
