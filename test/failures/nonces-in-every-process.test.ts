// A DPoP nonce (RFC 9449 section 8) that one process gives out is good at another, also while the master secret is replaced.
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { makeTestDatabase, postgresAvailable } from '../support/database.ts';
import { movingClock } from '../support/moving-clock.ts';
import { startProcesses } from '../support/processes.ts';
import { throughProxy } from '../support/proxy.ts';
import { basic } from '../support/sign-in.ts';
import { startTestServer, WEB_SECRET } from '../support/start-server.ts';

const FIRST = 'the-first-master-secret-of-this-server-0123456789';
const SECOND = 'the-second-master-secret-of-this-server-987654321';
const BOTH = { GATEHOUSE_SECRET: SECOND, GATEHOUSE_SECRET_PREVIOUS: FIRST };

interface Answer {
  readonly status: number;
  readonly error: unknown;
  readonly nonce: string | undefined;
}

/** A program that proves its key, seen from `port`. Without a nonce its clock is an hour slow, so that it needs one. */
async function program(issuer: string) {
  const keys = await generateKeyPair('ES256');
  const jwk = await exportJWK(keys.publicKey);
  return async (port: number, nonce?: string): Promise<Answer> => {
    const iat = Math.floor(movingClock.now().getTime() / 1000) - 3600;
    const claims = {
      iat,
      jti: randomUUID(),
      htm: 'POST',
      htu: `${issuer}/token`,
      ...(nonce === undefined ? {} : { nonce }),
    };
    const signed = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk });
    const answer = await throughProxy(port)(`${issuer}/token`, {
      method: 'POST',
      headers: {
        authorization: basic('robot', WEB_SECRET),
        'content-type': 'application/x-www-form-urlencoded',
        dpop: await signed.sign(keys.privateKey),
      },
      body: 'grant_type=client_credentials',
    });
    const { error } = (await answer.json()) as { error?: unknown };
    return { status: answer.status, error, nonce: answer.headers.get('dpop-nonce') ?? undefined };
  };
}

test.skipIf(!postgresAvailable())(
  'of two processes, one of which has the new master secret already, each takes what the other gives',
  { timeout: 120_000 },
  async () => {
    const database = await makeTestDatabase('postgres');
    onTestFinished(() => database.remove());
    const processes = await startProcesses({ count: 2, database, variables: { GATEHOUSE_SECRET: FIRST } });
    onTestFinished(() => processes.stop());
    const [old, fresh] = processes.all;
    if (old === undefined || fresh === undefined) throw new Error('there are two');
    await fresh.kill();
    await fresh.start(BOTH);
    const asks = await program(processes.issuer);
    for (const [giver, taker] of [
      [old, fresh],
      [fresh, old],
    ] as const) {
      const refused = await asks(giver.port);
      expect(refused).toMatchObject({ status: 400, error: 'use_dpop_nonce', nonce: expect.any(String) });
      expect(await asks(taker.port, refused.nonce)).toMatchObject({ status: 200 });
    }
    expect(await asks(old.port, 'made-up')).toMatchObject({ status: 400, error: 'use_dpop_nonce' });
  },
);

test('a nonce from before a restart with another master secret is good after it', { timeout: 60_000 }, async () => {
  let server = await startTestServer({ env: { GATEHOUSE_SECRET: FIRST } });
  onTestFinished(() => server.stop());
  const asks = await program(server.issuer);
  const { nonce } = await asks(server.port);
  server = await server.restart({ env: BOTH });
  expect(await asks(server.port, nonce)).toMatchObject({ status: 200 });
});
