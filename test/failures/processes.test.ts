// Three processes on one PostgreSQL, no two requests of a flow at the same one; and one after the other is killed.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerOf } from '../cli/command-line.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Process, type Processes, startProcesses } from '../support/processes.ts';
import { redeem } from '../support/sign-in.ts';
import { PASSWORD, WEB_SECRET } from '../support/start-server.ts';
import { goThroughEverything, newSigner, type Signer } from './whole-flow.ts';

describe.skipIf(!postgresAvailable())('three processes', { timeout: 600_000 }, () => {
  let database: TestDatabase;
  let processes: Processes;
  let signer: Signer;
  beforeAll(async () => {
    signer = await newSigner();
    database = await makeTestDatabase('postgres');
    processes = await startProcesses({ count: 3, database, clients: { signer: signer.yaml } });
  });
  afterEach(() => processes.onRequest(undefined));
  afterAll(async () => {
    await processes.stop();
    await database.remove();
  });

  const somebody = async (email: string) => {
    const place = { cwd: processes.configDir, env: { ...processes.env, GATEHOUSE_LOG_LEVEL: 'silent' } };
    await answerOf(place, ['user', 'create', '--email', email, '--password-stdin'], { stdin: `${PASSWORD}\n` });
    return email;
  };

  test('that take turns request by request carry everything an app and a person do', async () => {
    const takers: Process[] = [];
    processes.onRequest(async (taker) => void takers.push(taker));
    await goThroughEverything({ issuer: processes.issuer, email: await somebody('turns@example.test'), signer });
    expect(takers.length).toBeGreaterThan(40);
    expect(takers.filter((taker, index) => taker === takers[index - 1])).toEqual([]);
  });

  test('behind a front promise nothing of its connections', async () => {
    const { headers } = await fetch(`${processes.issuer}/healthz`);
    expect([headers.get('connection'), headers.get('keep-alive')]).toEqual(['close', null]);
  });

  test('all learn of a client file at once', async () => {
    const yaml = `client_id: late\npreset: service\nclient_secrets: [{ value: "${WEB_SECRET}" }]\n`;
    writeFileSync(path.join(processes.configDir, 'clients', 'late.yaml'), yaml);
    const answers = async () => {
      const asked = processes.all.map(async () => {
        const credentials = { clientId: 'late', secret: WEB_SECRET };
        return (await redeem(processes.issuer, { grant_type: 'client_credentials' }, credentials)).status;
      });
      return Promise.all(asked);
    };
    await expect.poll(answers, { timeout: 12_000, interval: 100 }).toEqual([200, 200, 200]);
  });

  test('of which one is killed before every request, the one that would have taken it, lose nothing', async () => {
    const email = await somebody('killed@example.test');
    let kills = 0;
    let failure: unknown;
    processes.onRequest(async (taker) => {
      // At least one other goes on; those that were killed come back meanwhile.
      while (failure === undefined && processes.all.filter(({ isUp }) => isUp).length < 2) await sleep(20);
      await taker.kill();
      kills += 1;
      taker.start().catch((error: unknown) => {
        failure = error;
      });
    });
    const flow = goThroughEverything({ issuer: processes.issuer, email, signer });
    // A process that does not come back is why, whatever became of the flow.
    await flow.catch((error: unknown) => expect(failure ?? error).toBeUndefined());
    expect(failure).toBeUndefined();
    expect(kills).toBeGreaterThan(40);
  });
});
