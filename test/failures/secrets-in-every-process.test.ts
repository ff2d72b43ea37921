// The master secret is replaced in processes that are restarted one after the other: those that differ understand each other.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, failureOf } from '../cli/command-line.ts';
import type { Browser } from '../support/browser.ts';
import { makeTestDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { type Processes, startProcesses } from '../support/processes.ts';
import { authorizationRequest, newBrowser, signsIn } from '../support/sign-in.ts';
import { PASSWORD } from '../support/start-server.ts';
import { goThroughEverything, newSigner, type Signer } from './whole-flow.ts';

const FIRST = 'the-first-master-secret-of-all-processes-0123456789';
const SECOND = 'the-second-master-secret-of-all-processes-987654321';

/** As README.md has them. */
const STEPS = [
  { GATEHOUSE_SECRET: FIRST, GATEHOUSE_SECRET_PREVIOUS: SECOND },
  { GATEHOUSE_SECRET: SECOND, GATEHOUSE_SECRET_PREVIOUS: FIRST },
  { GATEHOUSE_SECRET: SECOND },
] as const;

describe.skipIf(!postgresAvailable())('two processes', { timeout: 300_000 }, () => {
  let database: TestDatabase;
  let processes: Processes;
  let signer: Signer;
  let jane: Browser;
  beforeAll(async () => {
    signer = await newSigner();
    database = await makeTestDatabase('postgres');
    const variables = { GATEHOUSE_SECRET: FIRST };
    processes = await startProcesses({ count: 2, database, clients: { signer: signer.yaml }, variables });
    jane = await newBrowser().open(authorizationRequest(processes.issuer).url);
    await signsIn(jane, { identifier: await somebody('jane@example.test', variables) });
    expect(cameBack()).toBe(true);
  });
  afterAll(async () => {
    await processes.stop();
    await database.remove();
  });

  const cameBack = () => jane.page.url.startsWith('https://app.example.test/callback');
  const placeWith = (variables: Readonly<Record<string, string>>) => ({
    cwd: processes.configDir,
    env: { ...processes.env, ...variables, GATEHOUSE_LOG_LEVEL: 'silent' },
  });
  async function somebody(email: string, variables: Readonly<Record<string, string>>): Promise<string> {
    const words = ['user', 'create', '--email', email, '--password-stdin'];
    await answerOf(placeWith(variables), words, { stdin: `${PASSWORD}\n` });
    return email;
  }

  test.each(STEPS.map((step, index) => ({ step, index })))(
    'serve everything while they are brought to step $index',
    async ({ step, index }) => {
      for (const [at, each] of processes.all.entries()) {
        await each.kill();
        await each.start(step);
        await jane.open(authorizationRequest(processes.issuer).url);
        expect(cameBack()).toBe(true);
        const email = await somebody(`step-${index}-${at}@example.test`, step);
        await goThroughEverything({ issuer: processes.issuer, email, signer });
      }
      if (index !== 1) return;
      // Those that were killed have not said that they are gone.
      expect((await failureOf(placeWith(step), ['secrets', 'reseal'])).code).toBe('wrong_secret');
      const { broken, columns } = await answerOf(placeWith(step), ['secrets', 'reseal', '--yes']);
      expect(broken).toEqual([]);
      expect(columns).toContainEqual(expect.objectContaining({ name: 'totp_secrets.secret', broken: 0 }));
    },
  );
});
