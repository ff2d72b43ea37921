// Signing up with an address that has an account: nobody can tell, and its owner hears of it.
import argon2 from 'argon2';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { newAddress, OPEN, proofFor, signsUp } from '../support/sign-up.ts';
import { PASSWORD, startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visits, visitsAndSignsIn } from '../support/visits.ts';

const ADVISORIES = 'Vendure GHSA-6f65-4fv2-wwch; Zitadel CVE-2024-41952';

describe(`T30 enumeration by signing up (${ADVISORIES})`, () => {
  let mailbox: Mailbox;
  let server: TestServer;
  let hashed = 0;

  beforeAll(async () => {
    mailbox = await startMailbox();
    server = await startTestServer({ mailbox, settings: OPEN });
    const real = argon2.hash as (...given: unknown[]) => Promise<unknown>;
    vi.spyOn(argon2, 'hash').mockImplementation(((...given: unknown[]) => {
      hashed += 1;
      return real(...given);
    }) as never);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await server.stop();
    await mailbox.close();
  });

  const masked = (text: string, email: string): string =>
    text
      .replaceAll(email, '<address>')
      .replace(/interaction\/[\w-]+/g, 'interaction/<uid>')
      .replace(/name="csrf" value="[\w-]+"/g, 'csrf');

  /** Every answer on the way, and the work it was. */
  async function goesThrough(email: string) {
    const { browser } = await visits(server);
    const answers: unknown[] = [];
    const note = () => {
      const { status, text, headers } = browser.page;
      const { date: _, 'x-request-id': __, ...rest } = Object.fromEntries(headers);
      answers.push({ status, text: masked(text, email), headers: { ...rest, 'set-cookie': undefined } });
    };
    const before = hashed;
    await signsUp(browser, { email });
    note();
    for (let tries = 0; tries < 6; tries += 1) {
      await browser.submit({ code: '12345678' }, 'Continue');
      note();
    }
    await browser.submit({}, 'Send a new code');
    note();
    await browser.submit({ code: '00000000' }, 'Continue');
    note();
    return { answers, hashes: hashed - before };
  }

  test('every answer is the same, byte for byte, and so is the number of hashes', async () => {
    const free = await goesThrough(newAddress());
    for (const kind of ['active', 'banned'] as const) {
      const email = newAddress();
      const { id } = await server.person({ email });
      if (kind === 'banned')
        await sql`update accounts set status = 'banned' where id = ${id}`.execute(server.database.db);
      expect(await goesThrough(email), kind).toEqual(free);
    }
    expect(free.hashes).toBe(1);
    expect(JSON.stringify(free.answers)).toContain('Check your mail');
  });

  test('the owner is told, with the ways to sign in and to set a new password; no code and no link is in it', async () => {
    const email = newAddress();
    await server.person({ email });
    await signsUp((await visits(server)).browser, {
      email: email.toUpperCase().replace('EXAMPLE.TEST', 'Example.Test'),
    });
    const { text } = await proofFor(mailbox, email);
    expect(text).toContain(`${server.issuer}/reset-password`);
    expect(text).toContain(`${server.issuer}/account`);
    expect(text).not.toMatch(/\b\d{4} ?\d{4}\b|verify-email/);
  });

  test('nothing proves it: not the right code, and the owner goes on with the old password', async () => {
    const email = newAddress();
    await server.person({ email });
    const visit = await visits(server);
    await signsUp(visit.browser, { email, password: 'another long enough phrase' });
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: email, password: PASSWORD }))).toBe(true);
    const wrong = await visitsAndSignsIn(server, { identifier: email, password: 'another long enough phrase' });
    expect(isBackAtApp(wrong)).toBe(false);
  });
});
