import type Koa from 'koa';
import { expect, test } from 'vitest';
import { pathForLog } from '../../../src/http/request-log.ts';
import { anyone, get, post } from '../../../src/http/route.ts';
import { mountRoutes } from '../../../src/http/router.ts';
import { AT_ISSUER, type RunningApp, serveBehindFront, type Use, until } from './support.ts';

const UID = 'Yq3vXJc0mZ8sLr5nT1bKd7';

const requestLine = (app: RunningApp) => until(() => app.log.find((line) => line['event'] === 'http.request'));

const routes = mountRoutes(
  [
    get('/interaction/:uid', anyone, async (ctx) => {
      ctx.body = 'page';
    }),
    post('/interaction/:uid', anyone, async (ctx) => {
      ctx.state.log.info({ event: 'test.seen', uid: 'x' });
      ctx.body = 'posted';
    }),
  ],
  { gate: async () => {}, issuerOrigin: 'https://op.example' },
);

const one = async (path: string, headers = {}, middlewares: Use[] = [routes]) => {
  const app = await serveBehindFront(middlewares);
  const answer = await app.ask(path, { headers: { ...AT_ISSUER, ...headers } });
  return { answer, app, line: await requestLine(app) };
};

test('a request is one line: what was asked, what came of it, how long it took', async () => {
  const { line, answer } = await one(`/interaction/${UID}?code=marked-code`);
  expect(line).toMatchObject({
    level: 'info',
    event: 'http.request',
    method: 'GET',
    path: '/interaction/:uid',
    status: 200,
    requestId: answer.headers['x-request-id'],
  });
  expect(line['ms']).toBeGreaterThanOrEqual(0);
});

test('the request’s number is ours, whatever the caller sends, and on every line about it', async () => {
  const app = await serveBehindFront([routes]);
  const headers = { ...AT_ISSUER, 'x-request-id': 'forged', 'x-correlation-id': 'forged' };
  const answer = await app.ask('/interaction/1', { method: 'POST', headers });
  await requestLine(app);
  const number = answer.headers['x-request-id'];
  expect(number).toMatch(/^[0-9a-f-]{36}$/);
  expect(app.log.filter((line) => line['requestId'] === number)).toHaveLength(2);
  expect(JSON.stringify(app.log)).not.toContain('forged');
});

test('no query, cookie, body, credential or identifier gets into the log', async () => {
  const app = await serveBehindFront([routes]);
  await app.ask(`/auth/${UID}?code=marked-1&state=marked-2&id_token_hint=marked-3`, {
    method: 'POST',
    headers: {
      ...AT_ISSUER,
      authorization: 'Bearer marked-4',
      cookie: '__Host-session=marked-5',
      'user-agent': 'marked-6',
      referer: 'https://op.example/?marked-7',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'password=marked-8&csrf=marked-9',
  });
  expect(await requestLine(app)).toMatchObject({ path: '/auth/:id', status: 404 });
  expect(JSON.stringify(app.log)).not.toContain('marked');
  expect(JSON.stringify(app.log)).not.toContain(UID);
});

test('a refused request says why', async () => {
  expect((await one('/nowhere')).line).toMatchObject({ status: 404, refusal: 'not_found' });
  expect((await one('/', { host: 'evil.example' })).line).toMatchObject({
    status: 421,
    refusal: 'misdirected_request',
  });
});

test('a quiet request is only there at level debug, unless it fails', async () => {
  const quiet =
    (status: number): Koa.Middleware =>
    async (ctx) => {
      ctx.state.quiet = true;
      ctx.status = status;
      ctx.body = 'x';
    };
  expect((await one('/livez', {}, [quiet(200)])).line).toMatchObject({ level: 'debug' });
  expect((await one('/readyz', {}, [quiet(503)])).line).toMatchObject({ level: 'info' });
});

test('control characters and line breaks in a path stay inside one line', async () => {
  const app = await serveBehindFront([routes]);
  await app.raw(
    'GET /a%0a{"level":50}%1b[31m%c2%9b%e2%80%a8 HTTP/1.1\r\nHost: op.example\r\nConnection: close\r\n\r\n',
  );
  const line = await requestLine(app);
  expect(line['path']).toMatch(/^[\x20-\x7e]+$/);
});

test('a path is shown without what could be an identifier', () => {
  expect(pathForLog('/.well-known/openid-configuration?x=1')).toBe('/.well-known/openid-configuration');
  expect(pathForLog(`/auth/${UID}`)).toBe('/auth/:id');
  expect(pathForLog('/session/end/confirm#x')).toBe('/session/end/confirm');
  expect(pathForLog('/0190a1b2-0000-7000-8000-000000000000/x')).toBe('/:id/x');
  expect(pathForLog(`/${'a/'.repeat(500)}`).length).toBeLessThanOrEqual(200);
});
