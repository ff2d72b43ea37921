// How the API is spoken to: bodies, methods, origins, and what it says when it cannot answer.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base, OPERATIONS, PROGRAMS, type Program, program } from '../support/api.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

let server: TestServer;
let keeper: Program;

beforeAll(async () => {
  server = await startTestServer({ clients: PROGRAMS });
  keeper = await program(server);
});

afterAll(() => server.stop());

const created = { name: 'editor', description: 'Edits' };

describe('a body', () => {
  test('is JSON in UTF-8, not compressed', async () => {
    const text = JSON.stringify(created);
    const types = [
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonx',
      'application/json; charset=utf-16',
      'application/json; charset=utf-8; x=y',
    ];
    for (const type of types) {
      const { status, body } = await keeper.call('POST', '/roles', { body: text, headers: { 'content-type': type } });
      expect([type, status, body.code]).toEqual([type, 415, 'unsupported_media_type']);
    }
    const zipped = await fetch(`${base(server)}/roles`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keeper.token}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: gzipSync(text),
    });
    expect(zipped.status).toBe(415);
    const good = { 'content-type': 'application/json; charset=UTF-8' };
    expect((await keeper.call('POST', '/roles', { body: text, headers: good })).status).toBe(201);
  });

  test('that is broken is told so', async () => {
    const broken = [
      '{',
      '',
      '{"name":}',
      "{'name':'x'}",
      '{"name":"x"}}',
      'NaN',
      '\ufeff{}',
      '{"name":"a","description":"Edits","name":"b"}',
      '{"name":"a","description":"Edits","n\\u0061me":"b"}',
      '{"name":"a","description":"Edits","permissions":[{"resource":"a","name":"x","resource":"b"}]}',
      '{"a":{"b":1},"a":{"b":1}}',
      '{"\\"":1,"\\u0022":2}',
      '['.repeat(40) + ']'.repeat(40),
    ];
    for (const body of broken) {
      const answered = await keeper.call('POST', '/roles', { body });
      expect([body, answered.status, answered.body.code]).toEqual([body, 400, 'bad_request']);
    }
    const bytes = await fetch(`${base(server)}/roles`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keeper.token}`, 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    });
    expect(bytes.status).toBe(400);
  });

  test('has at most 64 KiB', async () => {
    const name = 'x'.repeat(65 * 1024);
    const { status, body } = await keeper.call('POST', '/roles', { body: { ...created, name } });
    expect([status, body.code]).toEqual([413, 'payload_too_large']);
    const many = { ...created, name: 'x', includes: Array.from({ length: 5000 }, () => 'editor') };
    expect((await keeper.call('POST', '/roles', { body: many })).status).toBe(422);
  });

  test('may have the same name in several of its objects', async () => {
    const permissions = ['accounts:read', 'roles:read'].map((name) => ({ resource: 'gatehouse', name }));
    const body = { name: 'reader', description: '{"name":"name","name":":"}', permissions };
    expect((await keeper.call('POST', '/roles', { body })).status).toBe(201);
  });

  test('with much wrong in it is told of some', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 1]));
    for (const body of [unknown, { includes: Array.from({ length: 5000 }, () => '\0') }]) {
      const answered = await keeper.call('POST', '/roles', { body });
      expect([answered.status, answered.body.errors.length]).toEqual([422, 100]);
    }
  });

  test('is not read of whoever may not send it', async () => {
    const { status } = await (await program(server, { scope: 'roles:read' })).call('POST', '/roles', { body: '{' });
    expect(status).toBe(403);
  });
});

describe('an address', () => {
  test('says which methods it takes', async () => {
    for (const [path, method, allowed] of [
      ['/roles', 'DELETE', 'GET, HEAD, POST'],
      ['/roles/editor', 'POST', 'DELETE, GET, HEAD, PATCH'],
      ['/accounts/x/ban', 'GET', 'DELETE, POST'],
      ['/openapi.json', 'POST', 'GET, HEAD'],
    ] as const) {
      const { status, headers, body } = await keeper.call(method, path);
      expect([status, headers.get('allow'), body.code]).toEqual([405, allowed, 'method_not_allowed']);
    }
  });

  test('answers HEAD like GET, without a body', async () => {
    const [get, head] = [await keeper.call('GET', '/clients/web'), await keeper.call('HEAD', '/clients/web')];
    expect(head.status).toBe(200);
    expect(head.body).toBeUndefined();
    expect(head.headers.get('etag')).toBe(get.headers.get('etag'));
  });

  test('that is none is a problem for programs, whatever they say they take', async () => {
    for (const accept of ['text/html', '*/*', 'application/json']) {
      for (const path of ['/nothing', '/accounts/x/nothing', '/Accounts', '/accounts/']) {
        const { status, body } = await keeper.call('GET', path, { headers: { accept } });
        expect([path, status, body.code]).toEqual([path, 404, 'not_found']);
      }
    }
  });

  test('is closed to scripts of other origins', async () => {
    const origin = 'https://evil.example';
    const asked = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' };
    for (const [method, path] of OPERATIONS.map((each) => [each.method, each.path.replaceAll(/:\w+/g, 'x')] as const)) {
      const preflight = await keeper.call('OPTIONS', path, {
        headers: { ...asked, 'access-control-request-method': method },
      });
      expect([path, preflight.status]).toEqual([path, 405]);
      expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    const read = await keeper.call('GET', '/clients', { headers: { origin } });
    expect([...read.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  test('takes nobody for whom they are signed in as in a browser', async () => {
    await server.person({ email: 'root@example.test' });
    const browser = await newBrowser().open(`${server.issuer}/account`);
    await signsIn(browser, { identifier: 'root@example.test' });
    const response = await browser.request(`${base(server)}/accounts`);
    expect(response.status).toBe(401);
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});

describe('a list', () => {
  test('goes on where the page before it ended, to the end, with each once', async () => {
    for (let n = 0; n < 25; n += 1) await keeper.call('POST', '/accounts', { body: { email: `p${n}@example.test` } });
    for (const path of ['/accounts?sort=email', '/accounts?sort=newest', '/events', '/permissions']) {
      const seen: string[] = [];
      let next: string | undefined = `${path}${path.includes('?') ? '&' : '?'}limit=7`;
      while (next !== undefined) {
        const { body, headers } = await keeper.call('GET', next);
        expect(body.items.length).toBeLessThanOrEqual(7);
        seen.push(...body.items.map((item: { id?: string; name: string }) => item.id ?? item.name));
        const link = headers.get('link');
        expect(link === null).toBe(body.next === null);
        next = /^<\/api\/v1(\/[^>]+)>; rel="next"$/.exec(link ?? '')?.[1];
      }
      expect([path, seen.length]).toEqual([path, new Set(seen).size]);
      const whole = (await keeper.call('GET', `${path}${path.includes('?') ? '&' : '?'}limit=200`)).body.items;
      expect([path, seen.length]).toEqual([path, whole.length]);
    }
  });

  test('finds accounts by what they begin with, by role, group and status', async () => {
    await keeper.call('POST', '/roles', { body: { name: 'finder', description: 'Finds' } });
    const { body } = await keeper.call('POST', '/accounts', {
      body: { email: 'zoe@example.test', name: 'Zoë Quinn', roles: ['finder'] },
    });
    const found = async (query: string) =>
      (await keeper.call('GET', `/accounts?${query}`)).body.items.map(({ id }: { id: string }) => id);
    for (const query of [
      'q=zo',
      'q=ZOE@',
      `q=${encodeURIComponent('zoë q')}`,
      `q=${body.id}`,
      'role=finder',
      'q=zoe&role=finder&status=active',
    ]) {
      expect([query, await found(query)]).toEqual([query, [body.id]]);
    }
    for (const query of ['q=oe', 'role=nobody', 'group=nobody', 'q=zoe&status=banned'])
      expect([query, await found(query)]).toEqual([query, []]);
    const next = (await keeper.call('GET', '/accounts?q=p&status=active&limit=2')).headers.get('link');
    expect(next).toContain('q=p');
    expect(next).toContain('status=active');
  });
});
