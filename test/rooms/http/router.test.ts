import type Koa from 'koa';
import { describe, expect, test, vi } from 'vitest';
import { Refusal } from '../../../src/errors.ts';
import {
  anyone,
  describeAccess,
  get,
  holderOfInteraction,
  post,
  type Route,
  type RouteContext,
} from '../../../src/http/route.ts';
import { type Gate, mountRoutes, mountWhenAsked } from '../../../src/http/router.ts';
import { AT_ISSUER, serveBehindFront } from './support.ts';

const open: Gate = async () => {};
const say = (text: string) => async (ctx: RouteContext) => {
  ctx.body = `${text} ${ctx.params['uid'] ?? ''}`.trim();
};

const engine: Koa.Middleware = async (ctx, next) => {
  if (ctx.path.startsWith('/engine')) ctx.body = 'the engine';
  else await next();
};

const serveRoutes = (routes: Parameters<typeof mountRoutes>[0], gate: Gate = open) =>
  serveBehindFront([mountRoutes(routes, { gate, issuerOrigin: 'https://op.example' }), engine]);

const routes = [
  get('/', anyone, say('home')),
  get('/interaction/:uid', holderOfInteraction, say('interaction')),
  post('/interaction/:uid/login', holderOfInteraction, say('signed in')),
  get('/form', anyone, say('form')),
  post('/form', anyone, say('posted')),
];

test('a route without an access rule does not compile', () => {
  // @ts-expect-error: no access rule, no route
  get('/forgotten', async () => {});
  // @ts-expect-error: no access rule, no route
  post('/forgotten', say('x'));
  // @ts-expect-error: a rule is one of ours, not any text
  get('/forgotten', 'anyone', say('x'));
});

test('a route can be printed with who may call it', () => {
  expect(routes.map((route) => `${route.method} ${route.path}: ${describeAccess(route.access)}`)).toContain(
    'POST /interaction/:uid/login: holder of the interaction',
  );
});

test('a request reaches its handler with the parameters of the path', async () => {
  const app = await serveRoutes(routes);
  expect((await app.ask('/interaction/a%20b', { headers: AT_ISSUER })).body).toBe('interaction a b');
});

test('the gate is asked with the route’s rule, before the handler', async () => {
  const asked: string[] = [];
  const gate: Gate = async (access) => {
    asked.push(access.rule);
    if (access.rule === 'holder-of-interaction') throw new Refusal({ code: 'forbidden', status: 403, message: 'No.' });
  };
  const app = await serveRoutes(routes, gate);
  expect((await app.ask('/', { headers: AT_ISSUER })).body).toBe('home');
  const refused = await app.ask('/interaction/x', { headers: AT_ISSUER });
  expect(refused.status).toBe(403);
  expect(refused.body).not.toContain('interaction x');
  expect(asked).toEqual(['anyone', 'holder-of-interaction']);
});

test('HEAD is answered like GET, without the body', async () => {
  const app = await serveRoutes(routes);
  const answer = await app.ask('/', { method: 'HEAD', headers: AT_ISSUER });
  expect(answer).toMatchObject({ status: 200, body: '' });
  expect(answer.headers['content-length']).toBe('4');
});

describe('a known path with another method', () => {
  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is 405 and says what is allowed', async (method) => {
    const app = await serveRoutes(routes);
    const answer = await app.ask('/form', { method, headers: AT_ISSUER });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
  });

  test('GET on a route that only takes forms is 405', async () => {
    const app = await serveRoutes(routes);
    const answer = await app.ask('/interaction/x/login', { headers: AT_ISSUER });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('POST');
  });

  test('is not smuggled in by a method override', async () => {
    const app = await serveRoutes(routes);
    const headers = { ...AT_ISSUER, 'x-http-method-override': 'POST', 'x-http-method': 'POST' };
    expect((await app.ask('/interaction/x/login?_method=POST', { headers })).status).toBe(405);
  });
});

test('other paths go on to whoever comes next', async () => {
  const app = await serveRoutes(routes);
  expect((await app.ask('/engine/auth', { method: 'POST', headers: AT_ISSUER })).body).toBe('the engine');
  expect((await app.ask('/nowhere', { headers: AT_ISSUER })).status).toBe(404);
});

test('paths are matched exactly', async () => {
  const app = await serveRoutes(routes);
  for (const path of ['/Form', '/form/', '//form', '/form;x', '/form%2f', '/%66orm']) {
    expect((await app.ask(path, { headers: AT_ISSUER })).status).toBe(404);
  }
});

test('a broken %-sequence in a path is no server error', async () => {
  const app = await serveRoutes(routes);
  for (const path of ['/interaction/%', '/interaction/%ff', '/interaction/%zz/login']) {
    expect((await app.ask(path, { headers: AT_ISSUER })).status).toBeLessThan(500);
  }
});

test('two routes with the same verb and path are a mistake at start', () => {
  const twice = [get('/a', anyone, say('1')), get('/a', anyone, say('2'))];
  expect(() => mountRoutes(twice, { gate: open, issuerOrigin: 'https://op.example' })).toThrow('two routes for GET /a');
});

describe('a form from another site', () => {
  test('is refused before the gate and the handler see it', async () => {
    const seen: string[] = [];
    const noticing: Gate = async () => void seen.push('gate');
    const app = await serveRoutes([post('/form', anyone, async () => void seen.push('handler'))], noticing);
    const headers = { ...AT_ISSUER, origin: 'https://evil.example' };
    expect((await app.ask('/form', { method: 'POST', headers })).status).toBe(403);
    expect(seen).toEqual([]);
  });

  test('does not stop reading: a link from another site opens', async () => {
    const app = await serveRoutes(routes);
    const headers = { ...AT_ISSUER, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expect((await app.ask('/form', { headers })).status).toBe(200);
  });
});

describe('routes below a path of their own are loaded when somebody asks for one', () => {
  const serveLater = (load: () => Promise<readonly Route[]>) => {
    const options = { gate: open, issuerOrigin: 'https://op.example' };
    return serveBehindFront([
      mountWhenAsked({ below: '/console', load }, options),
      mountRoutes(routes, options),
      engine,
    ]);
  };
  const ofConsole = [get('/console', anyone, say('console')), get('/console/:uid', anyone, say('of'))];

  test('once, by the first, whoever comes at the same moment waits for the same', async () => {
    const load = vi.fn(async () => ofConsole);
    const app = await serveLater(load);
    for (const elsewhere of ['/', '/consoles', '/engine']) await app.ask(elsewhere, { headers: AT_ISSUER });
    expect(load).not.toHaveBeenCalled();
    const asked = ['/console', '/console/x', '/console'].map((path) => app.ask(path, { headers: AT_ISSUER }));
    expect((await Promise.all(asked)).map(({ body }) => body)).toEqual(['console', 'of x', 'console']);
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('what they have not, nobody has; another method is refused as anywhere', async () => {
    const app = await serveLater(async () => ofConsole);
    expect((await app.ask('/console/x/y', { headers: AT_ISSUER })).status).toBe(404);
    const refused = await app.ask('/console', { method: 'POST', headers: AT_ISSUER });
    expect([refused.status, refused.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  test('what could not be loaded is tried anew', async () => {
    const load = vi.fn(async () => ofConsole).mockRejectedValueOnce(new Error('too many open files'));
    const app = await serveLater(load);
    expect((await app.ask('/console', { headers: AT_ISSUER })).status).toBe(500);
    expect((await app.ask('/console', { headers: AT_ISSUER })).body).toBe('console');
  });

  test('none of them may lie elsewhere, where nobody would look for it', async () => {
    const app = await serveLater(async () => [...ofConsole, get('/consoles', anyone, say('lost'))]);
    expect((await app.ask('/console', { headers: AT_ISSUER })).status).toBe(500);
  });

  test('none of the others may lie there, where nobody would find it', () => {
    const options = {
      gate: open,
      issuerOrigin: 'https://op.example',
      others: [get('/console/lost', anyone, say('x'))],
    };
    expect(() => mountWhenAsked({ below: '/console', load: async () => [] }, options)).toThrow(
      '/console/lost is below /console',
    );
  });
});
