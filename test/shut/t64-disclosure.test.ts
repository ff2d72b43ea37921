// T63 and T64: no answer, whatever goes wrong, says how the server is made, where it lies, or what somebody sent in confidence.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTHORIZATION, post } from '../protocol/apps.ts';
import { basic, newBrowser } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visits } from '../support/visits.ts';
import { everyAddress } from './every-address.ts';

let server: TestServer;
let broken: TestServer;

beforeAll(async () => {
  server = await startTestServer({ logLevel: 'debug' });
  broken = await startTestServer();
  // Every statement fails from here on, which no request expects.
  await broken.database.db.schema.dropTable('oidc_payloads').cascade().execute();
});

afterAll(async () => {
  await server.stop();
  await broken.stop();
});

/** What answers of other servers have told: frames of a stack, paths, packages, statements, versions. */
const TOLD = [
  /\bat \S+ \(.*:\d+:\d+\)/,
  /\bat (?:file|node):/,
  /node_modules/,
  /\.ts:\d+/,
  /\/src\//,
  /\b(?:select|insert into|update|delete from)\b[^<]*\b(?:from|values|set|where)\b.*\$\d/i,
  /oidc_payloads|kysely|SQLSTATE/i,
  /TypeError|ReferenceError|SyntaxError|RangeError|ENOENT|ECONNREFUSED/,
];

async function tellsNothing(answer: Response, what: string): Promise<void> {
  for (const name of ['x-powered-by', 'server', 'via', 'x-aspnet-version', 'x-runtime']) {
    expect(answer.headers.get(name), `${name} of ${what}`).toBeNull();
  }
  const text = await answer.text();
  // Sheets and scripts of the pages are served as they are written.
  if (/javascript|css/.test(answer.headers.get('content-type') ?? '')) return;
  for (const pattern of TOLD) expect(text, what).not.toMatch(pattern);
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

describe('T64 information in answers (Zitadel CVE-2025-67717, CVE-2024-39683; ASVS 13.4.2, 16.5.1)', () => {
  test('every address, by every method, with a body that is none of its own', async () => {
    const addresses = new Set(everyAddress(server).map(({ url }) => url));
    expect(addresses.size).toBeGreaterThan(100);
    for (const url of addresses) {
      for (const method of METHODS) {
        const body =
          method === 'GET' || method === 'OPTIONS' ? {} : { body: '{"a":', headers: { 'content-type': 'text/x' } };
        const answer = await fetch(url, { method, redirect: 'manual', ...body });
        expect(answer.status, `${method} ${url}`).toBeLessThan(500);
        await tellsNothing(answer, `${method} ${url}`);
      }
    }
  }, 120_000);

  test('an error of our own making', async () => {
    const asked = [
      fetch(`${broken.issuer}/auth?${new URLSearchParams(AUTHORIZATION)}`, { redirect: 'manual' }),
      post(
        `${broken.issuer}/token`,
        { grant_type: 'refresh_token', refresh_token: 'x' },
        { headers: { authorization: basic('web', 'x') } },
      ),
      fetch(`${broken.issuer}/me`, { headers: { authorization: `Bearer ${'x'.repeat(43)}` } }),
      fetch(`${broken.issuer}/me`, { headers: { authorization: `Bearer ${'x'.repeat(43)}`, accept: 'text/html' } }),
      fetch(`${broken.issuer}/account`, { redirect: 'manual' }),
    ];
    for (const answer of await Promise.all(asked)) await tellsNothing(answer, answer.url);
    expect(broken.logLines.filter(({ level }) => level === 'error').length).toBeGreaterThan(0);
  });

  test('TRACE, and methods that nobody knows, are refused and repeat nothing', async () => {
    const { port } = new URL(server.issuer);
    for (const method of ['TRACE', 'PROPFIND', 'PURGE', 'SEARCH', 'LOCK']) {
      for (const path of ['/', '/auth', '/token', '/account', '/admin', '/api/v1/accounts', '/nothing']) {
        const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
          const headers = { 'x-secret': 'repeated-7719' };
          const asked = request({
            port,
            host: '127.0.0.1',
            path,
            method,
            headers: { ...headers, host: `localhost:${port}` },
          });
          asked.once('response', (answer) => {
            let text = '';
            answer.setEncoding('utf8').on('data', (chunk: string) => {
              text += chunk;
            });
            answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
          });
          asked.once('error', reject).end();
        });
        expect(status, `${method} ${path}`).toBe(405);
        expect(text).not.toContain('repeated-7719');
      }
    }
  });

  test.each([
    '/.git/config',
    '/.env',
    '/.git/HEAD',
    '/package.json',
    '/src/main.ts',
    '/config/gatehouse.yaml',
    '/config/clients/',
    '/data/secret',
    '/.data/secret',
    '/metrics',
    '/debug',
    '/server-status',
    '/actuator/env',
    '/assets/',
    '/assets/../package.json',
    '/assets/..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/etc/passwd',
    '/assets/style.css.map',
    '/assets/.gitignore',
    '/views/layouts/page.pug',
    '/api/v1/openapi.json/../../../.env',
    '/node_modules/koa/package.json',
    '/backup.sql',
    '/dump.rdb',
  ])('%s is not there', async (path) => {
    const { port } = new URL(server.issuer);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ port, host: '127.0.0.1', path, headers: { host: `localhost:${port}` } });
      asked.once('response', (answer) => resolve(answer.resume().statusCode)).once('error', reject);
      asked.end();
    });
    expect(status).toBe(404);
  });
});

describe('T63 secrets in answers and in the log (Zitadel CVE-2024-32967; ASVS 16.2.5)', () => {
  const SECRET = 'Marked-Heron-Jasper-8675309-secret';

  test('what was sent in confidence is in no answer, no address and no line of the log, whatever else was wrong with it', async () => {
    const answers: Response[] = [];
    for (const path of ['/token', '/request', '/token/introspection', '/token/revocation', '/me']) {
      for (const form of [
        {
          grant_type: 'authorization_code',
          code: SECRET,
          code_verifier: SECRET,
          redirect_uri: 'https://app.example.test/x',
        },
        { grant_type: 'refresh_token', refresh_token: SECRET },
        { grant_type: 'client_credentials', client_id: 'robot', client_secret: SECRET },
        { token: SECRET, token_type_hint: SECRET },
        { client_assertion: SECRET, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
        { password: SECRET, access_token: SECRET, id_token_hint: SECRET },
      ]) {
        answers.push(await post(`${server.issuer}${path}`, form as Record<string, string>));
        answers.push(
          await post(`${server.issuer}${path}`, form as Record<string, string>, {
            headers: { authorization: basic('web', SECRET) },
          }),
        );
      }
      for (const authorization of [`Bearer ${SECRET}`, `DPoP ${SECRET}`, `Basic ${SECRET}`]) {
        answers.push(await fetch(`${server.issuer}${path}`, { headers: { authorization, dpop: SECRET } }));
      }
    }
    const { browser } = await visits(server);
    const { action, data } = browser.form({ identifier: 'nobody@example.test', password: SECRET }, 'Sign in');
    for (const form of [data, { ...data, csrf: SECRET }, { ...data, keep: 'x'.repeat(99) }]) {
      answers.push(await browser.request(action, { method: 'POST', form }));
    }
    for (const path of ['/reset-password', '/verify-email', '/invitation', '/undo-email-change', '/setup']) {
      answers.push(await newBrowser().request(`${server.issuer}${path}?token=${SECRET}`));
      answers.push(await newBrowser().request(`${server.issuer}${path}/${SECRET}`));
    }
    answers.push(
      await fetch(`${server.issuer}/account`, {
        headers: { cookie: `__Host-gatehouse=${SECRET}; session=${SECRET}` },
        redirect: 'manual',
      }),
    );
    expect(answers.length).toBeGreaterThan(80);
    for (const answer of answers) {
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers.get('location') ?? '').not.toContain(SECRET);
    }
    for (const answer of answers.filter(({ headers }) => (headers.get('content-type') ?? '').includes('json'))) {
      expect(await answer.text()).not.toContain(SECRET);
    }
    expect(server.logText.length).toBeGreaterThan(answers.length);
    expect(server.logText.filter((line) => line.includes(SECRET))).toEqual([]);
  });
});
