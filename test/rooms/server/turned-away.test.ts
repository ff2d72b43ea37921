// Who begins something while there is too much to do is refused before anything is read of it; what has begun goes on.
import type Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { isDatabaseUnavailable } from '../../../src/database/outages/unavailable.ts';
import { pages } from '../../../src/http/page.ts';
import { answerRefusals } from '../../../src/http/refusals.ts';
import { requestLog } from '../../../src/http/request-log.ts';
import { securityHeaders } from '../../../src/http/security-headers.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { turnAway } from '../../../src/server/before-engine/turned-away.ts';
import { type Answer, folderOf, serve } from '../http/support.ts';

const VIEWS = { 'errors/refused.pug': 'p= message' };
const REFERENCE = /\(reference [0-9A-Z-]{6,}\)/;

async function serverThat({ isOverrun, work }: { isOverrun: () => boolean; work?: () => Promise<void> }) {
  const asked: string[] = [];
  const answer: Koa.Middleware = async (ctx) => {
    asked.push(ctx.path);
    await work?.();
    ctx.body = 'done';
  };
  const app = await serve([
    securityHeaders({ issuer: 'https://auth.example.test', publicDocuments: [] }),
    requestLog({ log: createLogger({ level: 'silent', format: 'json' }) }),
    pages({ viewsDir: folderOf(VIEWS), shared: {}, clock: systemClock }),
    answerRefusals({ isUnavailable: isDatabaseUnavailable }),
    turnAway({ isOverrun }),
    answer,
  ]);
  return { app, asked };
}

const PROGRAMS = ['/token', '/Token/', '/token/introspection', '/token/revocation', '/request', '/me'];
const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' };

describe('while somebody has waited too long for the database', () => {
  test.each(PROGRAMS)('%s is told in JSON when to come back', async (at) => {
    const { app, asked } = await serverThat({ isOverrun: () => true });
    const { status, headers, body } = await app.ask(at, form);
    expect([status, headers['retry-after'], headers['cache-control']]).toEqual([503, '5', 'no-store']);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-request-id']).toBeDefined();
    const said = JSON.parse(body) as { error: string; error_description: string };
    expect(said.error).toBe('server_error');
    expect(said.error_description).toMatch(REFERENCE);
    expect(asked).toEqual([]);
  });

  test('a person who wants to sign in gets a page', async () => {
    const { app, asked } = await serverThat({ isOverrun: () => true });
    const { status, headers, body } = await app.ask('/auth?client_id=x', { headers: { accept: 'text/html' } });
    expect([status, headers['retry-after'], headers['content-type']]).toEqual([503, '5', 'text/html; charset=utf-8']);
    expect(body).toContain('please try again in a moment');
    expect(asked).toEqual([]);
  });

  test('what needs no database, what has begun, and scripts of other origins go on', async () => {
    const { app } = await serverThat({ isOverrun: () => true });
    const paths = ['/jwks', '/.well-known/openid-configuration', '/readyz', '/auth/abc', '/interaction/abc', '/'];
    for (const path of paths) expect((await app.ask(path)).status, path).toBe(200);
    const headers = { origin: 'https://spa.example.test' };
    expect((await app.ask('/token', { ...form, headers: { ...form.headers, ...headers } })).status).toBe(200);
    expect((await app.ask('/token', { method: 'OPTIONS', headers })).status).toBe(200);
  });
});

describe('while requests wait for the process itself', { timeout: 60_000 }, () => {
  /** Nothing else is done meanwhile. */
  const hold = (milliseconds: number) => {
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  async function crowdOf(count: number) {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let isHeld = true;
    const { app, asked } = await serverThat({
      isOverrun: () => false,
      work: () => (isHeld ? released : Promise.resolve()),
    });
    const held = Array.from({ length: count }, () => app.ask('/token', form));
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(count);
    const busily = async (rounds: () => boolean) => {
      while (rounds()) {
        hold(200);
        await turn();
        await turn();
      }
    };
    let round = 0;
    await busily(() => ++round < 8);
    isHeld = false;
    let inside: Answer | undefined;
    const asking = app.ask('/token', form).then((answer) => {
      inside = answer;
    });
    await busily(() => inside === undefined);
    await asking;
    release();
    expect((await Promise.all(held)).filter(({ status }) => status !== 200)).toEqual([]);
    return { inside: inside?.status, comeBack: inside?.headers['retry-after'], after: await app.ask('/token', form) };
  }

  test('who comes new is refused, who is there is answered, and then all is well', async () => {
    const { inside, comeBack, after } = await crowdOf(40);
    expect([inside, comeBack, after.status]).toEqual([503, '5', 200]);
  });

  test('a few are let in all the same', async () => {
    const { inside } = await crowdOf(10);
    expect(inside).toBe(200);
  });
});
