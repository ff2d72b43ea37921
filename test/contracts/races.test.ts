// Codes and refresh tokens are spent once, however many ask at the same moment (RFC 9700 4.2.4 and 4.14.2), on both databases.
// Over three processes: test/shut/t05-code-replay, t07-refresh-reuse.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { banAccount } from '../../src/sessions/ban-account.ts';
import type { Browser } from '../support/browser.ts';
import { claimsIn, type TokenResponse } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import {
  type App,
  atOnce,
  BOUND,
  codeWithoutPage,
  defectsOf,
  expectFamilyAlive,
  expectFamilyDead,
  KINDS,
  redeems,
  refreshes,
  SPA,
  signedInBrowser,
  tally,
  WEB,
} from './racing.ts';

const RACES = 50;
const RUNNERS = 20;

interface Race {
  readonly app: App;
  readonly before: readonly TokenResponse['body'][];
  readonly answers: readonly TokenResponse[];
}

const won = (answers: readonly TokenResponse[]) => answers.filter(({ status }) => status === 200);
const issuedIn = ({ before, answers }: Race) => [...before, ...won(answers).map(({ body }) => body)];

/** Milliseconds, on a machine that does much else. */
const PATIENCE = 120_000;

describe.each(KINDS)(
  'T05 and T07 in one process on %s: GHSA-7w99-5wm4-3g79, GHSA-392p-2q2v-4372, CVE-2026-1035',
  { timeout: PATIENCE },
  (kind) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer({ database: kind });
    });
    afterAll(() => server.stop());

    /** `RACES` races, for each app in a session of its own, and the apps side by side. */
    async function races(apps: readonly App[], run: (app: App, browser: Browser) => Promise<Race>): Promise<Race[]> {
      const lanes = apps.map(async (app) => {
        const browser = await signedInBrowser(server, app);
        const done: Race[] = [];
        while (done.length < RACES / apps.length) done.push(await run(app, browser));
        return done;
      });
      return (await Promise.all(lanes)).flat();
    }

    const signsInAndGetsTokens = async (app: App, browser: Browser): Promise<TokenResponse['body']> => {
      const { status, body } = await redeems(server, await codeWithoutPage(server, { browser, app }));
      expect(status).toBe(200);
      return body;
    };

    test(`of ${RUNNERS} that redeem one code one succeeds and the grant is revoked, ${RACES} times of ${RACES}`, async () => {
      const all = await races([WEB, SPA], async (app, browser) => {
        const code = await codeWithoutPage(server, { browser, app });
        return { app, before: [], answers: await atOnce(RUNNERS, () => redeems(server, code)) };
      });
      const answers = all.flatMap((race) => race.answers);
      expect(tally(answers)).toEqual({ '200': RACES, '400 invalid_grant': RACES * (RUNNERS - 1) });
      for (const race of all) {
        expect(won(race.answers)).toHaveLength(1);
        await expectFamilyDead(server, { app: race.app, issued: issuedIn(race) });
      }
      expect(defectsOf(server)).toEqual([]);
    });

    test(`of ${RUNNERS} that use one refresh token of a public client exactly one gets a child, and the family dies`, async () => {
      const all = await races([SPA, SPA], async (app, browser) => {
        const tokens = await signsInAndGetsTokens(app, browser);
        const answers = await atOnce(RUNNERS, () => refreshes(server, app, tokens['refresh_token']));
        return { app, before: [tokens], answers };
      });
      const refused = tally(all.flatMap((race) => race.answers));
      expect(refused).toEqual({ '200': all.length, '400 invalid_grant': all.length * (RUNNERS - 1) });
      for (const race of all) {
        expect(won(race.answers)).toHaveLength(1);
        await expectFamilyDead(server, { app: race.app, issued: issuedIn(race) });
      }
      expect(defectsOf(server)).toEqual([]);
    });

    test('a confidential client may use its refresh token twenty times at once, and go on', async () => {
      const browser = await signedInBrowser(server, WEB);
      const tokens = await signsInAndGetsTokens(WEB, browser);
      const answers = await atOnce(RUNNERS, () => refreshes(server, WEB, tokens['refresh_token']));
      expect(tally(answers)).toEqual({ '200': RUNNERS });
      await expectFamilyAlive(server, { app: WEB, issued: [tokens] });
    });

    test('a token that is revoked while it is rotated leaves neither parent nor child', async () => {
      const browser = await signedInBrowser(server, SPA);
      for (let round = 0; round < 20; round += 1) {
        const tokens = await signsInAndGetsTokens(SPA, browser);
        const [rotated, revoked] = await Promise.all([
          refreshes(server, SPA, tokens['refresh_token']),
          revokes(SPA, tokens['refresh_token']),
        ]);
        expect(revoked).toBe(200);
        await expectFamilyDead(server, {
          app: SPA,
          issued: issuedIn({ app: SPA, before: [tokens], answers: [rotated] }),
        });
      }
      expect(defectsOf(server)).toEqual([]);
    });

    test('a code that comes back while its refresh token is rotated ends them all', async () => {
      const browser = await signedInBrowser(server, SPA);
      for (let round = 0; round < 20; round += 1) {
        const code = await codeWithoutPage(server, { browser, app: SPA });
        const { body: tokens } = await redeems(server, code);
        const [replayed, rotated] = await Promise.all([
          redeems(server, code),
          refreshes(server, SPA, tokens['refresh_token']),
        ]);
        expect(tally([replayed])).toEqual({ '400 invalid_grant': 1 });
        await expectFamilyDead(server, {
          app: SPA,
          issued: issuedIn({ app: SPA, before: [tokens], answers: [rotated] }),
        });
      }
      expect(defectsOf(server)).toEqual([]);
    });

    test('an account that is banned while its apps refresh is out, and nobody waits for each other', async () => {
      for (let round = 0; round < 10; round += 1) {
        const browser = await signedInBrowser(server, SPA);
        const codes = await Promise.all(
          [SPA, WEB].map((app) => codeWithoutPage(server, { browser, app, scope: BOUND })),
        );
        const [spa, web] = (await Promise.all(codes.map((code) => redeems(server, code)))).map(({ body }) => body);
        const accountId = String(claimsIn(spa?.['id_token'])['sub']);
        const [rotated, refreshed] = await Promise.all([
          refreshes(server, SPA, spa?.['refresh_token']),
          refreshes(server, WEB, web?.['refresh_token']),
          banAccount(server.deps, { accountId, reason: undefined }),
        ]);
        await expectFamilyDead(server, {
          app: SPA,
          issued: issuedIn({ app: SPA, before: [spa!], answers: [rotated] }),
        });
        await expectFamilyDead(server, { app: WEB, issued: [web!] });
        expect(Object.keys(tally([refreshed]))).not.toContain('500 server_error');
      }
      expect(defectsOf(server)).toEqual([]);
    });

    async function revokes(app: App, token: unknown): Promise<number> {
      const body = new URLSearchParams({ token: String(token), client_id: app.clientId });
      const answer = await fetch(`${server.issuer}/token/revocation`, { method: 'POST', body });
      await answer.arrayBuffer();
      return answer.status;
    }
  },
);
