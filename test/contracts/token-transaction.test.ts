// POST /token is one transaction: all of it or nothing, on one connection, and no longer than it has work to do.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { API, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  type App,
  atOnce,
  BOUND,
  codeWithoutPage,
  expectFamilyAlive,
  expectFamilyDead,
  KINDS,
  OFFLINE,
  redeems,
  refreshes,
  SPA,
  signedInBrowser,
  tally,
  WEB,
} from './racing.ts';

/** Whoever needs a second one waits in vain. The default settings name a resource, so it is repeated here. */
const SINGLE_CONNECTION = `
mfa: optional
database: { pool_size: 1 }
resources: { "${API}": { name: Example API, scopes: { items:read: See your items, items:write: Change your items } } }
`;

describe.each(KINDS)('on %s', { timeout: 60_000 }, (kind) => {
  describe('a token request that the server cannot finish', () => {
    let server: TestServer;
    let browser: Browser;
    beforeAll(async () => {
      server = await startTestServer({ database: kind });
      browser = await signedInBrowser(server, WEB);
      await sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'injected'; end $$`.execute(
        server.database.db,
      );
    });
    afterAll(() => server.stop());

    const code = (app: App, scope = OFFLINE) => codeWithoutPage(server, { browser, app, scope });
    const tokens = async (app: App, scope = OFFLINE) => (await redeems(server, await code(app, scope))).body;

    /** Until the returned function is called, these writes fail. */
    async function failing(when: string): Promise<() => Promise<void>> {
      await sql.raw(`create ${when} execute function refuse()`).execute(server.database.db);
      const repair = async () => {
        await sql`drop trigger if exists failure on oidc_payloads`.execute(server.database.db);
      };
      onTestFinished(repair);
      return repair;
    }

    const AT_ONCE = `trigger failure before insert on oidc_payloads for each row when (new.model = 'RefreshToken')`;
    const AT_THE_END = `constraint trigger failure after insert on oidc_payloads deferrable initially deferred
      for each row when (new.model = 'RefreshToken')`;
    const ON_ACTIVITY = `trigger failure before update on oidc_payloads for each row
      when (new.model = 'Session' and new.payload ->> 'exp' <> old.payload ->> 'exp')`;
    const ON_REVOCATION = `trigger failure before update on oidc_payloads for each row when (new.model = 'Grant')`;

    test.each([
      ['when it saves the child', AT_ONCE],
      ['when it commits', AT_THE_END],
    ])('%s leaves code and refresh token unspent', async (_, when) => {
      const [unspent, parent] = [await code(SPA), await tokens(SPA)];
      const repair = await failing(when);
      const [redeemed, rotated] = [
        await redeems(server, unspent),
        await refreshes(server, SPA, parent['refresh_token']),
      ];
      await repair();
      expect(tally([redeemed, rotated])).toEqual({ '500 server_error': 2 });
      expect(redeemed.body).not.toHaveProperty('access_token');
      expect(rotated.body).not.toHaveProperty('refresh_token');
      expect(tally([await redeems(server, unspent)])).toEqual({ '200': 1 });
      await expectFamilyAlive(server, { app: SPA, issued: [parent] });
    });

    test('when it counts as activity leaves the refresh token unspent', async () => {
      const parent = await tokens(SPA, BOUND);
      // The session's end moves only when the clock has.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const repair = await failing(ON_ACTIVITY);
      expect((await refreshes(server, SPA, parent['refresh_token'])).status).toBe(500);
      await repair();
      await expectFamilyAlive(server, { app: SPA, issued: [parent] });
    });

    test('when it revokes leaves everything as it was, for the client to try again', async () => {
      const parent = await tokens(SPA);
      const body = new URLSearchParams({ token: String(parent['refresh_token']), client_id: SPA.clientId });
      const revocation = () => fetch(`${server.issuer}/token/revocation`, { method: 'POST', body });
      const repair = await failing(ON_REVOCATION);
      expect((await revocation()).status).toBe(500);
      await repair();
      const { body: child } = await refreshes(server, SPA, parent['refresh_token']);
      body.set('token', String(child['refresh_token']));
      expect((await revocation()).status).toBe(200);
      await expectFamilyDead(server, { app: SPA, issued: [parent, child] });
    });
  });

  describe('a server with a single connection', () => {
    let server: TestServer;
    let browser: Browser;
    beforeAll(async () => {
      server = await startTestServer({ database: kind, settings: SINGLE_CONNECTION });
      browser = await signedInBrowser(server, WEB);
    });
    afterAll(() => server.stop());

    const tokens = async (app: App, scope = OFFLINE) =>
      (await redeems(server, await codeWithoutPage(server, { browser, app, scope }))).body;

    test('answers whatever an app does with codes and tokens', async () => {
      for (const scope of [BOUND, OFFLINE]) {
        const parent = await tokens(SPA, scope);
        const { body: child } = await refreshes(server, SPA, parent['refresh_token']);
        await expectFamilyAlive(server, { app: SPA, issued: [child] });
        expect(tally([await refreshes(server, SPA, parent['refresh_token'])])).toEqual({ '400 invalid_grant': 1 });
        await expectFamilyDead(server, { app: SPA, issued: [parent, child] });
      }
      const codes = await atOnce(3, () => codeWithoutPage(server, { browser, app: WEB }));
      expect(tally(await Promise.all(codes.map((code) => redeems(server, code))))).toEqual({ '200': 3 });
    });

    test('is not held by twelve bodies that come slowly', async () => {
      const { refresh_token: refreshToken } = await tokens(WEB);
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: String(refreshToken),
        client_id: WEB.clientId,
        client_secret: String(WEB.secret),
      });
      const slow = await atOnce(12, () => slowPost(server, form.toString()));
      expect(tally(await atOnce(6, () => refreshes(server, WEB, refreshToken)))).toEqual({ '200': 6 });
      await expectFamilyAlive(server, { app: WEB, issued: [await tokens(WEB)] });
      const answers = await Promise.all(slow.map((finish) => finish()));
      expect(answers.map((answer) => answer.split('\r\n', 1)[0])).toEqual(Array(12).fill('HTTP/1.1 200 OK'));
    });

    test('remembers after a restart what was spent and what was revoked', async () => {
      const code = await codeWithoutPage(server, { browser, app: SPA });
      const { body: parent } = await redeems(server, code);
      const { body: child } = await refreshes(server, SPA, parent['refresh_token']);
      const revoked = await codeWithoutPage(server, { browser, app: WEB });
      const { body: dead } = await redeems(server, revoked);
      expect(tally([await redeems(server, revoked)])).toEqual({ '400 invalid_grant': 1 });
      server = await server.restart({ settings: SINGLE_CONNECTION });
      // CVE-2026-9802: used tokens were forgotten by a restart.
      expect(tally([await refreshes(server, SPA, parent['refresh_token'])])).toEqual({ '400 invalid_grant': 1 });
      await expectFamilyDead(server, { app: SPA, issued: [parent, child] });
      await expectFamilyDead(server, { app: WEB, issued: [dead] });
      for (const each of [code, revoked])
        expect(tally([await redeems(server, each)])).toEqual({ '400 invalid_grant': 1 });
    });
  });
});

/** Sends all but the last bytes of a token request; the returned function sends them and waits for the answer. */
async function slowPost(server: TestServer, form: string): Promise<() => Promise<string>> {
  const { host } = new URL(server.issuer);
  const socket: Socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  const head = `POST /token HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/x-www-form-urlencoded\r\n`;
  socket.write(`${head}content-length: ${form.length}\r\nconnection: close\r\n\r\n${form.slice(0, -4)}`);
  return async () => {
    const parts: Buffer[] = [];
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.write(form.slice(-4));
    await once(socket, 'close');
    return Buffer.concat(parts).toString('utf8');
  };
}
