// The shipped nginx configuration, run by the real nginx: two server processes behind it, TLS in front.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, gatehouse } from '../cli/command-line.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Nginx, nginxAvailable, startNginx } from '../support/nginx.ts';
import { ended, saysThatItListens, spawnServer } from '../support/serve-process.ts';
import { authorizationRequest, newBrowser } from '../support/sign-in.ts';
import { CLIENTS, freePort, PASSWORD, SPA_CALLBACK } from '../support/start-server.ts';

const TOKEN = 'bmdpbngtYmVmb3JlLWZpZ3VyZXMtMjAyNg';

/** Undefined on a machine without IPv6. */
async function freePortOfIpv6(): Promise<number | undefined> {
  const server = createServer();
  const port = await new Promise<number | undefined>((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(0, '::1', () => resolve((server.address() as AddressInfo).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!nginxAvailable() || !postgresAvailable())('behind nginx', { timeout: 60_000 }, () => {
  let nginx: Nginx;
  let database: TestDatabase;
  let configDir: string;
  let env: Record<string, string>;
  let ports: number[];
  let port6: number | undefined;
  let processes: ChildProcess[];

  const starts = async (port: number): Promise<ChildProcess> => {
    const child = spawnServer({ ...env, PORT: String(port) });
    await saysThatItListens(child);
    return child;
  };

  beforeAll(async () => {
    database = await makeTestDatabase('postgres');
    configDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-config-'));
    mkdirSync(path.join(configDir, 'clients'));
    writeFileSync(
      path.join(configDir, 'gatehouse.yaml'),
      `mfa: optional\nserver:\n  trusted_proxies: [127.0.0.1/32]\nmetrics: { token: "${TOKEN}" }\n`,
    );
    writeFileSync(path.join(configDir, 'clients', 'spa.yaml'), CLIENTS['spa'] ?? '');
    const port = await freePort();
    env = {
      GATEHOUSE_MODE: 'production',
      GATEHOUSE_ISSUER: `https://localhost:${port}`,
      GATEHOUSE_SECRET: 'Qm9zc2FOb3ZhLTk0MjctS2llc2Vsd2VnLTE3LVRhbmdv',
      GATEHOUSE_CONFIG_DIR: configDir,
      GATEHOUSE_DATA_DIR: database.dataDir,
      DATABASE_URL: database.url ?? '',
      HOST: '127.0.0.1',
    };
    ports = [await freePort(), await freePort()];
    processes = await Promise.all(ports.map(starts));
    port6 = await freePortOfIpv6();
    nginx = await startNginx({ port, port6, upstreams: ports });
    const place = { cwd: configDir, env: { ...env, GATEHOUSE_LOG_LEVEL: 'silent' } };
    await answerOf(place, ['user', 'create', '--email', 'jane@example.test', '--password-stdin'], {
      stdin: `${PASSWORD}\n`,
    });
  }, 60_000);

  afterAll(async () => {
    await nginx?.stop();
    await Promise.all((processes ?? []).map((each) => ended(each, 'SIGKILL')));
    await database?.remove();
    rmSync(configDir, { recursive: true, force: true });
  });

  interface Answer {
    readonly status: number;
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly text: string;
  }

  const asks = (target: string, options: RequestOptions = {}, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const given = {
        host: '127.0.0.1',
        port: nginx.port,
        servername: 'localhost',
        ca: nginx.certificate,
        agent: false,
      } as const;
      const headers = { host: `localhost:${nginx.port}`, ...options.headers };
      const asked = request({ ...given, ...options, path: target, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      });
      asked.once('error', reject).end(body);
    });

  /** What the browser brings the app. */
  const atTheApp = async (page: Page): Promise<URLSearchParams> =>
    new URL((await page.waitForRequest((each) => each.url().startsWith(SPA_CALLBACK))).url()).searchParams;

  test.skipIf(!chromiumAvailable())(
    'a person signs in with a real browser, and again while one process is gone',
    async () => {
      const browser = await launchChromium();
      try {
        const context = await browser.newContext({ ignoreHTTPSErrors: true });
        const page = await context.newPage();
        const app = { client_id: 'spa', redirect_uri: SPA_CALLBACK };
        await page.goto(authorizationRequest(nginx.origin, app).url);
        await page.getByLabel('E-mail').fill('jane@example.test');
        await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
        const back = atTheApp(page);
        await page.getByRole('button', { name: 'Sign in' }).click();
        expect((await back).get('code')).toMatch(/./);
        const cookies = await context.cookies(nginx.origin);
        expect(cookies.length).toBeGreaterThan(0);
        for (const { name, secure, httpOnly } of cookies) {
          expect([name, name.startsWith('__'), secure, httpOnly]).toEqual([name, true, true, true]);
        }
        await ended(processes[0], 'SIGKILL');
        for (let visit = 0; visit < 6; visit += 1) {
          const again = atTheApp(page);
          // Nobody is there: the app's name is known to nobody.
          await page.goto(authorizationRequest(nginx.origin, app).url).catch(() => undefined);
          expect((await again).get('code')).toMatch(/./);
        }
        processes[0] = await starts(ports[0] ?? 0);
      } finally {
        await browser.close();
      }
    },
  );

  test('addresses in discovery are those of the issuer, whatever a visitor claims', async () => {
    const lies = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '1',
      forwarded: 'host=evil.example;proto=http;for=9.9.9.9',
    };
    for (const headers of [{}, lies]) {
      const { status, text } = await asks('/.well-known/openid-configuration', { headers });
      expect(status).toBe(200);
      expect(text).not.toContain('evil');
      expect(JSON.parse(text)).toMatchObject({ issuer: nginx.origin, token_endpoint: `${nginx.origin}/token` });
    }
  });

  test('the address that the audit log has is the visitor’s as nginx saw it, never one that was claimed', async () => {
    const claims = {
      'x-forwarded-for': '203.0.113.9, 198.51.100.7',
      'x-real-ip': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
    };
    const browser = newBrowser({
      headers: claims,
      send: async (url, { method, headers, body }) => {
        const { pathname, search } = new URL(url);
        const answer = await asks(pathname + search, { method, headers }, body);
        const given = Object.entries(answer.headers).flatMap(([name, value]) =>
          [value ?? []].flat().map((each): [string, string] => [name, each]),
        );
        const response = new Response(answer.text === '' ? null : answer.text, {
          status: answer.status,
          headers: given,
        });
        return Object.defineProperty(response, 'url', { value: url });
      },
    });
    const app = { client_id: 'spa', redirect_uri: SPA_CALLBACK };
    await browser.open(authorizationRequest(nginx.origin, app).url);
    await browser.submit({ identifier: 'jane@example.test', password: 'not the right one' }, 'Sign in');
    const place = { cwd: configDir, env: { ...env, GATEHOUSE_LOG_LEVEL: 'silent' } };
    const { stdout } = await gatehouse(place, ['audit', 'list', '--json']);
    expect(stdout).toContain('127.0.0.1');
    expect(stdout).not.toContain('203.0.113.9');
  });

  test('who comes without TLS is sent to it, under our name, and who asks for another name gets no certificate', async () => {
    const location = await new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: nginx.plainPort,
        path: '/auth?x=1',
        headers: { host: 'evil.example' },
      };
      plainRequest(options, (answer) => resolve([answer.statusCode, answer.resume().headers.location]))
        .once('error', reject)
        .end();
    });
    expect(location).toEqual([308, `${nginx.origin}/auth?x=1`]);
    await expect(asks('/', { servername: 'evil.example' })).rejects.toThrow(/alert|unrecognized/);
    expect((await asks('/', { headers: { host: 'evil.example' } })).status).toBeGreaterThanOrEqual(400);
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is too old', async (version) => {
    const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(asks('/', options)).rejects.toThrow();
  });

  test('answers carry what browsers keep to, and no name of a program', async () => {
    const { headers } = await asks('/');
    expect(headers['strict-transport-security']).toMatch(/max-age=\d{7,}/);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['server']).toBe('nginx');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  test('figures are given to nobody outside, whatever they show, and to who asks a process itself', async () => {
    const authorization = `Bearer ${TOKEN}`;
    expect((await asks('/metrics')).status).toBe(404);
    expect((await asks('/metrics', { headers: { authorization } })).status).toBe(404);
    const straight = await new Promise((resolve, reject) => {
      const headers = { host: `localhost:${nginx.port}`, authorization };
      plainRequest({ host: '127.0.0.1', port: ports[1], path: '/metrics', headers }, (answer) =>
        resolve(answer.resume().statusCode),
      )
        .once('error', reject)
        .end();
    });
    expect(straight).toBe(200);
  });

  test('who comes by IPv6 is served alike', async (context) => {
    if (port6 === undefined) return context.skip();
    const { status, text } = await asks('/.well-known/openid-configuration', { host: '::1', port: port6 });
    expect([status, JSON.parse(text).issuer]).toEqual([200, nginx.origin]);
    const other = { host: '::1', port: port6, servername: 'evil.example' };
    await expect(asks('/', other)).rejects.toThrow(/alert|unrecognized/);
  });

  const REFERENCES = 'Dex CVE-2024-23656; CVE-2023-44487; RFC 9112 section 11.2; ASVS 4.2.1';

  describe(`T69 smuggled requests (${REFERENCES})`, () => {
    const PAIRS: readonly [string, string][] = [
      ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\na=b&c'],
      [
        'a length and chunks',
        'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n',
      ],
      ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n'],
      ['chunks said twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n'],
      ['chunks by another name', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
      ['chunks after a blank', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
      ['a folded header', 'X-A: b\r\n Content-Length: 5\r\nContent-Length: 9\r\nContent-Length: 5\r\n\r\na=b&c'],
      ['a length that is no number', 'Content-Length: +5\r\n\r\na=b&c'],
      ['a chunk that is no number', 'Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n'],
    ];

    test.each(PAIRS)('%s are a bad request, and one only', async (_what, rest) => {
      const head = `POST /token HTTP/1.1\r\nHost: localhost:${nginx.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
      const answers = await new Promise<string>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: nginx.port, servername: 'localhost', ca: nginx.certificate });
        let text = '';
        socket.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk;
        });
        socket.setTimeout(3_000, () => socket.destroy());
        socket.once('close', () => resolve(text)).once('error', reject);
        socket.once('secureConnect', () => socket.write(head + rest));
      });
      const statuses = [...answers.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
      expect(statuses.length).toBeLessThanOrEqual(1);
      for (const status of statuses) expect([400, 411, 501]).toContain(status);
      expect(statuses).not.toEqual([]);
    });
  });

  test('reloading nginx in the middle of it costs nobody an answer', async () => {
    const statuses: number[] = [];
    let over = false;
    const visitors = Array.from({ length: 4 }, async () => {
      while (!over) statuses.push((await asks('/.well-known/openid-configuration')).status);
    });
    for (let round = 0; round < 5; round += 1) {
      nginx.reload();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    over = true;
    await Promise.all(visitors);
    expect(statuses.length).toBeGreaterThan(20);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });
});
