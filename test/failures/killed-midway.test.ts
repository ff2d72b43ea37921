// kill -9 while requests are being answered, on PostgreSQL with three processes and on the embedded database with one.
// Whoever got no answer asks again, and finds one valid chain of tokens or, with a public client, has to sign in again.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answerOf } from '../cli/command-line.ts';
import {
  type App,
  ASK,
  answerAt,
  authorize,
  post,
  redeemFor,
  refresh,
  requestOf,
  SPA,
  signedIn,
  WEB,
} from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { type DatabaseKind, makeTestDatabase, postgresAvailable } from '../support/database.ts';
import { type Process, type Processes, startProcesses } from '../support/processes.ts';
import { throughProxy } from '../support/proxy.ts';
import { basic, callbackOf, enrolsTotp, newBrowser, signsIn } from '../support/sign-in.ts';
import { PASSWORD } from '../support/start-server.ts';

const ROUNDS = 6;
const EMAIL = 'jane@example.test';
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));

async function running(kind: DatabaseKind, count: number): Promise<Processes & { url: string | undefined }> {
  const database = await makeTestDatabase(kind);
  const processes = await startProcesses({ count, database });
  onTestFinished(async () => {
    await processes.stop();
    await database.remove();
  });
  const place = { cwd: processes.configDir, env: { ...processes.env, GATEHOUSE_LOG_LEVEL: 'silent' } };
  await answerOf(place, ['user', 'create', '--email', EMAIL, '--password-stdin'], { stdin: `${PASSWORD}\n` });
  return { ...processes, url: database.url };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Undefined when the process went away before it had answered. */
async function askedOf(
  taker: Process,
  issuer: string,
  app: App,
  form: Record<string, string>,
): Promise<Answer | undefined> {
  const { clientId, secret } = app;
  const body = new URLSearchParams(secret === undefined ? { ...form, client_id: clientId } : form).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(secret === undefined ? {} : { authorization: basic(clientId, secret) }),
  };
  try {
    const answer = await throughProxy(taker.port)(`${issuer}/token`, { method: 'POST', headers, body });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  } catch {
    return undefined;
  }
}

interface Chain {
  readonly app: App;
  refreshToken: string;
}

/** Several good refresh tokens of one grant of a public client, and tokens whose grant is not there any longer. */
const FORKS = `select grant_id from oidc_payloads where model = 'RefreshToken' and client_id = 'spa' and consumed_at is null
  and destroyed_at is null group by grant_id having count(*) > 1`;
const ORPHANS = `select token.model from oidc_payloads token
  left join oidc_payloads granted on granted.model = 'Grant' and granted.id = token.grant_id
  where token.grant_id is not null and token.model <> 'Grant' and token.destroyed_at is null
    and (granted.id is null or granted.destroyed_at is not null)`;

describe.skipIf(!postgresAvailable())('three processes', { timeout: 600_000 }, () => {
  test(`of which one is killed while it answers, ${ROUNDS} times, fork and lose nothing (SEED=${SEED})`, async () => {
    const processes = await running('postgres', 3);
    const { issuer } = processes;
    const random = numbers(SEED);
    const newChain = async (app: App): Promise<Chain> => {
      const { tokens } = await signedIn(issuer, { app, email: EMAIL });
      return { app, refreshToken: tokens.refreshToken };
    };
    let chains: Chain[] = await Promise.all([SPA, SPA, SPA, SPA, WEB, WEB].map(newChain));
    const { browser } = await signedIn(issuer, { email: EMAIL });
    let unanswered = 0;
    let endedChains = 0;

    for (let round = 0; round < ROUNDS; round += 1) {
      const victim = processes.all[round % processes.all.length] as Process;
      const authorized = await authorize(issuer, { browser });
      const inFlight = [...chains.map((chain) => refreshOf(chain)), redemptionOf(authorized)].map(
        async ({ app, form }) => {
          await sleep(random() * 15);
          return askedOf(victim, issuer, app, form);
        },
      );
      await sleep(5 + random() * 30);
      await victim.kill();
      const answers = await Promise.all(inFlight);
      const back = victim.start();

      const redeemed = answers.pop() ?? (await redeemFor(issuer, WEB, authorized));
      // Spent without an answer: the app sends the person again, who is still signed in.
      expect([200, 400]).toContain(redeemed.status);
      unanswered += answers.filter((answer) => answer === undefined).length;
      chains = await Promise.all(
        chains.map(async (chain, index) => {
          const answer = answers[index] ?? (await refresh(issuer, chain.app, chain.refreshToken));
          if (answer.status === 200) return { ...chain, refreshToken: String(answer.body['refresh_token']) };
          expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
          // Only a token that rotates can have been spent by what nobody heard of.
          expect([chain.app.clientId, answers[index]]).toEqual(['spa', undefined]);
          endedChains += 1;
          return newChain(chain.app);
        }),
      );
      await back;
    }

    const database = new Client({ connectionString: processes.url });
    await database.connect();
    onTestFinished(() => database.end());
    expect((await database.query(FORKS)).rows).toEqual([]);
    expect((await database.query(ORPHANS)).rows).toEqual([]);
    for (const { app, refreshToken } of chains) expect((await refresh(issuer, app, refreshToken)).status).toBe(200);
    expect(unanswered).toBeGreaterThan(0);
    expect(endedChains).toBeLessThanOrEqual(unanswered);
  });
});

const refreshOf = ({ app, refreshToken }: Chain) => ({
  app,
  form: { grant_type: 'refresh_token', refresh_token: refreshToken },
});

const redemptionOf = ({ code, request: { verifier } }: Awaited<ReturnType<typeof authorize>>) => ({
  app: WEB,
  form: { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: WEB.redirectUri },
});

describe('one process with the embedded database', { timeout: 600_000 }, () => {
  test('that is killed and started again goes on with every step, and has all that it acknowledged', async () => {
    const processes = await running('pglite', 1);
    const { issuer } = processes;
    const process = processes.all[0] as Process;
    const restart = async () => {
      await process.kill();
      await process.start();
    };
    const browser = newBrowser();
    const request = requestOf(issuer, ASK, { acr_values: 'mfa' });
    await browser.open(request.url);
    await signsIn(browser, { identifier: EMAIL });
    await restart();
    await enrolsTotp(browser);
    await restart();
    await browser.submit({}, 'Allow');
    const code = callbackOf(browser).get('code') ?? '';
    await restart();
    expect((await redeemFor(issuer, ASK, { code, request })).status).toBe(200);

    const acknowledged: string[] = [];
    const pushing = (async () => {
      while (process.isUp) {
        const answer = await post(`${issuer}/request`, pushedParams(issuer), { client: WEB });
        if (answer.status === 201) acknowledged.push(((await answer.json()) as { request_uri: string }).request_uri);
      }
    })();
    while (acknowledged.length < 5) await sleep(5);
    await process.kill();
    await pushing;
    await process.start();
    for (const uri of acknowledged) expect(await codeFor(issuer, browser, uri)).toMatch(/./);
  });
});

const pushedParams = (issuer: string) => new URL(requestOf(issuer, WEB).url).searchParams;

async function codeFor(issuer: string, browser: Browser, uri: string): Promise<string | null> {
  const url = `${issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri: uri })}`;
  return answerAt((await browser.request(url)).headers.get('location')).get('code');
}
