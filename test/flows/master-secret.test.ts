// The master secret is replaced: nobody is signed out, no form is lost, and in the end the former one opens nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerOf, developmentPlace, failureOf, gatehouse, type Place } from '../cli/command-line.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { authorizationRequest, enrolsTotp, newBrowser, redeemCode, signsIn, totpCode } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const FIRST = 'the-first-master-secret-of-this-server-0123456789';
const SECOND = 'the-second-master-secret-of-this-server-987654321';
const settings = `mfa: required${RESOURCES}`;
const WHO = { identifier: 'jane@example.test' };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ settings, env: { GATEHOUSE_SECRET: FIRST } });
  await server.person({ email: WHO.identifier });
});
afterAll(() => server.stop());

const restarts = async (env: Record<string, string>) => {
  server = await server.restart({ settings, env });
};
const comesBack = async (browser: Browser) => {
  await browser.open(authorizationRequest(server.issuer).url);
  return browser.page.url.startsWith('https://app.example.test/callback');
};
const commandPlace = (env: Record<string, string>): Place => {
  const { cwd, env: own } = developmentPlace(server.dataDir);
  return { cwd, env: { ...own, ...env } };
};
const BOTH = { GATEHOUSE_SECRET: SECOND, GATEHOUSE_SECRET_PREVIOUS: FIRST };

async function passesSecondFactor(browser: Browser, secret: string): Promise<boolean> {
  movingClock.advance({ seconds: 30 });
  await browser.submit({ code: totpCode(secret) });
  return browser.page.url.startsWith('https://app.example.test/callback');
}

test('a secret is replaced without a failed sign-in, and what it sealed is sealed anew', {
  timeout: 120_000,
}, async () => {
  const request = authorizationRequest(server.issuer);
  const signedIn = await newBrowser().open(request.url);
  await signsIn(signedIn, WHO);
  const { secret } = await enrolsTotp(signedIn);
  const callback = new URL(signedIn.page.url);
  const { body } = await redeemCode(server.issuer, {
    code: String(callback.searchParams.get('code')),
    verifier: request.verifier,
  });
  const stranger = await newBrowser().open(authorizationRequest(server.issuer).url);
  const away = await newBrowser().open(authorizationRequest(server.issuer).url);
  await signsIn(away, WHO);
  expect(await passesSecondFactor(away, secret)).toBe(true);

  await restarts(BOTH);
  expect(await comesBack(signedIn)).toBe(true);
  await signsIn(stranger, WHO);
  expect(await passesSecondFactor(stranger, secret)).toBe(true);
  const me = await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${body['access_token']}` } });
  expect(me.status).toBe(200);

  expect((await gatehouse(commandPlace(BOTH), ['doctor'])).stdout).toMatch(/sealed with a former master secret/);
  expect(await failureOf(commandPlace({ GATEHOUSE_SECRET: FIRST }), ['secrets', 'reseal'])).toMatchObject({
    code: 'wrong_secret',
  });
  const { columns, broken } = (await answerOf(commandPlace(BOTH), ['secrets', 'reseal'])) as {
    columns: { name: string; resealed: number }[];
    broken: string[];
  };
  expect(broken).toEqual([]);
  expect(columns.find(({ name }) => name === 'signing_keys.private_jwk')?.resealed).toBe(3);
  expect(columns.find(({ name }) => name === 'totp_secrets.secret')?.resealed).toBe(1);
  expect(columns.find(({ name }) => name === 'server_state.value')?.resealed).toBe(1);
  const again = (await answerOf(commandPlace(BOTH), ['secrets', 'reseal'])) as { columns: { resealed: number }[] };
  expect(again.columns.every(({ resealed }) => resealed === 0)).toBe(true);
  expect((await gatehouse(commandPlace(BOTH), ['doctor'])).stdout).toContain(
    'Nothing in the database is sealed with a former',
  );

  const kids = server.engine.keys().map((key) => key.kid);
  await restarts({ GATEHOUSE_SECRET: SECOND });
  expect(server.engine.keys().map((key) => key.kid)).toEqual(kids);
  expect(await comesBack(signedIn)).toBe(true);
  expect(await comesBack(stranger)).toBe(true);
  const fresh = await newBrowser().open(authorizationRequest(server.issuer).url);
  await signsIn(fresh, WHO);
  expect(await passesSecondFactor(fresh, secret)).toBe(true);
  // Its cookie is the former secret's: whoever did not come in between signs in once more.
  expect(await comesBack(away)).toBe(false);
});

test('the former secret opens nothing any more', async () => {
  expect((await gatehouse(commandPlace({ GATEHOUSE_SECRET: FIRST }), ['doctor'])).stdout).toContain(
    'The master secret does not open the signing keys',
  );
});
