// Who calls the API, and may they: decided anew at every request, from the token, the client's file and the database.
import { Readable } from 'node:stream';
import { permissionsHeld } from '../administration/administrator.ts';
import { recordRefusedEntry } from '../administration/refused-entry.ts';
import { API_PATH } from '../config/roles/product-api.ts';
import type { ProductPermission } from '../config/roles/product-permissions.ts';
import { sourceOf } from '../http/request-source.ts';
import { program, type Route, type RouteContext } from '../http/route.ts';
import { insufficientScope } from '../provider/own-api/api-caller.ts';
import { etagOf, isUnchanged } from './conditions.ts';
import type { AdministratingProgram, ApiDeps } from './deps.ts';
import type { Answer, Operation } from './operation.ts';
import { ApiProblem, answerProblem } from './problem.ts';
import { readBodyOf, readParams, readQuery } from './read-request.ts';
import { countRefusal, countRequest } from './throttle.ts';

export const routeOf = (deps: ApiDeps, operation: Operation): Route => ({
  method: operation.method,
  path: `${API_PATH}${operation.path}`,
  access: program(operation.needs),
  handler: async (ctx) => {
    try {
      const { by, may } = await admitted(deps, ctx, operation);
      answer(ctx, await run(ctx, operation, { by, may }));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      answerProblem(ctx, error.details);
    }
  },
});

async function admitted(deps: ApiDeps, ctx: RouteContext, { needs, shows = needs }: Operation) {
  const admission = await deps.door({
    authorization: ctx.get('Authorization'),
    proof: ctx.get('DPoP'),
    // HEAD is answered by the operation of GET, but the proof is for what was sent.
    method: ctx.method,
    url: `${deps.config.issuer}${ctx.path}`,
  });
  if (admission.outcome === 'refused') {
    await countRefusal(deps, ctx);
    const { detail, challenges } = admission;
    throw new ApiProblem({ status: 401, code: 'unauthorized', detail, challenges });
  }
  await countRequest(deps, ctx, admission.caller.clientId);
  const by: AdministratingProgram = { kind: 'client', ...admission.caller, source: sourceOf(ctx) };
  const may = await permissionsHeld(deps, by);
  for (const each of [needs, shows]) if (!may.has(each)) throw await forbidden(deps, ctx, { by, needs: each });
  return { by, may };
}

async function forbidden(
  deps: ApiDeps,
  ctx: RouteContext,
  { by, needs }: { by: AdministratingProgram; needs: ProductPermission },
): Promise<ApiProblem> {
  deps.log.warn({ event: 'administration.refused', clientId: by.clientId, needs, path: ctx.state.route });
  await recordRefusedEntry(deps, { by, needs });
  if (!by.scopes.includes(needs)) {
    const detail = `The access token has no scope ${needs}.`;
    return new ApiProblem({ status: 403, code: 'insufficient_scope', detail, challenges: insufficientScope(needs) });
  }
  const detail = `No role of the client ${by.clientId} permits ${needs}.`;
  return new ApiProblem({ status: 403, code: 'forbidden', detail, more: { needs } });
}

async function run(
  ctx: RouteContext,
  operation: Operation,
  { by, may }: { by: AdministratingProgram; may: ReadonlySet<ProductPermission> },
): Promise<Answer> {
  const condition = { ifMatch: ctx.get('If-Match'), ifNoneMatch: ctx.get('If-None-Match') };
  const params = readParams(ctx, operation.params);
  const query = readQuery(ctx, operation.query);
  if (operation.ifMatch === 'required' && condition.ifMatch === '') throw preconditionRequired();
  const body = await readBodyOf(ctx, operation.body);
  const given = await operation.run({ by, may, params, query, body, condition });
  if (!given.tagged) return given;
  const etag = etagOf(given.body);
  const headers = { ...given.headers, ETag: etag };
  const isRead = operation.method === 'GET';
  return isRead && isUnchanged(condition, etag) ? { status: 304, headers } : { ...given, headers };
}

const preconditionRequired = (): ApiProblem =>
  new ApiProblem({
    status: 428,
    code: 'precondition_required',
    detail: 'State in If-Match the ETag of what you have read, so that nobody else’s change is lost.',
  });

function answer(ctx: RouteContext, { status, body, type = 'application/json', headers = {} }: Answer): void {
  ctx.set(headers);
  if (body === undefined) ctx.body = null;
  else {
    ctx.body = typeof body === 'string' || body instanceof Readable ? body : JSON.stringify(body);
    ctx.type = type;
  }
  ctx.status = status;
}
