// A key that one process replaces is followed by all of them within half a minute.
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import { expect, onTestFinished, test, vi } from 'vitest';
import { rotateKeys } from '../../src/keys/rotate-keys.ts';
import { signedIn, userinfo } from '../protocol/apps.ts';
import { PROGRAMS, program } from '../support/api.ts';
import type { Send } from '../support/browser.ts';
import { postgresAvailable } from '../support/database.ts';
import { startFleet } from '../support/siblings.ts';
import { basic } from '../support/sign-in.ts';
import { startTestServer, WEB_SECRET } from '../support/start-server.ts';

const WITHIN_MS = 30_000;

test.skipIf(!postgresAvailable())(
  'every process publishes a new key within 30 seconds',
  { timeout: 90_000 },
  async () => {
    const server = await startTestServer({ database: 'postgres' });
    try {
      const fleet = await startFleet(server, 3);
      try {
        const publishes = async (send: Send, kid: string) => {
          const answer = await send(`${server.issuer}/jwks`, { method: 'GET', headers: {} });
          const { keys } = (await answer.json()) as { keys: { kid: string; key_ops?: string[] }[] };
          return keys.some((key) => key.kid === kid && key.key_ops === undefined);
        };
        const deps = { ...server.deps, rules: server.config.keys };
        const [rotated] = await rotateKeys(deps, { actor: 'operator' }, { now: true });
        const began = performance.now();
        const waits = fleet.sends.map(async (send) => {
          while (!(await publishes(send, String(rotated?.kid)))) await sleep(250);
          return performance.now() - began;
        });
        const took = await Promise.all(waits);
        expect(took.length).toBe(3);
        expect(Math.max(...took)).toBeLessThan(WITHIN_MS);
      } finally {
        await fleet.stop();
      }
    } finally {
      await server.stop();
    }
  },
);

test.skipIf(!postgresAvailable())(
  'a process that meets a key it does not know looks at once, wherever it meets it',
  { timeout: 120_000 },
  async () => {
    const server = await startTestServer({ database: 'postgres', clients: PROGRAMS });
    onTestFinished(() => server.stop());
    await server.person({ email: 'jane@example.test' });
    const fleet = await startFleet(server, 2);
    onTestFinished(() => fleet.stop());
    const { issuer } = server;
    const other = fleet.sends[1] as Send;
    const known = async (): Promise<string[]> => {
      const answer = await other(`${issuer}/jwks`, { method: 'GET', headers: {} });
      return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const posted = (path: string, form: Record<string, string>, more: Record<string, string> = {}) =>
      other(issuer + path, {
        method: 'POST',
        headers: { ...headers, ...more },
        body: String(new URLSearchParams(form)),
      });
    const got = (path: string, authorization = '') =>
      other(issuer + path, { method: 'GET', headers: { authorization } });
    const asWeb = { authorization: basic('web', WEB_SECRET) };
    type Given = { accessToken: string; idToken: string; ofProgram: string };
    const ways: Record<string, (given: Given) => Promise<boolean>> = {
      userinfo: async ({ accessToken }) => (await got('/me', `Bearer ${accessToken}`)).status === 200,
      introspection: async ({ accessToken }) => {
        const answer = await posted('/token/introspection', { token: accessToken }, asWeb);
        return ((await answer.json()) as { active: boolean }).active;
      },
      revocation: async ({ accessToken }) => {
        await posted('/token/revocation', { token: accessToken }, asWeb);
        return (await userinfo(issuer, accessToken)).status === 401;
      },
      'the API': async ({ ofProgram }) => (await got('/api/v1/keys', `Bearer ${ofProgram}`)).status === 200,
      'a hint in an address': async ({ idToken }) => (await got(`/session/end?id_token_hint=${idToken}`)).status < 400,
    };
    for (const [name, way] of Object.entries(ways)) {
      const given = await signedWithUnknownKey();
      expect([name, await way(given)]).toEqual([name, true]);
    }

    /** Of the process that has made the key; the other looks every ten seconds, so that it is done again where it just has. */
    async function signedWithUnknownKey(): Promise<Given> {
      for (;;) {
        await rotateKeys({ ...server.deps, rules: server.config.keys }, { actor: 'operator' }, { now: true });
        await server.engine.follow();
        const { tokens } = await signedIn(issuer, { email: 'jane@example.test' });
        const { token } = await program(server);
        const { kid } = decodeProtectedHeader(tokens.idToken);
        if (!(await known()).includes(String(kid))) return { ...tokens, ofProgram: token };
      }
    }
  },
);

test('keys that somebody makes up have the database asked ten times a second, and not more', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const mine = await generateKeyPair('ES256');
  const looks = vi.spyOn(server.database.db, 'selectFrom');
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const forged = new SignJWT({ iss: server.issuer, sub: 'jane' }).setProtectedHeader({
        alg: 'ES256',
        kid: `k${at}`,
      });
      return (await userinfo(server.issuer, await forged.sign(mine.privateKey))).status;
    }),
  );
  expect(new Set(answers)).toEqual(new Set([401]));
  const allowed = 2 + (performance.now() - began) / 100;
  const count = looks.mock.calls.filter(([table]) => table === 'signing_keys').length;
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThanOrEqual(allowed);
});
