// One number for a request: on every kind of answer, on the error page, in the log, in events. A proxy we trust may bring it.
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';

const OURS = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let server: TestServer;
let proxied: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings: RESOURCES });
  proxied = await startTestServer({ settings: `server: { trusted_proxies: [127.0.0.1/32, "::1/128"] }${RESOURCES}` });
});
afterAll(() => Promise.all([server.stop(), proxied.stop()]));

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const HTML = { accept: 'text/html' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** As it is sent, with any Host. */
function ask({ issuer }: TestServer, path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<{ status: number; id: string; text: string }>((resolve, reject) => {
    const sent = request(`${issuer}${path}`, { method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, id: String(answer.headers['x-request-id']), text }),
      );
    });
    sent.on('error', reject).end(body);
  });
}

const linesOf = ({ logLines }: TestServer, id: string) => logLines.filter(({ requestId }) => requestId === id);

interface Kind extends Asked {
  readonly path: string;
  readonly status: number;
  /** Whether the answer itself says the number. */
  readonly says: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'a page': { path: '/', status: 200, says: false },
  'a redirect': { path: '/account', headers: HTML, status: 303, says: false },
  'a page that is not there': { path: '/nowhere', headers: HTML, status: 404, says: true },
  'a problem of the same address': {
    path: '/nowhere',
    headers: { accept: 'application/json' },
    status: 404,
    says: true,
  },
  'the engine’s error page': { path: '/auth?client_id=nobody', headers: HTML, status: 400, says: true },
  'the engine’s error for programs': {
    path: '/token',
    method: 'POST',
    headers: FORM,
    body: 'grant_type=x',
    status: 400,
    says: false,
  },
  'a document of the engine': { path: '/jwks', status: 200, says: false },
  'a problem of the API': { path: '/api/v1/accounts', status: 401, says: true },
  'another method': { path: '/livez', method: 'DELETE', headers: HTML, status: 405, says: true },
  'another host': { path: '/', headers: { host: 'elsewhere.example' }, status: 421, says: false },
  'too large a form': {
    path: '/verify-email',
    method: 'POST',
    headers: { ...FORM, accept: 'application/json' },
    body: 'x'.repeat(100_000),
    status: 413,
    says: true,
  },
};

test.each(Object.entries(KINDS))('%s carries it, and so does its line in the log', async (_kind, asked) => {
  const headers = { ...asked.headers, ...(asked.method === 'POST' && { origin: server.issuer }) };
  const { status, id, text } = await ask(server, asked.path, { ...asked, headers });
  expect([status, text.includes(id)]).toEqual([asked.status, asked.says]);
  expect(id).toMatch(OURS);
  await expect.poll(() => linesOf(server, id).map(({ event }) => event)).toContain('http.request');
  const line = linesOf(server, id).find(({ event }) => event === 'http.request');
  expect(line).toMatchObject({ status: asked.status });
});

test('an event has the number of the request that it happened in', async () => {
  const person = await server.person({ email: 'numbered@example.test' });
  const { browser } = await visits(server);
  await signsIn(browser, { identifier: 'numbered@example.test', password: 'not the password at all' });
  const rows = await server.deps.db
    .selectFrom('audit_events')
    .select('request_id')
    .where('event', '=', 'sign_in.failed')
    .where('account_id', '=', person.id)
    .execute();
  expect(rows).toHaveLength(1);
  expect(linesOf(server, String(rows[0]?.request_id)).map(({ event }) => event)).toContain('http.request');
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ACCEPTED: Readonly<Record<string, [Record<string, string>, string]>> = {
  'a number': [{ 'x-request-id': 'proxy-1:0af7651916cd43dd' }, 'proxy-1:0af7651916cd43dd'],
  'a trace': [{ traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }, TRACE],
  both: [{ 'x-request-id': 'proxy-2:abcdef', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }, 'proxy-2:abcdef'],
};

test.each(Object.entries(ACCEPTED))('a trusted proxy that sends %s is followed', async (_what, [headers, number]) => {
  const { id, text } = await ask(proxied, '/nowhere', { headers: { ...HTML, ...headers } });
  expect([id, text.includes(number)]).toEqual([number, true]);
  await expect.poll(() => linesOf(proxied, number).length).toBeGreaterThan(0);
});

const REFUSED = [
  { 'x-request-id': 'short' },
  { 'x-request-id': 'a'.repeat(65) },
  { 'x-request-id': 'with a blank and more' },
  { 'x-request-id': '<script>alert(1)</script>' },
  { 'x-request-id': '../../../../etc/passwd' },
  { 'x-request-id': '{"level":"error"}' },
  { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` },
  { traceparent: `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01` },
  { traceparent: `${TRACE}` },
];

test.each(REFUSED)('what a proxy has no business sending is replaced: %j', async (headers) => {
  expect((await ask(proxied, '/nowhere', { headers: { ...HTML, ...headers } })).id).toMatch(OURS);
});

test('nobody else numbers a request', async () => {
  for (const [headers] of Object.values(ACCEPTED)) {
    expect((await ask(server, '/nowhere', { headers: { ...HTML, ...headers } })).id).toMatch(OURS);
  }
  // Whoever comes through no proxy is not behind one by saying so.
  const claimed = { ...HTML, 'x-request-id': 'proxy-1:0af7651916cd43dd', 'x-forwarded-for': '127.0.0.1' };
  expect((await newBrowser({ headers: claimed }).open(`${server.issuer}/nowhere`)).page.status).toBe(404);
  expect(JSON.stringify(server.logLines)).not.toContain('proxy-1:0af7651916cd43dd');
});

test('a server that stops says so under a number too', async () => {
  proxied.readiness.set('stopping');
  const { status, id } = await ask(proxied, '/readyz');
  expect(status).toBe(503);
  expect(id).toMatch(OURS);
});
