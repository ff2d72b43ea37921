// Koa asks of every object that is to be an answer whether it is a `Response`, and whoever asks that for the first time loads
// Node's client for HTTP: 25 ms of a start, and some megabytes, of which a server that calls nobody has no use.
import type Koa from 'koa';

/** What Koa keeps an answer in; `body` reads it. */
interface KeptBody {
  _body: unknown;
}

/** From now on plain objects and arrays are JSON without being asked; everything else is as Koa has it. Before any other middleware. */
export function answerObjectsAsJson(app: Pick<Koa, 'response' | 'use'>): void {
  const { response } = app;
  const body = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(response), 'body');
  if (body?.set === undefined) throw new Error('Koa answers in another way than it did');
  const setBody = body.set;
  Object.defineProperty(response, 'body', {
    ...body,
    set(this: Koa.Response & KeptBody, value: unknown) {
      if (!isPlain(value)) {
        setBody.call(this, value);
        return;
      }
      // The status, and the end of a stream that was to be the answer before.
      setBody.call(this, '');
      this._body = value;
      this.remove('Content-Length');
      if (!/\bjson\b/i.test(this.type)) this.type = 'json';
    },
  });
  app.use(async (ctx, next) => {
    await next();
    // Koa asks again before it writes.
    if (isPlain(ctx.body)) ctx.body = JSON.stringify(ctx.body);
  });
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || 'pipe' in value) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
