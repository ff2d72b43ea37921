// One address is one account, however it is spelt; what is no address is refused.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailsHaveArrived } from '../support/forgotten.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { codeIn, countOf, OPEN, proofFor, signsUp } from '../support/sign-up.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { isBackAtApp, visits, visitsAndSignsIn } from '../support/visits.ts';

const ADVISORIES =
  'Logto CVE-2026-15617; Keycloak CVE-2021-3424; Auth.js GHSA-7rqj-j65f-68wh; Authelia CVE-2026-47203, CVE-2026-48794; oauth2-proxy CVE-2026-40574';

const ADDRESS = 'victor@example.test';

const SAME = [
  'Victor@example.test',
  'victor@EXAMPLE.test',
  'victor@example.test.',
  ' victor@example.test ',
  'victor\uff20example.test',
  'ｖictor@example.test',
  'victor@ｅxample.test',
  'victor@example\u3002test',
];

const NONE = [
  'victor@example.test@evil.test',
  'evil@evil.test@example.test',
  '"victor@example.test"@evil.test',
  'victor@example.test\u0000',
  'victor\u200f@example.test',
  'vic\u200btor@example.test',
  '\u202evictor@example.test',
  'victor@example.test, evil@evil.test',
  'victor@example.test\nbcc: evil@evil.test',
  'v\u0456ctor@example.test',
  'victor@[127.0.0.1]',
  'victor@localhost',
  'victor.@example.test',
  'victor',
];

describe(`T35 spellings of one address (${ADVISORIES})`, () => {
  let mailbox: Mailbox;
  let server: TestServer;

  beforeAll(async () => {
    mailbox = await startMailbox();
    server = await startTestServer({ mailbox, settings: `${OPEN}` });
    const visit = await visits(server);
    await signsUp(visit.browser, { email: ADDRESS });
    await visit.browser.submit({ code: codeIn(await proofFor(mailbox, ADDRESS)) }, 'Continue');
    expect(isBackAtApp(visit)).toBe(true);
  });
  afterAll(async () => {
    await server.stop();
    await mailbox.close();
  });

  test.each(SAME)('%j signs in to the one account, and signs nobody else up', async (email) => {
    await server.database.db.deleteFrom('rate_counters').execute();
    expect(isBackAtApp(await visitsAndSignsIn(server, { identifier: email }))).toBe(true);
    const { browser } = await visits(server);
    await signsUp(browser, { email });
    expect(browser.title).toBe('Check your mail');
    const keys = await server.database.db.selectFrom('registrations').select(['email_key', 'taken']).execute();
    expect(keys.filter(({ email_key }) => email_key !== ADDRESS)).toEqual([]);
    expect(keys.filter(({ taken }) => !taken)).toHaveLength(1);
    expect(await countOf(server, 'accounts')).toBe(1);
  });

  test.each(NONE)('%j is refused', async (email) => {
    const { browser } = await visits(server);
    const before = await countOf(server, 'registrations');
    await signsUp(browser, { email });
    expect(browser.page.status).toBe(400);
    expect([await countOf(server, 'registrations'), await countOf(server, 'accounts')]).toEqual([before, 1]);
  });

  test('no mail went anywhere else', async () => {
    await mailsHaveArrived(server);
    expect([...new Set(mailbox.all().map(({ to }) => to))]).toEqual([ADDRESS]);
  });
});
