// RFC 6749 section 4.1.2, RFC 9700 section 4.2.4: a code is worth one redemption, however many ask, at whichever process.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  codeWithoutPage,
  defectsOf,
  expectFamilyDead,
  grantState,
  signedInBrowser,
  tally,
} from '../contracts/racing.ts';
import { type App, authorize, post, redeemFor, refresh, SPA, tokensOf, userinfo, WEB } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { asksForTokens, atOnceOverAll, type Fleet, startFleet } from '../support/siblings.ts';
import { claimsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

/** The drill has 200; every one costs twenty requests, so the usual run has fewer: SHUT_CODES=200 for all of them. */
const CODES = Number(process.env['SHUT_CODES'] ?? 40);
const AT_ONCE = 20;

const OF_ALL =
  'T05 code replay: better-auth GHSA-7w99-5wm4-3g79; Keycloak CVE-2026-4282; django-oidc-provider #410; twenty #26025';

describe(OF_ALL, () => {
  let server: TestServer;
  let person: Browser;
  /** Undefined where there is no PostgreSQL. */
  let fleet: Fleet | undefined;

  beforeAll(async () => {
    server = await startTestServer({ database: postgresAvailable() ? 'postgres' : 'pglite' });
    await server.person({ email: 'jane@example.test' });
    person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
    if (postgresAvailable()) fleet = await startFleet(server);
  });

  afterAll(async () => {
    await fleet?.stop();
    await server.stop();
  });

  const newCode = (app: App = WEB) => authorize(server.issuer, { app, browser: person });

  describe.skipIf(!postgresAvailable())('over three processes on PostgreSQL', () => {
    test(`of ${AT_ONCE} that redeem one code one succeeds and its grant is revoked, ${CODES} of ${CODES} codes (200 with SHUT_CODES=200)`, async () => {
      const answers: Awaited<ReturnType<typeof asksForTokens>>[] = [];
      let revoked = 0;
      const races = async (app: App, count: number) => {
        if (fleet === undefined) throw new Error('there are no three processes');
        const all = fleet;
        const browser = await signedInBrowser(server, app);
        for (let round = 0; round < count; round += 1) {
          const { code, verifier } = await codeWithoutPage(server, { browser, app });
          const form = {
            grant_type: 'authorization_code',
            code,
            code_verifier: verifier,
            redirect_uri: app.redirectUri,
          };
          const race = await atOnceOverAll(all, AT_ONCE, (send) =>
            asksForTokens(send, server.issuer, { form, ...app }),
          );
          answers.push(...race);
          const won = race.filter(({ status }) => status === 200).map(({ body }) => body);
          expect(won).toHaveLength(1);
          await expectFamilyDead(server, { app, issued: won });
          if ((await grantState(server, String(claimsIn(won[0]?.['access_token'])['gh_grant']))) === 'revoked')
            revoked += 1;
        }
      };
      // One after the other: side by side they would wait for connections, and a full pool answers 503.
      await races(WEB, Math.ceil(CODES / 2));
      await races(SPA, Math.floor(CODES / 2));
      const counted = tally(answers);
      console.info(`T05: ${JSON.stringify(counted)} for ${CODES} codes, ${revoked} grants revoked`);
      expect(counted).toEqual({ '200': CODES, '400 invalid_grant': CODES * (AT_ONCE - 1) });
      expect(revoked).toBe(CODES);
      expect(defectsOf(server)).toEqual([]);
    });
  });

  test('a code that comes a second time is refused, and everything it was exchanged for is dead', async () => {
    for (const app of [WEB, SPA]) {
      const authorized = await newCode(app);
      const first = await redeemFor(server.issuer, app, authorized);
      expect(first.status).toBe(200);
      const { accessToken, refreshToken } = tokensOf(first.body);
      expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
      const introspected = async () => {
        const answer = await post(`${server.issuer}/token/introspection`, { token: accessToken }, { client: app });
        return ((await answer.json()) as { active?: boolean }).active;
      };
      if (app === WEB) expect(await introspected()).toBe(true);

      const second = await redeemFor(server.issuer, app, authorized);
      expect([second.status, second.body['error']]).toEqual([400, 'invalid_grant']);
      const after = await refresh(server.issuer, app, refreshToken);
      expect([after.status, after.body['error']]).toEqual([400, 'invalid_grant']);
      expect((await userinfo(server.issuer, accessToken)).status).toBe(401);
      if (app === WEB) expect(await introspected()).toBe(false);
      expect((await redeemFor(server.issuer, app, authorized)).status).toBe(400);
    }
  });

  test('a code redeemed twice by spelling the endpoint differently is replayed all the same', async () => {
    const authorized = await newCode();
    const form = {
      grant_type: 'authorization_code',
      code: authorized.code,
      redirect_uri: WEB.redirectUri,
      code_verifier: authorized.request.verifier,
    };
    const spellings = ['/token', '/TOKEN', '/token/', '/Token/', '/token?x=1'];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => post(`${server.issuer}${spellings[i % 5]}`, form, { client: WEB })),
    );
    const accepted = answers.filter((answer) => answer.status === 200);
    expect(accepted).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(19);
    const tokens = tokensOf((await accepted[0]?.json()) as Record<string, unknown>);
    expect((await refresh(server.issuer, WEB, tokens.refreshToken)).status).toBe(400);
    expect((await userinfo(server.issuer, tokens.accessToken)).status).toBe(401);
  });

  test('a code of 61 seconds is too old, one of 55 is not', async () => {
    for (const app of [WEB, SPA]) {
      const [early, late] = [await newCode(app), await newCode(app)];
      movingClock.advance({ seconds: 55 });
      expect((await redeemFor(server.issuer, app, early)).status).toBe(200);
      movingClock.advance({ seconds: 6 });
      const expired = await redeemFor(server.issuer, app, late);
      expect([expired.status, expired.body['error']]).toEqual([400, 'invalid_grant']);
    }
  });
});
