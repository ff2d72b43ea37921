// The doctor looks at a running installation, and at each fault there can be: it says what is wrong and how to mend it.
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { secretFindings } from '../../src/cli/doctor/clients.ts';
import { clockFindings } from '../../src/cli/doctor/clock.ts';
import { cookieFindings } from '../../src/cli/doctor/cookies.ts';
import { databaseFindings } from '../../src/cli/doctor/database.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { nodeFindings } from '../../src/cli/doctor/machine.ts';
import { proxyFindings, type Seen } from '../../src/cli/doctor/proxy.ts';
import { grantRole } from '../../src/roles/assignments.ts';
import { leaveProbe } from '../../src/server/server-state.ts';
import { movingClock } from '../support/moving-clock.ts';
import { freePort, RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { gatehouse, type Place } from './command-line.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  chmodSync(server.dataDir, 0o700);
});

afterAll(() => server.stop());

const here = (env: Record<string, string> = {}): Place => ({
  cwd: server.configDir,
  env: {
    GATEHOUSE_MODE: 'development',
    GATEHOUSE_ISSUER: server.issuer,
    GATEHOUSE_CONFIG_DIR: server.configDir,
    GATEHOUSE_DATA_DIR: server.dataDir,
    PORT: String(server.port),
    ...env,
  },
});

interface Report {
  readonly exitCode: number;
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  about(check: string): readonly Finding[];
}

async function report(place: Place): Promise<Report> {
  const { exitCode, stdout, stderr } = await gatehouse(place, ['doctor', '--json']);
  expect(stderr).toBe('');
  const { healthy, findings } = JSON.parse(stdout) as Pick<Report, 'healthy' | 'findings'>;
  return { exitCode, healthy, findings, about: (check) => findings.filter((each) => each.check === check) };
}

const problemsIn = ({ findings }: Pick<Report, 'findings'>) => findings.filter(({ state }) => state === 'problem');

/** What each problem and note has to have: what to do. */
const expectFixes = (findings: readonly Finding[]) => {
  for (const { state, message, fix } of findings)
    expect([message, state === 'ok' || (fix ?? '').length > 10]).toEqual([message, true]);
};

test('beside a healthy server everything is looked at, and nothing has to be mended', async () => {
  const found = await report(here());
  expect(problemsIn(found)).toEqual([]);
  expect([found.exitCode, found.healthy]).toEqual([0, true]);
  expect(new Set(found.findings.map(({ check }) => check))).toEqual(
    new Set([
      'configuration',
      'node',
      'database',
      'migrations',
      'keys',
      'administrator',
      'issuer',
      'proxy',
      'cookies',
      'clock',
      'clients',
      'files',
      'mail',
    ]),
  );
  expect(found.about('issuer')[0]?.message).toBe(`${server.issuer} answers, and is this installation`);
  expect(found.about('administrator')).toMatchObject([
    { state: 'note', fix: expect.stringContaining('gatehouse setup link') },
  ]);
  expect(found.about('mail')).toMatchObject([{ state: 'note' }]);
  expectFixes(found.findings);
  const { stdout, exitCode } = await gatehouse(here(), ['doctor']);
  expect(stdout).toMatch(/^ok +configuration +development mode/m);
  expect(stdout).toMatch(/^ +-> Run "gatehouse setup link"/m);
  expect(stdout).toMatch(/No problems\.\n$/);
  expect(exitCode).toBe(0);
  expect(await sql`select key from server_state where key like 'probe:%'`.execute(server.database.db)).toMatchObject({
    rows: [],
  });
});

describe('finds', () => {
  const one = async (place: Place, check: string): Promise<Finding | undefined> => {
    const found = await report(place);
    expect(found.exitCode).toBe(1);
    expectFixes(found.findings);
    return found.about(check).find(({ state }) => state === 'problem');
  };

  test('a server that does not run', async () => {
    const issuer = `http://localhost:${await freePort()}`;
    expect(await one(here({ GATEHOUSE_ISSUER: issuer }), 'issuer')).toMatchObject({
      message: `Nothing answers at ${issuer}`,
      fix: expect.stringContaining('gatehouse serve'),
    });
  });

  test('a name that nobody knows', async () => {
    const found = await one(here({ GATEHOUSE_ISSUER: 'https://nowhere.invalid' }), 'issuer');
    expect(found?.message).toMatch(/^The name nowhere\.invalid is not known from here/);
    expect(found?.fix).toContain('DNS');
  });

  test('an issuer that the server does not have', async () => {
    const other = server.issuer.replace('localhost', '127.0.0.1');
    const found = await one(here({ GATEHOUSE_ISSUER: other }), 'issuer');
    expect(found?.message).toBe(`${other} redirects to ${server.issuer}/.well-known/openid-configuration`);
  });

  test('another master secret', async () => {
    const found = await one(here({ GATEHOUSE_SECRET: 'another-secret-of-at-least-32-characters' }), 'keys');
    expect(found?.message).toContain('The master secret does not open the signing keys');
    expect(found?.fix).toContain('GATEHOUSE_SECRET');
  });

  test('another database than the server has', async () => {
    const other = await startTestServer();
    onTestFinished(() => other.stop());
    const found = await one(here({ GATEHOUSE_DATA_DIR: other.dataDir }), 'issuer');
    expect(found?.message).toBe('The server there signs with keys that are not in this database');
  });

  test('a database that is not there', async () => {
    const url = `postgres://gatehouse@127.0.0.1:${await freePort()}/gatehouse`;
    const found = await one(here({ DATABASE_URL: url }), 'database');
    expect(found?.fix).toContain('DATABASE_URL');
  });

  test('every mistake in the configuration, by file and line', async () => {
    const place = here({ GATEHOUSE_ISSUER: 'http://auth.example.com/' });
    const found = await report(place);
    expect(found.exitCode).toBe(1);
    expect(found.about('configuration')).toMatchObject([
      { state: 'problem', message: expect.stringContaining('GATEHOUSE_ISSUER') },
    ]);
  });

  test('a data directory that others can read', async () => {
    chmodSync(server.dataDir, 0o755);
    onTestFinished(() => chmodSync(server.dataDir, 0o700));
    const found = await one(here(), 'files');
    expect(found?.fix).toContain(`chmod 700 ${server.dataDir}`);
  });

  test('pending migrations, and applies none', async () => {
    const { db } = server.database;
    const last = await sql<{ name: string; timestamp: string }>`
      delete from kysely_migration where name = (select max(name) from kysely_migration) returning name, timestamp`.execute(
      db,
    );
    const [row] = last.rows;
    onTestFinished(async () => {
      await sql`insert into kysely_migration (name, timestamp) values (${row?.name}, ${row?.timestamp})`.execute(db);
    });
    const found = await one(here(), 'migrations');
    expect(found).toMatchObject({
      message: `1 migration is pending: ${row?.name}`,
      fix: expect.stringContaining('gatehouse migrate'),
    });
  });

  test('a database that a newer release has migrated: a note while it can be used, a problem when it cannot', async () => {
    const { db } = server.database;
    const name = '9999-future';
    await sql`insert into kysely_migration (name, timestamp) values (${name}, '2030')`.execute(db);
    onTestFinished(async () => {
      await sql`delete from kysely_migration where name like '9999-%'`.execute(db);
    });
    const found = await report(here());
    expect(found.exitCode).toBe(0);
    expect(found.about('migrations')).toMatchObject([{ state: 'note', message: expect.stringContaining(name) }]);
    expect(found.about('administrator').length).toBe(1);
    const ready = async () => {
      const answer = await fetch(`${server.issuer}/readyz`);
      return { status: answer.status, checks: ((await answer.json()) as { checks: unknown }).checks };
    };
    expect(await ready()).toEqual({ status: 200, checks: { database: 'ok', schema: 'ok' } });
    await sql`update kysely_migration set name = '9999-future.needs-3.0.0' where name = ${name}`.execute(db);
    expect(await one(here(), 'migrations')).toMatchObject({ message: expect.stringContaining('needs release 3.0.0') });
    expect(await ready()).toEqual({ status: 503, checks: { database: 'ok', schema: 'failing' } });
  });

  test('that there is no administrator any more', async () => {
    const { id } = await server.person({ email: 'root@example.test' });
    const { db } = server.database;
    await grantRole(db, { accountId: id, role: 'gatehouse:admin' });
    expect((await report(here())).about('administrator')).toMatchObject([{ state: 'ok', message: '1 administrator' }]);
    await db.deleteFrom('accounts').execute();
    expect((await report(here())).about('administrator')).toMatchObject([
      {
        state: 'note',
        fix: expect.stringContaining('gatehouse user create --email you@example.com --role gatehouse:admin'),
      },
    ]);
  });
});

/** A proxy on a port of its own, in front of a server that has its address as issuer. */
async function behindProxy(
  settings: string,
  /** May answer with a page of its own. */
  change: (headers: Record<string, string>, url: string) => unknown,
): Promise<Place> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const behind = await startTestServer({ settings: settings + RESOURCES, env: { GATEHOUSE_ISSUER: issuer } });
  onTestFinished(() => behind.stop());
  chmodSync(behind.dataDir, 0o700);
  const proxy = createServer((req, res) => {
    const headers = { ...(req.headers as Record<string, string>) };
    const page = change(headers, req.url ?? '');
    if (typeof page === 'string') return void res.end(page);
    const onward = request(
      { port: behind.port, host: '127.0.0.1', path: req.url, method: req.method, headers },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(res);
      },
    );
    onward.on('error', () => res.writeHead(502).end());
    req.pipe(onward);
  }).listen(port, 'localhost');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  const env = { GATEHOUSE_ISSUER: issuer, GATEHOUSE_CONFIG_DIR: behind.configDir, GATEHOUSE_DATA_DIR: behind.dataDir };
  return {
    cwd: behind.configDir,
    env: { GATEHOUSE_MODE: 'development', ...env, PORT: String((proxy.address() as AddressInfo).port) },
  };
}

describe('behind a proxy, it finds', () => {
  const speaksFor = (headers: Record<string, string>) => {
    headers['x-forwarded-for'] = '203.0.113.9';
  };

  test('that the proxy is not trusted, so that all people share one address', async () => {
    const found = await report(await behindProxy('mfa: optional', speaksFor));
    expect(problemsIn(found)).toEqual([
      {
        check: 'proxy',
        state: 'problem',
        message:
          'Your proxy at 127.0.0.1 is not in server.trusted_proxies, so everyone shares one address in the sign-in limits',
        fix: expect.stringContaining('trusted_proxies: [127.0.0.1/32]'),
      },
    ]);
  });

  test('nothing, where it is trusted and names the caller; and that it does not pass on the Host', async () => {
    let host: string | undefined;
    const place = await behindProxy('server:\n  trusted_proxies: [127.0.0.0/8]', (headers) => {
      speaksFor(headers);
      if (host !== undefined) headers['host'] = host;
    });
    const found = await report(place);
    expect(problemsIn(found)).toEqual([]);
    expect(found.about('proxy')[0]?.message).toBe('127.0.0.1 is trusted and names the caller: 203.0.113.9');
    host = 'inside.example:3000';
    const misdirected = (await report(place)).about('issuer');
    expect(misdirected).toMatchObject([{ state: 'problem', fix: expect.stringContaining('Host header') }]);
  });

  test('that it answers some addresses itself', async () => {
    const found = await report(
      await behindProxy('mfa: optional', (headers, url) => {
        speaksFor(headers);
        return url === '/probe' ? '<!doctype html><title>An app</title>' : undefined;
      }),
    );
    expect(problemsIn(found)).toMatchObject([{ check: 'proxy', message: expect.stringContaining('does not find') }]);
    expect(found.about('cookies')).toHaveLength(1);
  });
});

describe('what the server tells of a request', () => {
  const ask = (headers: Record<string, string>) => fetch(`${server.issuer}/probe`, { headers });

  test('it tells once, to whoever has left a token in the database, and for a minute', async () => {
    const deps = { db: server.database.db, clock: movingClock };
    const token = await leaveProbe(deps);
    const first = await ask({ 'gatehouse-probe': token });
    expect(await first.json()).toMatchObject({
      received: { peer: expect.stringMatching(/^(127\.0\.0\.1|::1)$/), trusted: false },
    });
    expect((await ask({ 'gatehouse-probe': token })).status).toBe(404);
    const late = await leaveProbe(deps);
    movingClock.advance({ seconds: 61 });
    expect((await ask({ 'gatehouse-probe': late })).status).toBe(404);
  });

  test('to everybody else there is no such address', async () => {
    for (const headers of [
      {},
      { 'gatehouse-probe': '' },
      { 'gatehouse-probe': 'x'.repeat(43) },
      { 'gatehouse-probe': '%' },
    ]) {
      expect((await ask(headers as Record<string, string>)).status).toBe(404);
    }
  });
});

describe('the rules', () => {
  const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000);
  const states = (findings: readonly Finding[]) => findings.map(({ state, message }) => `${state}: ${message}`);

  test('clocks may differ by a few seconds', () => {
    expect(states(clockFindings({ here: at(2), database: at(0) }))[0]).toMatch(/^ok/);
    expect(states(clockFindings({ here: at(5), database: at(0) }))).toEqual([
      'note: This machine is 5 s ahead of the database',
    ]);
    const issuer = { date: at(60), at: at(0) };
    expect(states(clockFindings({ here: at(0), database: at(0), issuer }))).toEqual([
      'problem: This machine is 60 s behind the issuer',
    ]);
  });

  test('on https somebody in front has to name the caller', () => {
    const seen: Seen = { peer: '10.0.0.5', trusted: false, client: '10.0.0.5' };
    expect(states(proxyFindings(seen, 'https://auth.example.com'))[0]).toMatch(
      /^problem: The proxy at 10\.0\.0\.5 does not say/,
    );
    expect(states(proxyFindings({ ...seen, trusted: true }, 'http://localhost:3000'))[0]).toMatch(/^problem/);
    const named = { ...seen, trusted: true, forwardedFor: '203.0.113.9', forwardedProto: 'http' };
    expect(states(proxyFindings(named, 'https://auth.example.com'))).toEqual([
      'note: X-Forwarded-Proto is http, the issuer https',
    ]);
  });

  test('cookies arrive as they were set', () => {
    const cookie = 'gatehouse_lang=en; path=/; samesite=lax; httponly';
    expect(states(cookieFindings('https://auth.example.com', cookie))[0]).toMatch(
      /^problem: A cookie arrives without Secure/,
    );
    expect(states(cookieFindings('https://auth.example.com', `${cookie}; secure`))[0]).toMatch(/^ok/);
    expect(states(cookieFindings('https://auth.example.com', `${cookie}; secure; domain=example.com`))[0]).toMatch(
      /^problem/,
    );
    expect(states(cookieFindings('http://localhost:3000', undefined))[0]).toMatch(/^problem/);
  });

  test('the database is new enough, takes writes and answers soon', () => {
    const fine = {
      versionNumber: 150_020,
      version: '15.20',
      now: at(0),
      latencyMs: 1,
      readOnly: false,
      mayCreateTables: true,
    };
    const url = 'postgres://u:secret@db:5432/x';
    expect(states(databaseFindings(fine, url))).toEqual(['ok: PostgreSQL 15.20 at db:5432, 1.0 ms']);
    const poor = {
      ...fine,
      versionNumber: 140_001,
      version: '14.1',
      latencyMs: 80,
      readOnly: true,
      mayCreateTables: false,
    };
    expect(states(databaseFindings(poor, url)).map((each) => each.split(':')[0])).toEqual([
      'problem',
      'problem',
      'problem',
      'note',
    ]);
  });

  test('an app is told of before its last secret ends', () => {
    const secret = (days: number) => ({ sha256: Buffer.alloc(32), created: undefined, expires: at(days * 86_400) });
    const of = (...secrets: ReturnType<typeof secret>[]) =>
      states(secretFindings({ clientId: 'shop', secrets }, at(0)));
    expect(of(secret(90))).toEqual([]);
    expect(of(secret(3), secret(90))).toEqual([]);
    expect(of(secret(3), secret(-1))).toEqual(['note: shop: its last secret expires in 3 days']);
    expect(of(secret(-1))).toEqual(['problem: shop: every secret has expired, so the app is locked out']);
  });

  test('Node has to be new enough', () => {
    expect(nodeFindings('20.1.0')[0]?.state).toBe('problem');
    expect(nodeFindings('24.0.0')[0]?.state).toBe('ok');
  });
});
