import type Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { createCsrf, requireSameOrigin } from '../../../src/http/csrf.ts';
import { AT_ISSUER, serveBehindFront } from './support.ts';

const csrf = createCsrf(Buffer.alloc(32, 1));

const issuer = 'https://op.example';
const accepting: Koa.Middleware = async (ctx) => {
  requireSameOrigin(ctx, issuer);
  ctx.body = 'accepted';
};

describe('where a form comes from', () => {
  const none = undefined;
  const table: [string | undefined, string | undefined, number][] = [
    [issuer, 'same-origin', 200],
    [issuer, none, 200],
    [none, 'same-origin', 200],
    [none, 'none', 200],
    [none, none, 200],
    ['null', none, 403],
    ['null', 'same-origin', 403],
    ['null', 'cross-site', 403],
    ['https://evil.example', none, 403],
    ['https://evil.example', 'cross-site', 403],
    ['https://evil.example', 'same-origin', 403],
    [issuer, 'cross-site', 403],
    [issuer, 'same-site', 403],
    [none, 'cross-site', 403],
    [none, 'same-site', 403],
    [none, 'Same-Origin', 403],
    [none, 'same-origin, cross-site', 403],
    ['http://op.example', none, 403],
    ['https://op.example:444', none, 403],
    ['https://op.example/', none, 403],
    ['https://op.example.evil.example', none, 403],
    ['https://sub.op.example', 'same-site', 403],
    ['https://OP.example', none, 403],
    ['https://op.example, https://evil.example', none, 403],
  ];

  test.each(table)('Origin %s with Sec-Fetch-Site %s is %i', async (origin, site, status) => {
    const app = await serveBehindFront([accepting]);
    const headers = { ...AT_ISSUER, ...(origin && { origin }), ...(site && { 'sec-fetch-site': site }) };
    expect((await app.ask('/form', { method: 'POST', headers })).status).toBe(status);
  });

  test('is named in the log, without what was sent', async () => {
    const app = await serveBehindFront([accepting]);
    await app.ask('/form', { method: 'POST', headers: { ...AT_ISSUER, origin: 'https://evil.example' } });
    expect(app.log).toContainEqual(expect.objectContaining({ event: 'csrf.refused', reason: 'origin' }));
    expect(JSON.stringify(app.log)).not.toContain('evil');
  });
});

describe('the token in a form', () => {
  const checking =
    (binding: string): Koa.Middleware =>
    async (ctx) => {
      const presented = ctx.query['csrf'];
      csrf.check(ctx, binding, typeof presented === 'string' ? presented : undefined);
      ctx.body = 'accepted';
    };

  const present = async (token: string | undefined, binding = 'interaction-1') => {
    const app = await serveBehindFront([checking(binding)]);
    const query = token === undefined ? '' : `?csrf=${encodeURIComponent(token)}`;
    return app.ask(`/form${query}`, { method: 'POST', headers: { ...AT_ISSUER, accept: 'application/json' } });
  };

  test('is accepted from the browser it was made for, more than once', async () => {
    expect((await present(csrf.token('interaction-1'))).status).toBe(200);
    expect((await present(csrf.token('interaction-1'))).status).toBe(200);
  });

  test('is refused when missing, empty, cut, longer, or of another binding or key', async () => {
    const right = csrf.token('interaction-1');
    const otherKey = createCsrf(Buffer.alloc(32, 2)).token('interaction-1');
    const wrong = [
      undefined,
      '',
      right.slice(0, -1),
      `${right}A`,
      csrf.token('interaction-2'),
      otherKey,
      'é'.repeat(43),
    ];
    for (const token of wrong) {
      const answer = await present(token);
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'cross_site_request' });
    }
  });

  test('does not contain what it is bound to', () => {
    expect(csrf.token('interaction-1')).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(csrf.token('interaction-1'), 'base64url').toString('latin1')).not.toContain('interaction');
  });
});
