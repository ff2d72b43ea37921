// What was sent, held against the schemas of the operation: path, query and body.
import type { z } from 'zod';
import { nothingThere } from '../http/refusals.ts';
import type { RouteContext } from '../http/route.ts';
import { readJson } from './json-body.ts';
import { ApiProblem, type FieldError } from './problem.ts';

/** RFC 7396 has a type of its own; what it means is said by the operation. */
const TYPES = ['application/json', 'application/merge-patch+json'];

/** @throws Refusal 404: nothing there has such a name */
export function readParams(ctx: RouteContext, schema: z.ZodType): unknown {
  const parsed = schema.safeParse(ctx.params);
  if (!parsed.success) throw nothingThere();
  return parsed.data;
}

/** @throws ApiProblem 400 */
export function readQuery(ctx: RouteContext, schema: z.ZodType): unknown {
  const sent = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    if (sent.has(name)) throw invalidQuery([{ parameter: name, detail: 'is stated twice' }]);
    sent.set(name, value);
  }
  const parsed = schema.safeParse(Object.fromEntries(sent));
  if (parsed.success) return parsed.data;
  throw invalidQuery(flat(parsed.error).map(({ path, detail }) => ({ parameter: path.join('.'), detail })));
}

/** @throws ApiProblem 422, Refusal 400, 408, 413, 415 */
export async function readBodyOf(ctx: RouteContext, schema: z.ZodType | undefined): Promise<unknown> {
  if (schema === undefined) return undefined;
  const { value, unusable } = await readJson(ctx, TYPES);
  if (unusable.length > 0) throw invalidBody(unusable);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidBody(flat(parsed.error).map(({ path, detail }) => ({ pointer: pointerTo(path), detail })));
}

export const invalidBody = (errors: readonly FieldError[]): ApiProblem =>
  new ApiProblem({ status: 422, code: 'invalid', detail: 'What was sent does not fit. See errors.', errors });

export const invalidQuery = (errors: readonly FieldError[]): ApiProblem =>
  new ApiProblem({ status: 400, code: 'invalid_query', detail: 'The query does not fit. See errors.', errors });

/** For what no page has as `next`: going on from nowhere would leave out what there is. */
export const foreignCursor = (): ApiProblem => invalidQuery([{ parameter: 'cursor', detail: 'is none of ours' }]);

const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Names that are not known, one by one. */
const flat = ({ issues }: z.ZodError): readonly { path: readonly PropertyKey[]; detail: string }[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key], detail: 'is not known here' }))
      : [{ path: issue.path, detail: issue.message }],
  );
