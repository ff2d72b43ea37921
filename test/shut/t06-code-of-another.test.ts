// RFC 6749 sections 4.1.3 and 10.5: a code is for one client at one address, whoever else has it and whatever else they prove.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type App,
  ASK,
  authorize,
  NATIVE,
  post,
  redeemFor,
  refresh,
  SPA,
  tokensOf,
  userinfo,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { redeemCode } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';

const TWO: App = { ...WEB, clientId: 'two' };
const NATIVE_APP = { ...NATIVE, redirectUri: 'com.example.app:/callback' };

let server: TestServer;
let person: Browser;

beforeAll(async () => {
  const two = `
client_id: two
preset: web
redirect_uris: ["${CALLBACK}", "https://app.example.test/other"]
client_secrets: [{ value: "${WEB.secret}" }]
consent: skip
require_pkce: false
`;
  server = await startTestServer({ clients: { two } });
  await server.person({ email: 'jane@example.test' });
  await server.person({ email: 'joe@example.test' });
  person = (await authorize(server.issuer, { email: 'jane@example.test' })).browser;
});

afterAll(() => server.stop());

const newCode = (app: App = WEB, params = {}) => authorize(server.issuer, { app, browser: person, params });

const withVerifier = (app: App, code: string, verifier: string | undefined, redirectUri = app.redirectUri) =>
  redeemCode(server.issuer, { code, verifier: verifier ?? '', redirectUri }, app);

const refusal = ({ status, body }: { status: number; body: Record<string, unknown> }) => {
  expect(body).not.toHaveProperty('access_token');
  return [status, body['error']];
};

describe('T06 a code of another client or address: Zitadel CVE-2026-55672; Pocket ID CVE-2026-28513; Tinyauth CVE-2026-32245', () => {
  test('every client’s code is refused to every other client, with its own good credentials, and is not burnt by it', async () => {
    const apps = [WEB, ASK, SPA, NATIVE_APP, TWO];
    let refused = 0;
    for (const owner of apps) {
      const authorized = await newCode(owner);
      for (const thief of apps.filter((app) => app !== owner)) {
        for (const redirectUri of new Set([owner.redirectUri, thief.redirectUri])) {
          for (const verifier of [authorized.request.verifier, 'a'.repeat(43), undefined]) {
            const stolen = await withVerifier(thief, authorized.code, verifier, redirectUri);
            expect(refusal(stolen), `${thief.clientId} has the code of ${owner.clientId}`).toEqual([
              400,
              'invalid_grant',
            ]);
            refused += 1;
          }
        }
      }
      // A thief does not burn it: the one it was made for redeems it, and nothing has been revoked.
      const own = await redeemFor(server.issuer, owner, authorized);
      expect(own.status).toBe(200);
      const { accessToken, refreshToken } = tokensOf(own.body);
      expect((await userinfo(server.issuer, accessToken)).status).toBe(200);
      const next = await refresh(server.issuer, owner, refreshToken);
      expect(next.status).toBe(200);
    }
    expect(refused).toBeGreaterThan(80);
  });

  test('a code that one client has spent is worth nothing to another, which does no harm by trying', async () => {
    const authorized = await newCode(SPA);
    const { body } = await redeemFor(server.issuer, SPA, authorized);
    const stolen = await withVerifier(WEB, authorized.code, authorized.request.verifier, SPA.redirectUri);
    expect(refusal(stolen)).toEqual([400, 'invalid_grant']);
    // Nor may a client that has got hold of it end another one's grant by showing it.
    expect((await userinfo(server.issuer, tokensOf(body).accessToken)).status).toBe(200);
  });

  test('a code is bound to the address it was sent to: another one, none, or a second spelling is refused', async () => {
    const { code, request } = await newCode(TWO);
    for (const redirectUri of [
      'https://app.example.test/other',
      `${CALLBACK}/`,
      `${CALLBACK}?x`,
      'https://evil.test/',
    ]) {
      const answer = await redeemCode(server.issuer, { code, verifier: request.verifier, redirectUri }, TWO);
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant']);
    }
    const without = await post(
      `${server.issuer}/token`,
      { grant_type: 'authorization_code', code, code_verifier: request.verifier },
      { client: TWO },
    );
    expect(refusal({ status: without.status, body: (await without.json()) as Record<string, unknown> })[0]).toBe(400);
    expect((await redeemFor(server.issuer, TWO, { code, request })).status).toBe(200);
  });

  test('a code injected into another person’s sign-in is refused, since that sign-in has another verifier', async () => {
    const mine = await newCode();
    const theirs = await authorize(server.issuer, { email: 'joe@example.test' });
    const injected = await redeemCode(
      server.issuer,
      { code: mine.code, verifier: theirs.request.verifier, redirectUri: CALLBACK },
      WEB,
    );
    expect([injected.status, injected.body['error']]).toEqual([400, 'invalid_grant']);
  });
});
