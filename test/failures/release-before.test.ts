// The release before and this one on one PostgreSQL, which this one has migrated: an upgrade, machine by machine, and the way back.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { gatehouse } from '../cli/command-line.ts';
import { redeemFor, refresh, requestOf, SPA, tokensOf, userinfo } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { makeEmptyDatabase, postgresAvailable, type TestDatabase } from '../support/database.ts';
import { resets } from '../support/forgotten.ts';
import { lastLink, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { type Process, type Processes, startProcesses } from '../support/processes.ts';
import { isReleaseBeforeThere, NEXT_MIGRATION, nextRelease, type Release, releaseBefore } from '../support/releases.ts';
import { callbackOf, newBrowser } from '../support/sign-in.ts';
import { codeIn, newAddress, signsUp } from '../support/sign-up.ts';
import { PASSWORD } from '../support/start-server.ts';
import { goThroughEverything, newSigner, type Signer } from './whole-flow.ts';

const FORGOTTEN = 'a phrase that nobody will remember';
const OPEN =
  'limits: { sign_ups_per_network: 1000, mails_per_recipient: 100, mails_per_network: 1000 }\nregistration: { policy: open }';

describe.skipIf(!postgresAvailable() || !isReleaseBeforeThere())('the release before', { timeout: 180_000 }, () => {
  let releases: Release[];
  let database: TestDatabase;
  let mailbox: Mailbox;
  let processes: Processes;
  let signer: Signer;
  beforeAll(async () => {
    releases = [releaseBefore(), nextRelease()];
    signer = await newSigner();
    mailbox = await startMailbox();
    database = await makeEmptyDatabase('postgres');
    processes = await startProcesses({
      count: 2,
      database,
      clients: { signer: signer.yaml },
      settings: OPEN,
      variables: { GATEHOUSE_SMTP_URL: mailbox.url },
      releases: releases.map(({ root }) => root),
    });
  }, 60_000);
  afterEach(() => processes.onRequest(undefined));
  afterAll(async () => {
    await processes?.stop();
    await database?.remove();
    await mailbox?.close();
    for (const each of releases) each.remove();
  });

  const [before, next] = [0, 1].map((index) => () => processes.all[index] as Process) as [() => Process, () => Process];

  /** Signs up by mail, forgets the password, resets it by mail; then signs in, and everything an app does with it. */
  async function somebodyNew(): Promise<void> {
    const { issuer } = processes;
    const email = newAddress();
    const browser = await newBrowser().open(requestOf(issuer, SPA).url);
    await signsUp(browser, { email, password: FORGOTTEN });
    const proof = await mailbox.waitFor(email);
    await browser.submit({ code: codeIn(proof) }, 'Continue');
    expect(callbackOf(browser).get('code')).toBeTruthy();

    const elsewhere = await newBrowser().open(requestOf(issuer, SPA).url);
    await elsewhere.click('Forgot your password?');
    await elsewhere.submit({ identifier: email }, 'Send the link');
    const link = lastLink(await mailbox.waitFor(email, { subject: /new password/ }), /reset-password\?token=/);
    expect((await resets(newBrowser(), link, PASSWORD)).title).toBe('Your password is changed');
    await goThroughEverything({ issuer, email, signer });
  }

  /** Who signed in before all of it: still signed in, and the app refreshes what it was given then. */
  let early: { browser: Browser; refreshToken: string };
  async function stillSignedIn(): Promise<void> {
    const { issuer } = processes;
    const refreshed = await refresh(issuer, SPA, early.refreshToken);
    expect(refreshed).toMatchObject({ status: 200 });
    early.refreshToken = tokensOf(refreshed.body).refreshToken;
    expect((await userinfo(issuer, tokensOf(refreshed.body).accessToken)).status).toBe(200);
    const asked = await early.browser.newTab().open(requestOf(issuer, SPA, { prompt: 'none' }).url);
    expect(callbackOf(asked).get('error')).toBeNull();
  }

  test('alone on the schema it made carries everything', async () => {
    const { issuer } = processes;
    expect([before().isUp, next().isUp]).toEqual([true, false]);
    const browser = newBrowser();
    const request = requestOf(issuer, SPA);
    await browser.open(request.url);
    const email = newAddress();
    await signsUp(browser, { email });
    await browser.submit({ code: codeIn(await mailbox.waitFor(email)) }, 'Continue');
    const code = callbackOf(browser).get('code') ?? '';
    const { refreshToken } = tokensOf((await redeemFor(issuer, SPA, { code, request })).body);
    early = { browser, refreshToken };
    await stillSignedIn();
    await somebodyNew();
  });

  test('goes on beside this one, request by request, on the schema that this one has migrated meanwhile', async () => {
    await next().start();
    expect(next().output).toContain('database.migrated');
    const takers: Process[] = [];
    processes.onRequest(async (taker) => void takers.push(taker));
    for (let round = 0; round < 3; round += 1) {
      await somebodyNew();
      await stillSignedIn();
    }
    expect(takers.length).toBeGreaterThan(150);
    expect(takers.filter((taker, index) => taker === takers[index - 1])).toEqual([]);
    expect((await fetch(`http://127.0.0.1:${before().port}/readyz`)).status).toBe(200);
  });

  test('takes over alone when the upgrade is taken back, also started anew on the newer schema, and says so once', async () => {
    await next().kill();
    await stillSignedIn();
    await before().kill();
    await before().start();
    expect(before().output.split('database.newer').length).toBe(2);
    expect(before().output).toContain(NEXT_MIGRATION);
    await somebodyNew();
    await stillSignedIn();
  });

  test('gives way again, and finds the way back once more', async () => {
    await next().start();
    expect(next().output).not.toContain('database.migrated');
    await somebodyNew();
    await stillSignedIn();
    await before().kill();
    await somebodyNew();
    await stillSignedIn();
  });

  test('has commands for the newer schema', async () => {
    const place = { cwd: processes.configDir, env: { ...processes.env, GATEHOUSE_LOG_LEVEL: 'silent' } };
    const checked = await gatehouse(place, ['migrate', '--check', '--json']);
    expect(checked).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(checked.stdout)).toEqual({ pending: [], newer: [NEXT_MIGRATION] });
  });
});
