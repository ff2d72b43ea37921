// POST /token is one transaction: all of it or nothing, on one connection, and no longer than it has work to do.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Browser } from '../support/browser.ts';
import { claimsIn } from '../support/sign-in.ts';
import { API, startTestServer, type TestServer } from '../support/start-server.ts';
import {
  type App,
  atOnce,
  BOUND,
  codeWithoutPage,
  expectFamilyAlive,
  expectFamilyDead,
  grantState,
  KINDS,
  OFFLINE,
  redeems,
  refreshes,
  SPA,
  signedInBrowser,
  tally,
  WEB,
} from './racing.ts';

/** A small pool; the default settings name a resource, so they are repeated here. */
const withConnections = (size: number) => `
mfa: optional
database: { pool_size: ${size} }
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

  test('a refused token request keeps what it revoked, also after a restart', async () => {
    let server = await startTestServer({ database: kind });
    onTestFinished(() => server.stop());
    const browser = await signedInBrowser(server, SPA);
    const code = await codeWithoutPage(server, { browser, app: SPA });
    const { body: parent } = await redeems(server, code);
    const { body: child } = await refreshes(server, SPA, parent['refresh_token']);
    server = await server.restart();
    // CVE-2026-9802: used tokens were forgotten by a restart.
    expect(tally([await refreshes(server, SPA, parent['refresh_token'])])).toEqual({ '400 invalid_grant': 1 });
    expect(await grantState(server, String(claimsIn(parent['access_token'])['gh_grant']))).toBe('revoked');
    server = await server.restart();
    await expectFamilyDead(server, { app: SPA, issued: [parent, child] });
    expect(tally([await redeems(server, code)])).toEqual({ '400 invalid_grant': 1 });
  });

  test('everything works on a single connection', async () => {
    const server = await startTestServer({ database: kind, settings: withConnections(1) });
    onTestFinished(() => server.stop());
    const browser = await signedInBrowser(server, WEB);
    for (const scope of [BOUND, OFFLINE]) {
      const { body } = await redeems(server, await codeWithoutPage(server, { browser, app: SPA, scope }));
      const { body: child } = await refreshes(server, SPA, body['refresh_token']);
      await expectFamilyAlive(server, { app: SPA, issued: [child] });
      expect(tally([await refreshes(server, SPA, body['refresh_token'])])).toEqual({ '400 invalid_grant': 1 });
      await expectFamilyDead(server, { app: SPA, issued: [body, child] });
    }
    const codes = await atOnce(3, () => codeWithoutPage(server, { browser, app: WEB }));
    expect(tally(await Promise.all(codes.map((code) => redeems(server, code))))).toEqual({ '200': 3 });
    const leaving = await browser.newTab().open(`${server.issuer}/session/end`);
    await leaving.submit({}, 'Sign out');
    expect(leaving.page.status).toBe(200);
  });

  test('twelve bodies that come slowly hold none of three connections', async () => {
    const server = await startTestServer({ database: kind, settings: withConnections(3) });
    onTestFinished(() => server.stop());
    const browser = await signedInBrowser(server, WEB);
    const { body } = await redeems(server, await codeWithoutPage(server, { browser, app: WEB }));
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: String(body['refresh_token']),
      client_id: WEB.clientId,
      client_secret: String(WEB.secret),
    }).toString();
    const slow = await atOnce(12, () => slowPost(server, form));
    const began = performance.now();
    expect(tally(await atOnce(6, () => refreshes(server, WEB, body['refresh_token'])))).toEqual({ '200': 6 });
    expect(tally([await redeems(server, await codeWithoutPage(server, { browser, app: WEB }))])).toEqual({ '200': 1 });
    expect(performance.now() - began).toBeLessThan(5000);
    const answers = await Promise.all(slow.map((finish) => finish()));
    expect(answers.map((answer) => answer.split('\r\n', 1)[0])).toEqual(Array(12).fill('HTTP/1.1 200 OK'));
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
