import Koa from 'koa';
import koaMount from 'koa-mount';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../src/errors.ts';
import { loadAssets } from '../../../src/http/assets.ts';
import { renderPage } from '../../../src/http/page.ts';
import { securityHeaders } from '../../../src/http/security-headers.ts';
import { type Answer, AT_ISSUER, folderOf, serve, serveBehindFront, type Use } from './support.ts';

const everywhere: [string, string | RegExp][] = [
  ['content-security-policy', /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/],
  ['x-frame-options', 'DENY'],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['permissions-policy', /camera=\(\)/],
  ['x-robots-tag', 'noindex'],
  ['strict-transport-security', 'max-age=63072000; includeSubDomains'],
];

function expectAllHeaders(answer: Answer): void {
  for (const [name, value] of everywhere) {
    expect(answer.headers[name]).toMatch(value);
    expect(answer.rawHeaders.filter((raw) => raw.toLowerCase() === name)).toHaveLength(1);
  }
  expect(answer.rawHeaders.filter((raw) => raw.toLowerCase() === 'cache-control')).toHaveLength(1);
  expect(answer.headers).not.toHaveProperty('x-powered-by');
  expect(answer.headers).not.toHaveProperty('server');
}

const at =
  (path: string, answer: Koa.Middleware): Koa.Middleware =>
  (ctx, next) =>
    ctx.path === path ? answer(ctx, next) : next();

function manyAnswers(): Use[] {
  const engine = new Koa();
  engine.use((ctx) => {
    ctx.set('cache-control', 'no-store');
    ctx.body = { engine: true };
  });
  return [
    loadAssets(folderOf({ 'style.css': 'p{}' })).serve,
    at('/page', (ctx) => renderPage(ctx, 'errors/broken', { title: 'x' })),
    at('/redirect', async (ctx) => ctx.redirect('/elsewhere')),
    at('/refused', async () => {
      throw new Refusal({ code: 'forbidden', status: 403, message: 'No.' });
    }),
    at('/broken', async () => {
      throw new Error('a defect');
    }),
    at('/empty', async (ctx) => {
      ctx.status = 204;
    }),
    at('/stream', async (ctx) => {
      ctx.res.write('written past Koa');
      ctx.res.end();
      ctx.respond = false;
    }),
    koaMount('/engine', engine),
    at('/.well-known/openid-configuration', async (ctx) => {
      ctx.body = { issuer: 'https://op.example' };
    }),
    at('/jwks', async (ctx) => {
      if (ctx.query['broken'] !== undefined) throw new Error('a defect');
      ctx.body = { keys: [] };
    }),
  ];
}

const paths = [
  '/page',
  '/redirect',
  '/refused',
  '/broken',
  '/empty',
  '/stream',
  '/engine/x',
  '/nowhere',
  '/assets/none.css',
  '/jwks',
];

describe('the security headers are on', () => {
  test.each(paths)('%s, once each', async (path) => {
    const app = await serveBehindFront(manyAnswers());
    expectAllHeaders(await app.ask(path, { headers: AT_ISSUER }));
    expectAllHeaders(await app.ask(path, { headers: AT_ISSUER, method: 'HEAD' }));
    expectAllHeaders(await app.ask(path, { headers: { ...AT_ISSUER, accept: 'application/json' } }));
  });

  test('a page that is shown, not only on the error in its place', async () => {
    const app = await serveBehindFront(manyAnswers());
    const answer = await app.ask('/page', { headers: AT_ISSUER });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  test('a 421, a 405 and a 400', async () => {
    const app = await serveBehindFront(manyAnswers());
    expectAllHeaders(await app.ask('/page', { headers: { host: 'evil.example' } }));
    expectAllHeaders(await app.ask('/page', { headers: AT_ISSUER, method: 'TRACE' }));
    expectAllHeaders(await app.ask('/page?x=%00', { headers: AT_ISSUER }));
  });

  test('an error that got past everything and made Koa drop all headers', async () => {
    const fails: Koa.Middleware = async () => {
      throw new Error('a defect');
    };
    const app = await serve([securityHeaders({ issuer: 'https://op.example', publicDocuments: [] }), fails]);
    const answer = await app.ask('/');
    expect(answer.status).toBe(500);
    expectAllHeaders(answer);
  });
});

describe('what may be cached', () => {
  test('is nothing but static files, discovery and JWKS', async () => {
    const app = await serveBehindFront(manyAnswers());
    const cacheControl = async (path: string, method = 'GET') =>
      (await app.ask(path, { headers: AT_ISSUER, method })).headers['cache-control'];
    for (const path of paths.filter((each) => each !== '/jwks')) expect(await cacheControl(path)).toBe('no-store');
    expect(await cacheControl('/.well-known/openid-configuration')).toBe('public, max-age=300');
    expect(await cacheControl('/jwks')).toBe('public, max-age=300');
    expect(await cacheControl('/jwks', 'HEAD')).toBe('public, max-age=300');
    expect(await cacheControl('/assets/style.css')).toBe('no-store');
  });

  test('is not an error at the address of a public document, nor another method', async () => {
    const app = await serveBehindFront(manyAnswers());
    const broken = await app.ask('/jwks?broken', { headers: AT_ISSUER });
    expect(broken.headers['cache-control']).toBe('no-store');
    const posted = await app.ask('/jwks', { headers: AT_ISSUER, method: 'POST' });
    expect(posted.headers['cache-control']).toBe('no-store');
  });
});

test('an http issuer (development) announces no HSTS', async () => {
  const app = await serveBehindFront(manyAnswers(), { issuer: 'http://localhost:3000' });
  const answer = await app.ask('/page', { headers: { host: 'localhost:3000' } });
  expect(answer.headers).not.toHaveProperty('strict-transport-security');
  expect(answer.headers['x-frame-options']).toBe('DENY');
});

test('our policy allows no inline script or style, no data: image and no form to elsewhere', async () => {
  const app = await serveBehindFront(manyAnswers());
  const policy = (await app.ask('/page', { headers: AT_ISSUER })).headers['content-security-policy'];
  expect(policy).toContain("form-action 'self'");
  expect(policy).toContain("base-uri 'none'");
  expect(policy).toContain("object-src 'none'");
  expect(policy).not.toMatch(/unsafe|data:|\*|https?:/);
});

test('the engine’s form_post page, known by its script hash, may post to the app', async () => {
  const formPost: Koa.Middleware = async (ctx) => {
    const policy = ctx.response.get('content-security-policy');
    ctx.set('content-security-policy', policy.replace("script-src 'self'", "script-src 'self' 'sha256-abc='"));
    ctx.body = '<form method="post" action="https://app.example/cb"></form>';
  };
  const app = await serveBehindFront([formPost]);
  const policy = (await app.ask('/auth', { headers: AT_ISSUER })).headers['content-security-policy'];
  expect(policy).not.toContain('form-action');
  expect(policy).toContain("script-src 'self' 'sha256-abc='");
  expect(policy).toContain("frame-ancestors 'none'");
});
