import type Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../src/errors.ts';
import { REFERENCE } from '../../protocol/references.ts';
import { AT_ISSUER, DEFAULT_VIEWS, type FrontOptions, serveBehindFront } from './support.ts';

const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

const throwing =
  (thrown: unknown): Koa.Middleware =>
  async (ctx) => {
    ctx.cookies.set('half', 'done', { signed: false });
    ctx.set('Location', '/half-done');
    ctx.set('Cache-Control', 'public, max-age=99');
    ctx.type = 'text/css';
    throw thrown;
  };

async function ask(thrown: unknown, accept: string, options: FrontOptions = {}) {
  const app = await serveBehindFront([throwing(thrown)], options);
  const answer = await app.ask('/x', { headers: { ...AT_ISSUER, accept } });
  return { ...answer, log: app.log };
}

const limited = new Refusal({
  code: 'too_many_attempts',
  status: 429,
  message: 'Wait a little.',
  retryAfterSeconds: 29.2,
});

describe('a refusal', () => {
  test('is a page for a browser', async () => {
    const answer = await ask(limited, HTML);
    expect(answer.status).toBe(429);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toContain('too_many_attempts Wait a little.');
    expect(answer.headers['retry-after']).toBe('30');
  });

  test('is problem+json for a program', async () => {
    for (const accept of ['application/json', 'application/problem+json', 'application/json;q=0.9, text/html;q=0.1']) {
      const answer = await ask(limited, accept);
      expect(answer.status).toBe(429);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.headers['retry-after']).toBe('30');
      expect(JSON.parse(answer.body)).toEqual({
        type: 'about:blank',
        title: 'Too Many Requests',
        status: 429,
        detail: 'Wait a little.',
        code: 'too_many_attempts',
        reference: expect.stringMatching(REFERENCE),
        requestId: answer.headers['x-request-id'],
      });
    }
  });

  test('shows the request’s number on its page', async () => {
    const answer = await ask(limited, HTML);
    expect(answer.body).toContain(answer.headers['x-request-id']);
  });

  test('leaves nothing of the answer that was begun, and is not cached', async () => {
    const answer = await ask(limited, HTML);
    expect(answer.headers).not.toHaveProperty('location');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('is noted with the request, not logged as an error', async () => {
    const { log } = await ask(limited, HTML);
    expect(log.filter((line) => Number(line['level'] === 'error'))).toEqual([]);
  });

  test('has its message as text in the page', async () => {
    const refusal = new Refusal({ code: 'bad_request', status: 400, message: '<script>alert(1)</script>' });
    expect((await ask(refusal, HTML)).body).not.toContain('<script>');
  });
});

describe('a defect', () => {
  const defect = Object.assign(new Error('relation "secret_table" does not exist'), { query: 'select hunter2' });

  test('is a page that explains nothing', async () => {
    const answer = await ask(defect, HTML);
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('Something went wrong here');
    expect(answer.body).toContain(answer.headers['x-request-id']);
    expect(answer.body).not.toMatch(/secret_table|hunter2| at |node_modules/);
  });

  test('is as silent to programs', async () => {
    const answer = await ask(defect, 'application/json');
    expect(JSON.parse(answer.body)).toMatchObject({ status: 500, code: 'server_error' });
    expect(answer.body).not.toMatch(/secret_table|hunter2/);
  });

  test('is one line in the log, with its stack and the request’s number', async () => {
    const { log, headers } = await ask(defect, HTML);
    const lines = log.filter((line) => line['event'] === 'http.defect');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'error', requestId: headers['x-request-id'] });
    expect(lines[0]?.['err']).toMatchObject({ message: expect.stringContaining('secret_table') });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  test('takes the cookies that were set along', async () => {
    expect((await ask(defect, HTML)).headers).not.toHaveProperty('set-cookie');
  });

  test('need not even be an Error', async () => {
    for (const thrown of ['text', undefined, null, 7, { status: 404, expose: true }]) {
      expect((await ask(thrown, HTML)).status).toBe(500);
    }
  });
});

describe('an unreachable database', () => {
  test('is 503 with Retry-After, and an error in the log', async () => {
    const down = Object.assign(new Error('connect ECONNREFUSED 10.0.0.9:5432'), { code: 'ECONNREFUSED' });
    const answer = await ask(down, HTML, { isUnavailable: (error) => error === down });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.body).toContain('database_unavailable');
    expect(answer.body).not.toContain('10.0.0.9');
    expect(answer.log).toContainEqual(expect.objectContaining({ event: 'database.unavailable', level: 'error' }));
  });
});

test('a library’s 4xx keeps its status and loses its words', async () => {
  const fromLibrary = Object.assign(new Error('invalid_request <b>details</b>'), {
    expose: true,
    status: 400,
    statusCode: 400,
  });
  const answer = await ask(fromLibrary, HTML);
  expect(answer.status).toBe(400);
  expect(answer.body).not.toContain('details');
});

test('a library’s 5xx is a defect', async () => {
  const fromLibrary = Object.assign(new Error('x'), { expose: true, status: 503, statusCode: 503 });
  expect((await ask(fromLibrary, HTML)).status).toBe(500);
});

test('when the error page itself fails, plain words remain', async () => {
  const views = {
    ...DEFAULT_VIEWS,
    'errors/refused.pug': 'p= nothing.at.all',
    'errors/broken.pug': 'p= nothing.at.all',
  };
  const refused = await ask(limited, HTML, { views });
  expect(refused.status).toBe(429);
  expect(refused.headers['content-type']).toBe('text/plain; charset=utf-8');
  const request = refused.headers['x-request-id'];
  expect(refused.body.replace(REFERENCE, 'X')).toBe(`Wait a little.\nReference: X\nRequest: ${request}\n`);
  const broken = await ask(new Error('x'), HTML, { views });
  expect(broken.status).toBe(500);
  expect(broken.log).toContainEqual(expect.objectContaining({ event: 'http.error_page_failed' }));
});

test('an error after the answer has begun cuts it off instead of ending it', async () => {
  const breaking: Koa.Middleware = async (ctx) => {
    ctx.respond = false;
    ctx.res.write('half of the answer');
    throw new Error('too late');
  };
  const app = await serveBehindFront([breaking]);
  await expect(app.ask('/x', { headers: AT_ISSUER })).rejects.toThrow();
  expect(app.log).toContainEqual(expect.objectContaining({ event: 'http.defect' }));
});

test('what nobody answers is 404', async () => {
  const app = await serveBehindFront([]);
  const answer = await app.ask('/nowhere', { headers: { ...AT_ISSUER, accept: HTML } });
  expect(answer.status).toBe(404);
  expect(answer.body).toContain('not_found');
});
