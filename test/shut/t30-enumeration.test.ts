// T30: whether somebody has an account is told to nobody else, not by words, status, headers or work.
import argon2 from 'argon2';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { BEHIND_PROXY, nextAddress, QUESTIONS, type Question, somebody, type Who } from '../support/enumeration.ts';
import { countOf } from '../support/sign-up.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';

const ADVISORIES = 'Zitadel CVE-2026-23511, CVE-2024-41952; Vendure GHSA-6f65-4fv2-wwch';

describe(`T30 account enumeration (${ADVISORIES})`, () => {
  let server: TestServer;
  let hashed = 0;

  beforeAll(async () => {
    server = await startTestServer({ settings: `${BEHIND_PROXY}${RESOURCES}` });
    for (const work of ['hash', 'verify'] as const) {
      const real = argon2[work] as (...given: unknown[]) => Promise<unknown>;
      vi.spyOn(argon2, work).mockImplementation(((...given: unknown[]) => {
        hashed += 1;
        return real(...given);
      }) as never);
    }
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await server.stop();
  });

  async function asks(question: Question, who: Who) {
    const identifier = await somebody(server, who);
    const before = hashed;
    const { milliseconds: _, ...seen } = await question.ask(server, identifier, nextAddress());
    return { ...seen, hashes: hashed - before };
  }

  test.each(QUESTIONS)('$name: the same bytes and the same number of hashes, whoever it is', async (question) => {
    const [first, ...others] = question.about;
    const expected = await asks(question, first as Who);
    expect(expected.status).toBeLessThan(500);
    for (const who of others) expect(await asks(question, who), who).toEqual(expected);
    // A page that shows what was typed, or anything else of the person, would differ from itself.
    expect(await asks(question, first as Who)).toEqual(expected);
  });

  test('mails that were asked for before are counted for nobody alone: a limit that is met says nothing', async () => {
    const [forgetting, signingUp] = ['asking for a new password', 'signing up'].map((wanted) =>
      QUESTIONS.find(({ name }) => name === wanted),
    );
    const answers: unknown[] = [];
    for (const who of ['has an account', 'has none'] as const) {
      const email = await somebody(server, who);
      for (let at = 0; at < 4; at += 1) await forgetting?.ask(server, email, nextAddress());
      await vi.waitUntil(async () => (await countOf(server, 'reset_requests')) === 0, { timeout: 10_000 });
      const { milliseconds: _, ...seen } = (await signingUp?.ask(server, email, nextAddress())) ?? { milliseconds: 0 };
      answers.push(seen);
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  test('the comparison is not blind: it has read the answer to a wrong password, and counted its hash', async () => {
    const [signIn] = QUESTIONS;
    const known = await asks(signIn as Question, 'has an account');
    expect(known.body).toContain('The e-mail or username and the password do not match');
    expect(known.hashes).toBe(1);
  });
});
