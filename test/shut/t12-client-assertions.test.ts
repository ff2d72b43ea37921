// A client's signed assertion is for this server and nobody else, for minutes, and once: whichever process it comes to.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tally } from '../contracts/racing.ts';
import { post } from '../protocol/apps.ts';
import { postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { throughProxy } from '../support/proxy.ts';
import { asksForTokens, atOnceOverAll, type Fleet, startFleet } from '../support/siblings.ts';
import { claimsIn } from '../support/sign-in.ts';
import { assertionForm, type Claims, newSigningClient, type SigningClient } from '../support/signing-client.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';

const GRANT = { grant_type: 'client_credentials' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const AT_ONCE = 20;
const ROUNDS = 10;
/** Seconds for which an assertion may be good, and by which a clock may be off. */
const LONGEST = 3600;
const TOLERANCE = 15;

let server: TestServer;
let signer: SigningClient;
let other: SigningClient;
let elliptic: SigningClient;
let lenient: SigningClient;

beforeAll(async () => {
  [signer, other, elliptic, lenient] = await Promise.all([
    newSigningClient('signer'),
    newSigningClient('other-signer'),
    newSigningClient('elliptic-signer', { alg: 'ES256' }),
    newSigningClient('token-url-signer', { more: 'assertion_audience: token_endpoint' }),
  ]);
  const clients = Object.fromEntries([signer, other, elliptic, lenient].map(({ clientId, file }) => [clientId, file]));
  server = await startTestServer({ clients, database: postgresAvailable() ? 'postgres' : 'pglite' });
});

afterAll(() => server.stop());

async function outcomeOf(response: Response): Promise<string> {
  const body = (await response.json()) as Record<string, unknown>;
  if (response.status === 200) return 'a token';
  expect(body).not.toHaveProperty('access_token');
  return `${response.status} ${String(body['error'])}`;
}

const presents = async (assertion: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  outcomeOf(
    await post(`${server.issuer}/token`, { ...GRANT, ...assertionForm(assertion), ...form } as Record<string, string>, {
      headers,
    }),
  );

const presentsAs = async (client: SigningClient, changes: Claims = {}) =>
  presents(await client.assertion(server.issuer, changes));

const seconds = () => Math.floor(movingClock.now().getTime() / 1000);

describe('T12 client assertions: CVE-2025-27370, CVE-2025-27371 (audience), CVE-2020-15222, CVE-2020-5300 (replay)', () => {
  test('a client proves itself with a key, for the issuer, so that what follows can fail', async () => {
    for (const client of [signer, other, elliptic]) expect(await presentsAs(client)).toBe('a token');
    const named = { client_id: 'signer' };
    expect(await presents(await signer.assertion(server.issuer), named)).toBe('a token');
  });

  test('the audience is the issuer, as one string; the token URL only where the file says so', async () => {
    const { issuer } = server;
    const foreign = [
      `${issuer}/token`,
      `${issuer}/`,
      `${issuer}/auth`,
      issuer.toUpperCase(),
      issuer.replace('http:', 'https:'),
      [issuer],
      [issuer, `${issuer}/token`],
      [issuer, 'https://evil.test'],
      ['https://evil.test', issuer],
      'https://evil.test/token',
      'https://evil.test',
      `${issuer}@evil.test`,
      'signer',
      '',
      { [issuer]: 1 },
      1,
      undefined,
    ];
    for (const aud of foreign)
      expect(await presentsAs(signer, { aud }), JSON.stringify(aud)).toBe('401 invalid_client');
    for (const aud of [issuer, `${issuer}/token`]) expect(await presentsAs(lenient, { aud })).toBe('a token');
    for (const aud of [`${issuer}/TOKEN`, `${issuer}/token/`, [`${issuer}/token`], `${issuer}/request`, foreign[9]]) {
      expect(await presentsAs(lenient, { aud }), JSON.stringify(aud)).toBe('401 invalid_client');
    }
  });

  test('an assertion for another host does not become right by naming that host', async () => {
    const send = throughProxy(server.port);
    for (const client of [signer, lenient]) {
      for (const aud of ['http://evil.test/token', 'http://evil.test', server.issuer]) {
        const body = new URLSearchParams({
          ...GRANT,
          ...assertionForm(await client.assertion(server.issuer, { aud })),
        });
        const headers = { ...FORM, 'x-forwarded-host': 'evil.test' };
        const answer = await send('http://evil.test/token', { method: 'POST', headers, body: body.toString() });
        expect(answer.status, aud).toBe(421);
      }
      const aud = 'http://evil.test/token';
      const forwarded = { 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test;proto=https' };
      expect(await presents(await client.assertion(server.issuer, { aud }), {}, forwarded)).toBe('401 invalid_client');
    }
  });

  test('an assertion works once, at whichever endpoint; its identifier is spent, and only for this client', async () => {
    const assertion = await signer.assertion(server.issuer);
    expect(await presents(assertion)).toBe('a token');
    expect(await presents(assertion)).toBe('401 invalid_client');
    for (const path of ['/token/introspection', '/token/revocation']) {
      const form: Record<string, string> = { token: 'x', ...assertionForm(assertion) };
      expect((await post(`${server.issuer}${path}`, form)).status).toBe(401);
    }
    const { jti } = claimsIn(assertion);
    expect(await presentsAs(signer, { jti, exp: seconds() + 59 })).toBe('401 invalid_client');
    expect(await presentsAs(other, { jti })).toBe('a token');
  });

  test('an assertion is good for an hour at most, and its identifier is remembered for as long as it is', async () => {
    const far = [LONGEST + TOLERANCE + 5, 2 * LONGEST, 365 * 86_400, 4_000_000_000];
    for (const ahead of far) {
      expect(await presentsAs(signer, { exp: seconds() + ahead }), `${ahead} s`).toBe('401 invalid_client');
    }
    const assertion = await signer.assertion(server.issuer, { exp: seconds() + LONGEST });
    expect(await presents(assertion)).toBe('a token');
    for (const minutes of [30, 29]) {
      movingClock.advance({ minutes });
      expect(await presents(assertion)).toBe('401 invalid_client');
    }
    movingClock.advance({ minutes: 2 });
    expect(await presents(assertion)).toBe('401 invalid_client');
    const rows = await server.database.db.selectFrom('oidc_payloads').select('expires_at').execute();
    const latest = Math.max(...rows.map(({ expires_at }) => Number(expires_at) / 1000));
    expect(latest).toBeLessThanOrEqual(seconds() + LONGEST + 2 * TOLERANCE);
  });

  test('an assertion that is stale, not yet valid, incomplete or about somebody else is refused', async () => {
    const now = seconds();
    const wrong: Record<string, Claims> = {
      'expired a minute ago': { exp: now - 60, iat: now - 120 },
      'without an end': { exp: undefined },
      'with an end in words': { exp: 'tomorrow' },
      'with an end in quotes': { exp: String(now + 60) },
      'not valid before tomorrow': { nbf: now + 86_400 },
      'made tomorrow': { iat: now + 86_400, exp: now + 60 },
      'made some day': { iat: 'today' },
      'without an identifier': { jti: undefined },
      'with an empty identifier': { jti: '' },
      'with a list of identifiers': { jti: ['a', 'b'] },
      'without an issuer': { iss: undefined },
      'of another issuer': { iss: 'other-signer' },
      'without a subject': { sub: undefined },
      'about another client': { sub: 'other-signer' },
      'about a client with a secret': { sub: 'robot', iss: 'robot' },
      'about no client': { sub: 'nobody', iss: 'nobody' },
    };
    for (const [what, changes] of Object.entries(wrong)) {
      expect(await presentsAs(signer, changes), what).toBe('401 invalid_client');
    }
    const good = () => signer.assertion(server.issuer);
    expect(await presents(await good(), { client_id: 'other-signer' })).toMatch(/^40[01] /);
    expect(await presents(await good(), { client_assertion_type: '' })).toMatch(/^40[01] /);
    const saml = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' };
    expect(await presents(await good(), saml)).toMatch(/^40[01] /);
    expect(await presents('nonsense')).toMatch(/^40[01] /);
  });

  test.skipIf(!postgresAvailable())(
    `of ${AT_ONCE} requests at once over three processes with one assertion exactly one gets a token, ${ROUNDS} of ${ROUNDS}`,
    async () => {
      // A test that moved the clock has moved it in this process only.
      const machine = new Date();
      const ahead = Math.round((movingClock.now().getTime() - machine.getTime()) / 1000);
      movingClock.advance({ seconds: -ahead });
      let fleet: Fleet | undefined;
      try {
        fleet = await startFleet(server);
        expect(fleet.sends).toHaveLength(3);
        for (let round = 0; round < ROUNDS; round += 1) {
          const form = { ...GRANT, ...assertionForm(await signer.assertion(server.issuer)) };
          const answers = await atOnceOverAll(fleet, AT_ONCE, (send) => asksForTokens(send, server.issuer, { form }));
          expect(tally(answers)).toEqual({ '200': 1, '401 invalid_client': AT_ONCE - 1 });
        }
      } finally {
        await fleet?.stop();
      }
    },
  );
});
