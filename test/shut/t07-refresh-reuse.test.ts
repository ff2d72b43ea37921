// RFC 9700 section 4.14.2: a public client's refresh token is worth one use, and a second one ends its family: at once, after
// a restart, at whichever process. Races in one process, on both databases: test/contracts/races.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  codeWithoutPage,
  defectsOf,
  expectFamilyAlive,
  expectFamilyDead,
  redeems,
  signedInBrowser,
  tally,
} from '../contracts/racing.ts';
import { type App, NATIVE, refresh, SPA, signedIn, tokensOf, userinfo, WEB } from '../protocol/apps.ts';
import type { Browser, Send } from '../support/browser.ts';
import { postgresAvailable } from '../support/database.ts';
import { asksForTokens, atOnceOverAll, type Fleet, startFleet } from '../support/siblings.ts';
import type { TokenResponse } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

/** The drill has 200, ten times each; the usual run has fewer: SHUT_TOKENS=200 for all of them. */
const TOKENS = Number(process.env['SHUT_TOKENS'] ?? 40);
const AT_ONCE = 10;
const ROUNDS = 10;
const OFFLINE = { scope: 'openid profile offline_access' };
const NATIVE_APP = { ...NATIVE, redirectUri: 'com.example.app:/callback' };

let server: TestServer;
/** Undefined where there is no PostgreSQL. */
let fleet: Fleet | undefined;

beforeAll(async () => {
  server = await startTestServer({ database: postgresAvailable() ? 'postgres' : 'pglite' });
  await server.person({ email: 'jane@example.test' });
  if (postgresAvailable()) fleet = await startFleet(server);
});

afterAll(async () => {
  await fleet?.stop();
  await server.stop();
});

function threeProcesses(): Fleet {
  if (fleet === undefined) throw new Error('there are no three processes');
  return fleet;
}

const newTokens = async (app: App, browser: Browser): Promise<TokenResponse['body']> => {
  const { status, body } = await redeems(server, await codeWithoutPage(server, { browser, app }));
  expect(status).toBe(200);
  return body;
};

const refreshesBy = (send: Send, app: App, token: unknown): Promise<TokenResponse> =>
  asksForTokens(send, server.issuer, {
    form: { grant_type: 'refresh_token', refresh_token: String(token) },
    clientId: app.clientId,
    secret: app.secret,
  });

async function revokesBy(send: Send, app: App, token: unknown): Promise<number> {
  const body = new URLSearchParams({ token: String(token), client_id: app.clientId }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return (await send(`${server.issuer}/token/revocation`, { method: 'POST', headers, body })).status;
}

const won = (answers: readonly TokenResponse[]) =>
  answers.filter(({ status }) => status === 200).map(({ body }) => body);

describe('T07 refresh token reuse: better-auth GHSA-392p-2q2v-4372, GHSA-pw9m-5jxm-xr6h, #11317; Keycloak CVE-2026-1035, CVE-2026-9802, CVE-2022-3916', () => {
  test('a spent refresh token of a public client ends the whole family, and only that', async () => {
    for (const app of [SPA, NATIVE_APP]) {
      const email = 'jane@example.test';
      const { browser, tokens } = await signedIn(server.issuer, { app, email, params: OFFLINE });
      const elsewhere = await signedIn(server.issuer, { app, email, params: OFFLINE });
      const refreshed = (of: { refreshToken: string }) => refresh(server.issuer, app, of.refreshToken);
      const second = tokensOf((await refreshed(tokens)).body);
      const third = tokensOf((await refreshed(second)).body);
      expect(tally([await refreshed(tokens)])).toEqual({ '400 invalid_grant': 1 });
      for (const dead of [third, second, tokens]) {
        expect(tally([await refreshed(dead)])).toEqual({ '400 invalid_grant': 1 });
        expect((await userinfo(server.issuer, dead.accessToken)).status).toBe(401);
      }
      expect(tally([await refreshed(elsewhere.tokens)])).toEqual({ '200': 1 });
      const again = await signedIn(server.issuer, { app, browser });
      expect((await userinfo(server.issuer, again.tokens.accessToken)).status).toBe(200);
      expect(tally([await refreshed(again.tokens)])).toEqual({ '200': 1 });
    }
  });

  describe.skipIf(!postgresAvailable())('over three processes on PostgreSQL', () => {
    test(`of ${AT_ONCE} uses at once exactly one gets a child and the family dies, ${TOKENS} of ${TOKENS} tokens (200 with SHUT_TOKENS=200)`, async () => {
      const browser = await signedInBrowser(server, SPA);
      const answers: TokenResponse[] = [];
      for (let round = 0; round < TOKENS; round += 1) {
        const parent = await newTokens(SPA, browser);
        const race = await atOnceOverAll(threeProcesses(), AT_ONCE, (send) =>
          refreshesBy(send, SPA, parent['refresh_token']),
        );
        expect(won(race)).toHaveLength(1);
        await expectFamilyDead(server, { app: SPA, issued: [parent, ...won(race)] });
        answers.push(...race);
      }
      console.info(`T07: ${JSON.stringify(tally(answers))} for ${TOKENS} refresh tokens, ${TOKENS} families dead`);
      expect(tally(answers)).toEqual({ '200': TOKENS, '400 invalid_grant': TOKENS * (AT_ONCE - 1) });
      expect(defectsOf(server)).toEqual([]);
    });

    test('a confidential client’s token is not replaced: exactly one lives, however often it is used at once', async () => {
      const browser = await signedInBrowser(server, WEB);
      for (let round = 0; round < ROUNDS; round += 1) {
        const parent = await newTokens(WEB, browser);
        const race = await atOnceOverAll(threeProcesses(), AT_ONCE, (send) =>
          refreshesBy(send, WEB, parent['refresh_token']),
        );
        expect(tally(race)).toEqual({ '200': AT_ONCE });
        const children = new Set(won(race).map(({ refresh_token: token = parent['refresh_token'] }) => token));
        expect([...children]).toEqual([parent['refresh_token']]);
        await expectFamilyAlive(server, { app: WEB, issued: [parent] });
      }
    });

    test('a token that is revoked at one process while it is rotated at another leaves neither parent nor child', async () => {
      const browser = await signedInBrowser(server, SPA);
      const [one, two] = threeProcesses().sends as [Send, Send];
      for (let round = 0; round < ROUNDS; round += 1) {
        const parent = await newTokens(SPA, browser);
        const token = parent['refresh_token'];
        const [rotated, revoked] = await Promise.all([refreshesBy(one, SPA, token), revokesBy(two, SPA, token)]);
        expect(revoked).toBe(200);
        await expectFamilyDead(server, { app: SPA, issued: [parent, ...won([rotated])] });
      }
    });

    test('a replay that comes while the winner is between spending and issuing ends what the winner gets', async () => {
      const { db } = server.database;
      const LOCK = 4711;
      await sql`create function hold() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(4711); return new; end $$`.execute(db);
      const browser = await signedInBrowser(server, SPA);
      const parent = await newTokens(SPA, browser);
      await sql`create trigger held before insert on oidc_payloads for each row
        when (new.model = 'RefreshToken') execute function hold()`.execute(db);
      const holder = new Client({ connectionString: server.databaseUrl });
      await holder.connect();
      try {
        await holder.query('select pg_advisory_lock($1)', [LOCK]);
        const [one, two] = threeProcesses().sends as [Send, Send];
        const winner = refreshesBy(one, SPA, parent['refresh_token']);
        const isHeld = async () => {
          const { rowCount } = await holder.query(
            `select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted`,
            [LOCK],
          );
          return rowCount === 1;
        };
        while (!(await isHeld())) await sleep(10);
        const replay = refreshesBy(two, SPA, parent['refresh_token']);
        await sleep(200);
        await holder.query('select pg_advisory_unlock($1)', [LOCK]);
        const answers = [await winner, await replay];
        expect(tally(answers)).toEqual({ '200': 1, '400 invalid_grant': 1 });
        await expectFamilyDead(server, { app: SPA, issued: [parent, ...won(answers)] });
      } finally {
        await holder.end();
        await sql`drop trigger held on oidc_payloads`.execute(db);
        await sql`drop function hold()`.execute(db);
      }
    });
  });

  test('after every process was stopped and started again a spent token is still spent, and still ends its family', async () => {
    const email = 'jane@example.test';
    const families = await Promise.all(
      [SPA, NATIVE_APP].map(async (app) => {
        const { tokens } = await signedIn(server.issuer, { app, email, params: OFFLINE });
        return { app, parent: tokens, child: tokensOf((await refresh(server.issuer, app, tokens.refreshToken)).body) };
      }),
    );
    const alive = await signedIn(server.issuer, { app: SPA, email, params: OFFLINE });
    await fleet?.stop();
    fleet = undefined;
    server = await server.restart();
    for (const { app, parent, child } of families) {
      expect((await userinfo(server.issuer, child.accessToken)).status).toBe(200);
      expect(tally([await refresh(server.issuer, app, parent.refreshToken)])).toEqual({ '400 invalid_grant': 1 });
      await expectFamilyDead(server, { app, issued: [child.body] });
    }
    expect(tally([await refresh(server.issuer, SPA, alive.tokens.refreshToken)])).toEqual({ '200': 1 });
  });
});
