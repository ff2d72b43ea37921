// Programs whose calls go to any of two processes: what counts once, counts once among all.
import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf } from '../cli/command-line.ts';
import { base, call, serviceFile, tokenFor } from '../support/api.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Processes, startProcesses } from '../support/processes.ts';

const LIMIT = 10;
const NAMES = ['careful', 'hasty'];

describe.skipIf(!postgresAvailable())('two processes', { timeout: 120_000 }, () => {
  let database: TestDatabase;
  let processes: Processes;
  let takers: Set<number>;
  beforeAll(async () => {
    database = await makeTestDatabase('postgres');
    const clients = Object.fromEntries(NAMES.map((id) => [id, serviceFile(id, ['roles:read'])] as const));
    const settings = `api: { requests_per_minute: ${LIMIT} }`;
    processes = await startProcesses({ count: 2, database, clients, settings });
    const place = { cwd: processes.configDir, env: { ...processes.env, GATEHOUSE_LOG_LEVEL: 'silent' } };
    for (const id of NAMES) await answerOf(place, ['role', 'grant', 'gatehouse:auditor', '--client', id]);
    takers = new Set();
    processes.onRequest(async ({ port }) => void takers.add(port));
  }, 60_000);
  afterAll(async () => {
    await processes.stop();
    await database.remove();
  });

  test('take a proof once, whichever is shown it', async () => {
    const keys = await generateKeyPair('ES256');
    const jwk = await exportJWK(keys.publicKey);
    const proof = (claims: object) =>
      new SignJWT({ iat: Math.floor(Date.now() / 1000), jti: randomUUID(), ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .sign(keys.privateKey);
    const dpop = await proof({ htm: 'POST', htu: `${processes.issuer}/token` });
    const token = await tokenFor(processes, { clientId: 'careful', scope: 'roles:read', headers: { dpop } });
    const ath = createHash('sha256').update(token).digest('base64url');
    const shown = await proof({ htm: 'GET', htu: `${base(processes)}/roles`, ath });
    takers.clear();
    const headers = { authorization: `DPoP ${token}`, dpop: shown };
    const answers = await Promise.all(Array.from({ length: 6 }, () => call(processes, 'GET', '/roles', { headers })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401, 401]);
    expect(takers.size).toBe(2);
  });

  test('count the requests of a program together', async () => {
    const token = await tokenFor(processes, { clientId: 'hasty', scope: 'roles:read' });
    takers.clear();
    const answers = await Promise.all(
      Array.from({ length: 3 * LIMIT }, () => call(processes, 'GET', '/roles', { token })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2 * LIMIT);
    expect(takers.size).toBe(2);
  });
});
