// Objects are JSON as Koa makes them; only the question that loads a client for HTTP is not asked.
import { Readable } from 'node:stream';
import Koa from 'koa';
import { afterEach, expect, test, vi } from 'vitest';
import { listen } from '../../../examples/shop/listen.ts';
import { answerObjectsAsJson } from '../../../src/server/json-bodies.ts';

const BODIES: Readonly<Record<string, (ctx: Koa.Context) => unknown>> = {
  '/object': () => ({ active: true, text: 'ü' }),
  '/list': () => [1, 'two'],
  '/bare': () => Object.assign(Object.create(null), { sub: 'x' }),
  '/text': () => 'plain',
  '/page': () => '<p>page</p>',
  '/bytes': () => Buffer.from('bytes'),
  '/stream': () => Readable.from(['a', 'b']),
  '/nothing': () => null,
  '/blob': () => new Blob(['blob'], { type: 'text/x-blob' }),
  '/date': () => new Date(0),
  '/problem': (ctx) => {
    ctx.type = 'application/problem+json';
    ctx.status = 418;
    return { title: 'no' };
  },
  '/replaced': (ctx) => {
    ctx.body = Readable.from(['never']);
    return { later: true };
  },
  '/typed': (ctx) => {
    ctx.type = 'text/html';
    return { was: 'html' };
  },
};

const serve = async (ours: boolean) => {
  const app = new Koa();
  app.silent = true;
  if (ours) answerObjectsAsJson(app);
  app.use(async (ctx) => {
    ctx.body = BODIES[ctx.path]?.(ctx);
  });
  return listen(app.callback(), { port: 0, host: '127.0.0.1' });
};

const answerOf = async (port: number, path: string, method = 'GET') => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  const { date, ...headers } = Object.fromEntries(answer.headers);
  return { date: date !== undefined, status: answer.status, headers, body: await answer.text() };
};

afterEach(() => vi.unstubAllGlobals());

test.each(Object.keys(BODIES))('%s is answered as without it', async (path) => {
  const [ours, theirs] = await Promise.all([serve(true), serve(false)]);
  for (const method of ['GET', 'HEAD'])
    expect(await answerOf(ours.port, path, method)).toEqual(await answerOf(theirs.port, path, method));
  await Promise.all([ours.close(), theirs.close()]);
});

test('nobody asks for `Response`, which loads a client', async () => {
  const app = await serve(true);
  const real = globalThis.Response;
  const asked = vi.fn();
  vi.stubGlobal('Response', { [Symbol.hasInstance]: asked });
  for (const path of ['/object', '/list', '/bare', '/problem', '/text', '/page', '/bytes'])
    await answerOf(app.port, path);
  expect(asked).not.toHaveBeenCalled();
  vi.stubGlobal('Response', real);
  await app.close();
});
