import { connect } from 'node:net';
import type Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readForm } from '../../../src/http/form.ts';
import { AT_ISSUER, serveBehindFront, until } from './support.ts';

const schema = z.strictObject({
  identifier: z.string(),
  password: z.string().max(20_000),
  remember: z.string().optional(),
});

const echo: Koa.Middleware = async (ctx) => {
  ctx.body = { read: await readForm(ctx, schema) };
};

const FORM = { ...AT_ISSUER, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };

const reached: Koa.Middleware = async (ctx) => {
  ctx.body = 'reached';
};

async function posting(body: string | Buffer, headers: Readonly<Record<string, string>> = {}) {
  const app = await serveBehindFront([echo]);
  const answer = await app.ask('/form', { method: 'POST', body, headers: { ...FORM, ...headers } });
  return { ...answer, json: JSON.parse(answer.body) };
}

test('a form arrives as its schema says', async () => {
  const { status, json } = await posting('identifier=jane%40example.test&password=a+b%2Bc%C3%A9');
  expect(status).toBe(200);
  expect(json.read).toEqual({ identifier: 'jane@example.test', password: 'a b+cé' });
});

test('the media type may name UTF-8, and nothing else', async () => {
  const type = (value: string) => posting('identifier=a&password=b', { 'content-type': value });
  expect((await type('application/x-www-form-urlencoded; charset=UTF-8')).status).toBe(200);
  const others = [
    'application/x-www-form-urlencoded; charset=utf-7',
    'text/plain',
    'application/json',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded-not',
    '',
  ];
  for (const value of others) expect((await type(value)).status).toBe(415);
});

test('a compressed form is refused instead of unpacked', async () => {
  expect((await posting('identifier=a&password=b', { 'content-encoding': 'gzip' })).status).toBe(415);
});

describe('what a browser cannot have sent is 400:', () => {
  const table: [string, string][] = [
    ['a field twice', 'identifier=a&password=b&password=c'],
    ['a field twice in another spelling', 'identifier=a&password=b&p%61ssword=c'],
    ['a missing field', 'identifier=a'],
    ['an unknown field', 'identifier=a&password=b&admin=1'],
    ['a NUL in a value', 'identifier=a%00b&password=b'],
    ['a NUL in a name', 'identifier=a&password=b&remember%00=1'],
    ['a broken %-sequence', 'identifier=%zz&password=b'],
    ['bad UTF-8', 'identifier=%ff%fe&password=b'],
    ['an overlong encoding', 'identifier=%c0%80&password=b'],
    ['raw bytes outside ASCII', 'identifier=\u00e9&password=b'],
    ['a surrogate', 'identifier=%ed%a0%80&password=b'],
    ['__proto__', 'identifier=a&password=b&__proto__=1'],
    ['constructor', 'identifier=a&password=b&constructor=1'],
    ['a nested name', 'identifier=a&password=b&a[__proto__][polluted]=1'],
    ['nothing', ''],
  ];
  test.each(table)('%s', async (_what, body) => {
    const { status, json } = await posting(body);
    expect(status).toBe(400);
    expect(json.code).toBe('bad_request');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test('a form for __proto__ leaves it a field like any other', async () => {
  const seen: Koa.Middleware = async (ctx) => {
    const fields = await readForm(ctx, z.record(z.string(), z.string()));
    ctx.body = {
      inherited: Object.getPrototypeOf(fields) !== Object.prototype && Object.getPrototypeOf(fields) !== null,
    };
  };
  const app = await serveBehindFront([seen]);
  const answer = await app.ask('/form', { method: 'POST', body: '__proto__=x&a=b', headers: FORM });
  expect(JSON.parse(answer.body)).toEqual({ inherited: false });
});

test('a NUL in the name of a field is refused even if the schema would drop the field', async () => {
  const lenient: Koa.Middleware = async (ctx) => {
    ctx.body = await readForm(ctx, z.object({ a: z.string() }));
  };
  const app = await serveBehindFront([lenient]);
  const answer = await app.ask('/form', { method: 'POST', body: 'a=1&b%00=2', headers: FORM });
  expect(answer.status).toBe(400);
});

describe('a form that is too long', () => {
  const fill = (bytes: number) => {
    const start = 'identifier=a&password=';
    return start + 'x'.repeat(bytes - start.length);
  };

  test('ends at 16 kB', async () => {
    expect((await posting(fill(16 * 1024))).status).toBe(200);
    expect((await posting(fill(16 * 1024 + 1))).status).toBe(413);
  });

  test('is refused at once, by its declared length, without being read', async () => {
    const app = await serveBehindFront([echo]);
    const head = 'POST /form HTTP/1.1\r\nHost: op.example\r\nContent-Type: application/x-www-form-urlencoded\r\n';
    const answer = new Promise<string>((resolve, reject) => {
      const socket = connect(app.port, '127.0.0.1', () => socket.write(`${head}Content-Length: 10000000\r\n\r\n`));
      socket.once('data', (chunk: Buffer) => {
        socket.destroy();
        resolve(chunk.toString());
      });
      socket.on('error', reject);
    });
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('is refused while it comes, if it does not say how long it is', async () => {
    const { status } = await posting(fill(200_000), { 'transfer-encoding': 'chunked' });
    expect(status).toBe(413);
  });
});

test('a form that comes too slowly is 408, and the connection closes', async () => {
  const impatient: Koa.Middleware = async (ctx) => {
    ctx.body = await readForm(ctx, schema, { maxBytes: 1000, timeoutMs: 50 });
  };
  const app = await serveBehindFront([impatient]);
  const slow =
    'POST /form HTTP/1.1\r\nHost: op.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nident';
  const answer = await app.raw(slow);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer.toLowerCase()).toContain('connection: close');
});

test('a browser that goes away in the middle of a form is no defect', async () => {
  const app = await serveBehindFront([echo]);
  const start =
    'POST /form HTTP/1.1\r\nHost: op.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nident';
  const socket = connect(app.port, '127.0.0.1', () =>
    socket.write(start, () => setTimeout(() => socket.destroy(), 50)),
  );
  const line = await until(() => app.log.find((entry) => entry['event'] === 'http.request'));
  expect(line).toMatchObject({ aborted: true });
  expect(app.log.map((entry) => entry['event'])).not.toContain('http.defect');
});

describe('a request line with a NUL', () => {
  test.each(['/form%00', '/form?x=%00', '/form?%00=x', '/form?x=a%00'])('%s is 400', async (path) => {
    const app = await serveBehindFront([reached]);
    expect((await app.ask(path, { headers: AT_ISSUER })).status).toBe(400);
  });

  test('is not one with an encoded percent sign', async () => {
    const app = await serveBehindFront([reached]);
    expect((await app.ask('/form?x=%2500', { headers: AT_ISSUER })).status).toBe(200);
  });
});

test('TRACE and unknown methods are 405', async () => {
  const app = await serveBehindFront([reached]);
  for (const method of ['TRACE', 'PROPFIND', 'LINK']) {
    expect((await app.ask('/anything', { method, headers: AT_ISSUER })).status).toBe(405);
  }
});
