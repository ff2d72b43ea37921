// PostgreSQL away or silent: everybody is told within two seconds to come back, what needs no database goes on, and once
// it is back everything works without a restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { keepHouse } from '../../src/server/housekeeping.ts';
import { ASK, post, refresh, requestOf, SPA, signedIn, userinfo, WEB } from '../protocol/apps.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type DatabaseLine, databaseLine } from '../support/database-line.ts';
import { movingClock } from '../support/moving-clock.ts';
import { resumeCluster, startCluster, stopCluster } from '../support/postgres-cluster.ts';
import { callbackOf, newBrowser, signsIn } from '../support/sign-in.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';

const EMAIL = 'jane@example.test';
const LIMIT_SECONDS = 2;
const POOL_SIZE = 10;

interface Timed {
  readonly name: string;
  readonly status: number;
  readonly seconds: number;
  readonly headers: Headers;
  readonly text: string;
}

async function timed(name: string, request: Promise<Response>): Promise<Timed> {
  const startedAt = performance.now();
  const { status, headers, text } = await request.then(async (answer) => ({
    status: answer.status,
    headers: answer.headers,
    text: await answer.text(),
  }));
  return { name, status, headers, text, seconds: (performance.now() - startedAt) / 1000 };
}

const expectInTime = (answers: readonly Timed[], status: number) => {
  expect(answers.filter((each) => each.status !== status)).toEqual([]);
  expect(answers.filter(({ seconds }) => seconds > LIMIT_SECONDS)).toEqual([]);
};

const expectAskedToComeBack = (answers: readonly Timed[]) => {
  expectInTime(answers, 503);
  for (const { headers } of answers) {
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.getSetCookie()).toEqual([]);
  }
};

/** Seconds until this address answers 200. */
async function untilAnswered(url: string): Promise<number> {
  const startedAt = performance.now();
  while ((await fetch(url)).status !== 200) await sleep(20);
  return (performance.now() - startedAt) / 1000;
}

/** Somebody signed in, and somebody who is about to. */
async function everybody({ issuer }: TestServer) {
  const { browser, tokens } = await signedIn(issuer, { email: EMAIL });
  const visitor = await newBrowser().open(requestOf(issuer, WEB).url);
  const asked = await newBrowser().open(requestOf(issuer, ASK, { prompt: 'consent' }).url);
  await signsIn(asked, { identifier: EMAIL });
  const leaving = (await signedIn(issuer, { email: EMAIL })).browser;
  await leaving.open(`${issuer}/session/end`);
  return { issuer, browser, tokens, visitor, asked, leaving };
}
type Everybody = Awaited<ReturnType<typeof everybody>>;

/** What apps and APIs ask, where the answer is in the database. */
function programs({ issuer, tokens: { accessToken, refreshToken } }: Everybody): Promise<Timed[]> {
  const asked = (at: string, form: Record<string, string> | URLSearchParams) =>
    timed(at, post(`${issuer}${at}`, form, { client: WEB }));
  const redemption = { grant_type: 'authorization_code', code: 'c', redirect_uri: WEB.redirectUri, code_verifier: 'v' };
  return Promise.all([
    asked('/token', { grant_type: 'refresh_token', refresh_token: refreshToken }),
    asked('/token', redemption),
    asked('/token/introspection', { token: accessToken }),
    asked('/token/introspection', { token: refreshToken }),
    asked('/token/revocation', { token: refreshToken }),
    asked('/request', new URL(requestOf(issuer, WEB).url).searchParams),
    timed('/me', userinfo(issuer, accessToken, { headers: { accept: 'text/html' } })),
  ]);
}

const signInForm = ({ visitor }: Everybody) => visitor.form({ identifier: EMAIL, password: PASSWORD }, 'Sign in');

function people(all: Everybody): Promise<Timed[]> {
  const { issuer, browser, tokens, visitor, asked, leaving } = all;
  const { action, data } = signInForm(all);
  const consent = asked.form({}, 'Allow');
  const leave = leaving.form({}, 'Sign out');
  const end = `${issuer}/session/end?${new URLSearchParams({ id_token_hint: tokens.idToken })}`;
  return Promise.all([
    timed('/auth, signed in', browser.request(requestOf(issuer, WEB).url)),
    timed('/auth, nobody', newBrowser().request(requestOf(issuer, WEB).url)),
    timed('/auth/:uid', visitor.request(visitor.page.url.replace('/interaction/', '/auth/'))),
    timed('/interaction/:uid', visitor.request(visitor.page.url)),
    timed('POST sign-in', visitor.request(action, { method: 'POST', form: data })),
    timed('POST consent', asked.request(consent.action, { method: 'POST', form: consent.data })),
    timed('/session/end', browser.request(end)),
    timed('POST sign-out', leaving.request(leave.action, { method: 'POST', form: leave.data })),
  ]);
}

const PREFLIGHT = { 'access-control-request-method': 'POST', origin: 'https://spa.example.test' };

/** What is answered from memory. */
function undisturbed({ issuer }: Pick<TestServer, 'issuer'>): Promise<Timed[]> {
  const get = (at: string) => timed(at, fetch(`${issuer}${at}`));
  return Promise.all([
    get('/'),
    get('/livez'),
    get('/jwks'),
    get('/.well-known/openid-configuration'),
    get('/.well-known/oauth-authorization-server'),
  ]);
}

const REFERENCES = 'fosite CVE-2020-15223, Auth.js GHSA-8fpg-xm3f-6cx3, ASVS 16.5.3';

describe.skipIf(!postgresAvailable())(
  `T61 no door opens by an error (${REFERENCES}): a server`,
  { timeout: 60_000 },
  () => {
    let place: TestDatabase;
    let line: DatabaseLine;
    let server: TestServer;
    beforeAll(async () => {
      place = await makeTestDatabase('postgres');
      line = await databaseLine(place.url ?? '');
      server = await startTestServer({ env: { DATABASE_URL: line.url } });
      await server.person({ email: EMAIL });
    });
    afterAll(async () => {
      await line.mend();
      await server.stop();
      await line.close();
      await place.remove();
    });

    /** On a connection that no line cuts. */
    async function administrator(): Promise<Client> {
      const client = new Client({ connectionString: place.url });
      await client.connect();
      onTestFinished(() => client.end());
      return client;
    }

    const untilReady = () => untilAnswered(`${server.issuer}/readyz`);

    describe.each(['refuse', 'swallow'] as const)('whose database is cut off (%s)', (how) => {
      let all: Everybody;
      beforeAll(async () => {
        await untilReady();
        all = await everybody(server);
        await line[how]();
      });

      test('tells whoever needs it to come back, from the first request on, and answers the rest', async () => {
        const [told, shown, answered] = await Promise.all([programs(all), people(all), undisturbed(server)]);
        expectInTime(answered, 200);
        expectAskedToComeBack([...told, ...shown]);
        for (const { headers, text } of told) {
          expect(headers.get('content-type')).toContain('application/json');
          expect(headers.get('www-authenticate')).toBeNull();
          expect(JSON.parse(text)).toMatchObject({ error: 'server_error' });
        }
        for (const { text } of shown) expect(text).toContain('We cannot reach our records right now');
      });

      test('then says so at once, without a new connection for each request', async () => {
        const before = line.connections();
        const told = await programs(all);
        expectAskedToComeBack(told);
        expect(Math.max(...told.map(({ seconds }) => seconds))).toBeLessThan(0.7);
        // Only those that look whether it is back.
        expect(line.connections()).toBeLessThan(before + told.length);
        const ready = await fetch(`${server.issuer}/readyz`);
        expect(ready.status).toBe(503);
        expect(await ready.json()).toMatchObject({ ready: false, checks: { database: 'failing' } });
        const preflight = await fetch(`${server.issuer}/token`, { method: 'OPTIONS', headers: PREFLIGHT });
        expect(preflight.status).toBe(204);
      });

      test('keeps house again later, when it cannot now', async () => {
        const lines: string[] = [];
        const log = createLogger({ level: 'info', format: 'json' }, { write: (text) => void lines.push(text) });
        await keepHouse({ ...server.deps, log, clients: server.clients.current, keptSeconds: 86_400 });
        expect(lines.map((text) => JSON.parse(text).event)).toEqual(['sweep.failed']);
      });

      test('keeps the signing keys that it has, and says so once', async () => {
        const said = () => server.logLines.filter((each) => each['event'] === 'keys.not_read').length;
        await server.engine.follow();
        const before = said();
        expect(before).toBeGreaterThan(0);
        await server.engine.follow();
        expect(said()).toBe(before);
        const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: unknown[] };
        expect(keys.length).toBe(3);
      });

      test('works again by itself, and the form sent during the outage is good', async () => {
        await line.mend();
        expect(await untilReady()).toBeLessThan(4);
        await all.visitor.submit({ identifier: EMAIL, password: PASSWORD }, 'Sign in');
        expect(callbackOf(all.visitor).get('code')).toMatch(/./);
        await all.asked.submit({}, 'Allow');
        expect(callbackOf(all.asked).get('code')).toMatch(/./);
        // Who was not signed out is signed in, and is so until they have said it again.
        const silent = () => all.leaving.request(requestOf(server.issuer, WEB, { prompt: 'none' }).url);
        expect((await silent()).headers.get('location')).toContain('code=');
        await all.leaving.submit({}, 'Sign out');
        expect((await silent()).headers.get('location')).toContain('error=login_required');
        expect((await userinfo(server.issuer, all.tokens.accessToken)).status).toBe(200);
        const refreshed = await refresh(server.issuer, WEB, all.tokens.refreshToken);
        expect(refreshed).toMatchObject({ status: 200 });
        await Promise.all(Array.from({ length: 30 }, () => userinfo(server.issuer, all.tokens.accessToken)));
        expect(line.connections()).toBeLessThanOrEqual(POOL_SIZE + 1);
        const idle = await (await administrator()).query(
          // Not what is between two statements of its own work just now.
          `select 1 from pg_stat_activity where application_name = 'gatehouse' and state like 'idle in transaction%'
          and state_change < now() - interval '1 second'`,
        );
        expect(idle.rowCount).toBe(0);
      });
    });

    test('whose connections are all taken by slow queries says so within two seconds', async () => {
      await untilReady();
      const all = await everybody(server);
      const slow = Array.from({ length: POOL_SIZE }, () => sql`select pg_sleep(3.5)`.execute(server.database.db));
      await sleep(50);
      const [told, shown, answered] = await Promise.all([programs(all), people(all), undisturbed(server)]);
      expectAskedToComeBack([...told, ...shown]);
      expectInTime(answered, 200);
      await Promise.all(slow);
      expect((await refresh(server.issuer, WEB, all.tokens.refreshToken)).status).toBe(200);
    });

    test('whose connection is ended in the middle of a redemption takes it back, and the same refresh token is good', async () => {
      const { tokens } = await signedIn(server.issuer, { app: SPA, email: EMAIL });
      // The minute's budget of references is new.
      movingClock.advance({ minutes: 1 });
      const other = await administrator();
      await other.query('begin');
      await other.query('lock table oidc_payloads in exclusive mode');
      const cut = timed(
        '/token',
        post(`${server.issuer}/token`, { ...refreshForm(tokens.refreshToken), client_id: 'spa' }),
      );
      const waiting =
        "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
      await expect.poll(async () => (await other.query(waiting)).rowCount, { interval: 20 }).toBe(1);
      await other.query(`select pg_terminate_backend(pid) from (${waiting}) waiting`);
      const answer = await cut;
      expectAskedToComeBack([answer]);
      await other.query('rollback');
      const { error_description: described } = JSON.parse(answer.text) as { error_description: string };
      const reference = /\(reference ([\w-]+)\)$/.exec(described)?.[1];
      const kept = server.database.db
        .selectFrom('error_references')
        .select('kind')
        .where('reference', '=', String(reference));
      await expect.poll(() => kept.execute()).toEqual([{ kind: 'page.refused' }]);
      expect((await refresh(server.issuer, SPA, tokens.refreshToken)).status).toBe(200);
    });

    test('whose database only reads answers what needs no writing', async () => {
      const all = await everybody(server);
      const other = await administrator();
      const name = new URL(place.url ?? '').pathname.slice(1);
      await other.query(`alter database "${name}" set default_transaction_read_only = on`);
      await other.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse'
      and datname = current_database()`);
      await untilReady();
      const written = [
        timed(
          '/request',
          post(`${server.issuer}/request`, new URL(requestOf(server.issuer, WEB).url).searchParams, { client: WEB }),
        ),
        timed('/auth', newBrowser().request(requestOf(server.issuer, WEB).url)),
      ];
      expectAskedToComeBack(await Promise.all(written));
      const read = await post(
        `${server.issuer}/token/introspection`,
        { token: all.tokens.refreshToken },
        { client: WEB },
      );
      expect(await read.json()).toMatchObject({ active: true });
      expectInTime(await undisturbed(server), 200);
      await other.query('set default_transaction_read_only = off');
      await other.query(`alter database "${name}" reset default_transaction_read_only`);
      await other.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse'
      and datname = current_database()`);
      await untilReady();
      expect((await newBrowser().open(requestOf(server.issuer, WEB).url)).page.status).toBe(200);
    });
  },
);

const refreshForm = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token });

describe.skipIf(!postgresAvailable())('a PostgreSQL that fails and recovers', { timeout: 60_000 }, () => {
  test('costs answers 503 while it is gone, and nothing that was committed', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'gatehouse-own-cluster-'));
    const url = await startCluster(directory);
    onTestFinished(() => {
      stopCluster(directory);
      rmSync(directory, { recursive: true, force: true });
    });
    const server = await startTestServer({
      env: { DATABASE_URL: `${url}/postgres?options=-c%20synchronous_commit=on` },
    });
    onTestFinished(() => server.stop());
    await server.person({ email: EMAIL });
    const { tokens } = await signedIn(server.issuer, { email: EMAIL });
    const statuses = new Set<number>();
    let stopping = false;
    const asking = (async () => {
      while (!stopping) {
        statuses.add((await refresh(server.issuer, WEB, tokens.refreshToken)).status);
        await sleep(10);
      }
    })();
    for (let round = 0; round < 2; round += 1) {
      await sleep(300);
      stopCluster(directory);
      await sleep(700);
      resumeCluster(directory);
      expect(await untilAnswered(`${server.issuer}/readyz`)).toBeLessThan(4);
    }
    await sleep(300);
    stopping = true;
    await asking;
    expect([...statuses].sort()).toEqual([200, 503]);
  });
});
