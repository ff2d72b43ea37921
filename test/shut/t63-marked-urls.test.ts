// T63: the passwords in DATABASE_URL and GATEHOUSE_SMTP_URL are told to nobody: no log, page, metric, setting or message.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatehouse, type Place, startProgram } from '../cli/command-line.ts';
import { administrator } from '../support/administrators.ts';
import { PROGRAMS, program } from '../support/api.ts';
import { configFiles } from '../support/config-files.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type DatabaseLine, databaseLine } from '../support/database-line.ts';
import { forgets } from '../support/forgotten.ts';
import { freePort, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { databaseAsText } from '../support/visits.ts';

const MARK = 'Marked-Otter-Basalt-5550123';
const TOKEN = randomBytes(32).toString('base64url');

const marked = (address: string, user?: string): string => {
  const url = new URL(address);
  url.username = user ?? url.username;
  url.password = MARK;
  return url.href;
};

const expectUnmarked = (text: string, what: string): void => {
  expect(text.length, `${what} says something`).toBeGreaterThan(0);
  expect(text.includes(MARK), `the mark in ${what}`).toBe(false);
};

describe.skipIf(!postgresAvailable())(
  'T63 passwords in addresses, at work (Zitadel CVE-2024-32967; ASVS 16.2.5)',
  () => {
    let place: TestDatabase;
    let line: DatabaseLine;
    let server: TestServer;
    let metricsPort: number;

    beforeAll(async () => {
      place = await makeTestDatabase('postgres');
      line = await databaseLine(marked(place.url ?? ''));
      metricsPort = await freePort();
      server = await startTestServer({
        settings: `metrics: { port: ${metricsPort}, token: "${TOKEN}" }\nmfa: optional${RESOURCES}`,
        clients: PROGRAMS,
        logLevel: 'debug',
        env: { DATABASE_URL: line.url, GATEHOUSE_SMTP_URL: `smtp://mailer:${MARK}@127.0.0.1:${await freePort()}` },
      });
    });

    afterAll(async () => {
      await line.mend();
      await server.stop();
      await line.close();
      await place.remove();
    });

    const metrics = async () => {
      const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      return answer.text();
    };

    test('the server has them', () => {
      expect(server.config.database.url).toContain(MARK);
      expect(server.config.mail.smtpUrl).toContain(MARK);
    });

    test('console, API, metrics and database show where, and not the passwords', async () => {
      const { browser } = await administrator(server);
      await browser.open(`${server.issuer}/admin/configuration`);
      expect(browser.page.text).toContain(new URL(line.url).host);
      expectUnmarked(browser.page.text, 'the page of the configuration');
      const keeper = await program(server);
      const { body } = await keeper.call('GET', '/configuration');
      expect(body.settings['database.url']).toContain(new URL(line.url).host);
      expectUnmarked(JSON.stringify(body), 'the configuration of the API');
      expectUnmarked(await metrics(), 'the metrics');
      expectUnmarked(await databaseAsText(server), 'the database');
    });

    test('a mail that cannot be sent says why without them', async () => {
      await server.person({ email: 'rosa@example.test' });
      await forgets(server, 'rosa@example.test');
      const waits = () => server.logText.find((text) => /ECONNREFUSED/.test(text));
      await expect.poll(waits, { timeout: 20_000 }).toBeDefined();
      expectUnmarked(server.logText.join('\n'), 'the log');
      expectUnmarked(await databaseAsText(server), 'the outbox');
    });

    test('nor do pages, metrics and the log while the database is away', async () => {
      await line.refuse();
      const statuses: number[] = [];
      for (const path of ['/auth?client_id=web', '/account', '/admin', '/readyz', '/healthz', '/.well-known/nothing']) {
        for (const accept of ['text/html', 'application/json']) {
          const cookie = '__Host-gatehouse=x; session=x';
          const answer = await fetch(`${server.issuer}${path}`, { redirect: 'manual', headers: { accept, cookie } });
          statuses.push(answer.status);
          expect((await answer.text()).includes(MARK), path).toBe(false);
        }
      }
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: 'x'.repeat(43),
        client_id: 'spa',
      });
      const answer = await fetch(`${server.issuer}/token`, { method: 'POST', body: form });
      expectUnmarked(await answer.text(), 'the token endpoint');
      expect([...statuses, answer.status].filter((status) => status >= 500)).not.toEqual([]);
      expectUnmarked(await metrics(), 'the metrics');
      expectUnmarked(server.logText.join('\n'), 'the log');
      await line.mend();
    });
  },
);

describe('T63 passwords in addresses, on the command line (Zitadel CVE-2024-32967; ASVS 16.2.5)', () => {
  const NOBODY = '127.0.0.1:1';
  const COMMANDS = [
    ['config', 'check'],
    ['config', 'plan'],
    ['doctor'],
    ['group', 'list'],
    ['migrate'],
    ['mail', 'test', 'a@example.test'],
  ];

  const placeWith = (variables: Record<string, string>): Place => {
    const { cwd } = configFiles({ 'config/gatehouse.yaml': 'database: { start_wait_seconds: 1 }\n' });
    const env = { GATEHOUSE_MODE: 'development', GATEHOUSE_LOG_LEVEL: 'debug', GATEHOUSE_DATA_DIR: `${cwd}/data` };
    return { cwd, env: { ...env, ...variables } };
  };

  const ADDRESSES: readonly [string, Record<string, string>][] = [
    ['nobody is there', { DATABASE_URL: `postgres://gate:${MARK}@${NOBODY}/gate` }],
    ['no such host', { DATABASE_URL: `postgres://gate:${MARK}@nowhere.invalid/gate` }],
    ['a password in the query', { DATABASE_URL: `postgres://${NOBODY}/gate?user=gate&password=${MARK}` }],
    ['another scheme', { DATABASE_URL: `mysql://gate:${MARK}@${NOBODY}/gate` }],
    ['no URL', { DATABASE_URL: `postgres://gate:${MARK}@[db/gate` }],
    ['half an escape', { DATABASE_URL: `postgres://gate:${MARK}%zz@${NOBODY}/gate` }],
    ['the slash of a password', { DATABASE_URL: `postgres://gate:12/${MARK}@${NOBODY}/gate` }],
    ['another scheme for mail', { GATEHOUSE_SMTP_URL: `http://mailer:${MARK}@${NOBODY}` }],
    ['no URL for mail', { GATEHOUSE_SMTP_URL: `smtp://mailer:${MARK}@[mail` }],
    ['half an escape for mail', { GATEHOUSE_SMTP_URL: `smtp://mailer:${MARK}%zz@${NOBODY}` }],
    ['a path for mail', { GATEHOUSE_SMTP_URL: `smtp://mailer:${MARK}@${NOBODY}/path` }],
  ];

  test.each(ADDRESSES)('no command tells them: %s', async (_what, variables) => {
    const place = placeWith(variables);
    for (const words of variables['DATABASE_URL'] === undefined ? COMMANDS.slice(0, 1) : COMMANDS) {
      for (const form of [words, [...words, '--json']]) {
        const { stdout, stderr } = await gatehouse(place, form);
        expectUnmarked(`${stdout}${stderr}`, `gatehouse ${form.join(' ')}`);
      }
    }
  });

  test.each(ADDRESSES.filter(([, variables]) => variables['DATABASE_URL'] !== undefined))(
    'nor does a server that cannot start: %s',
    async (_what, variables) => {
      const server = startProgram(placeWith({ ...variables, PORT: String(await freePort()) }), ['serve']);
      expect(await server.ended).not.toBe(0);
      expectUnmarked(server.output(), 'what it said');
    },
  );
});
