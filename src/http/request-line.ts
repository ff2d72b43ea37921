// Refuses request lines that no honest program sends, before anything reads them.
import type Koa from 'koa';
import { Refusal } from '../errors.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'];

/**
 * 400 for U+0000 in the path or query: PostgreSQL text cannot hold it, so it would surface as a server error much later.
 * 405 for TRACE and other methods that neither we nor the engine know.
 */
export const checkRequestLine: Koa.Middleware = async (ctx, next) => {
  if (/%00|\0/.test(ctx.url)) {
    throw new Refusal({
      code: 'bad_request',
      status: 400,
      reason: 'unusable_character',
      message: 'The address contains a character that cannot be used.',
    });
  }
  if (!METHODS.includes(ctx.method)) {
    ctx.set('Allow', METHODS.join(', '));
    throw new Refusal({
      code: 'method_not_allowed',
      status: 405,
      reason: 'unused_method',
      message: 'This method is not used here.',
    });
  }
  await next();
};
