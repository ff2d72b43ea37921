// T63: what people and programs hand in, and what they are given, is not in the log at its most talkative, wherever they go.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { administrator } from '../support/administrators.ts';
import { PROGRAMS, program } from '../support/api.ts';
import { forgets, NEW_PASSWORD, tokenIn } from '../support/forgotten.ts';
import { lastLink, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { marking } from '../support/marked.ts';
import { newBrowser } from '../support/sign-in.ts';
import { codeIn, linkIn, OPEN, proofFor, signsUp } from '../support/sign-up.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visits, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let mailbox: Mailbox;
const marked = marking(globalThis.fetch);
const { keep } = marked;

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ settings: OPEN, clients: PROGRAMS, logLevel: 'debug', mailbox });
  vi.stubGlobal('fetch', marked.fetch);
});

afterAll(async () => {
  vi.unstubAllGlobals();
  await server.stop();
  await mailbox.close();
});

/** None that was kept so far; and there are some of each of these. */
function expectUntold(kinds: readonly string[]): void {
  for (const kind of kinds) {
    expect(
      marked.kinds().filter((what) => what.startsWith(kind)),
      kind,
    ).not.toEqual([]);
  }
  expect(server.logText.length).toBeGreaterThan(5);
  expect(marked.standingIn(server.logText.join('\n'))).toEqual([]);
}

describe('T63 secrets in the log, flow by flow (Zitadel CVE-2024-32967; ASVS 16.2.5)', () => {
  test('signing up: password, code, link and cookies', async () => {
    const { browser } = await visits(server);
    await signsUp(browser, { email: 'new@example.test', password: 'Marked-Plover-Garnet-4410' });
    const mail = await proofFor(mailbox, 'new@example.test');
    keep('link of the mail', tokenIn(linkIn(mail, '/verify-email')));
    await browser.submit({ code: '48159263' }, 'Continue');
    await newBrowser().open(linkIn(mail, '/verify-email'));
    await browser.submit({ code: codeIn(mail) }, 'Continue');
    expectUntold(['password', 'code', 'csrf', 'cookie', 'link']);
  });

  test('a forgotten password, and a new address', async () => {
    await server.person({ email: 'jane@example.test' });
    await forgets(server, 'jane@example.test');
    const link = lastLink(
      await mailbox.waitFor('jane@example.test', { subject: /password/i }),
      /reset-password\?token=/,
    );
    const browser = await newBrowser().open(link);
    await browser.submit({ password: NEW_PASSWORD }, 'Set the new password');
    const visit = await visitsAndSignsIn(server, { identifier: 'jane@example.test', password: NEW_PASSWORD });
    await visit.browser.open(`${server.issuer}/account/email`);
    await visit.browser.submit({ email: 'jane-2@example.test' }, 'Send the link');
    const confirmed = lastLink(await mailbox.waitFor('jane-2@example.test'), /confirm-email/);
    keep('link of the change', tokenIn(confirmed));
    await (await newBrowser().open(confirmed)).submit({}, 'Use this address');
    expectUntold(['token in', 'password', 'link of the change']);
  });

  test('administrators at the console, and programs at the API', async () => {
    const { browser } = await administrator(server);
    await browser.open(`${server.issuer}/admin/accounts?q=jane`);
    const keeper = await program(server);
    const made = await keeper.call('POST', '/accounts', { body: { email: 'ina@example.test', invite: true } });
    expect(made.status).toBe(201);
    keep('link of the invitation', tokenIn(lastLink(await mailbox.waitFor('ina@example.test'), /token=/)));
    const asked = (body: unknown) => keeper.call('POST', '/accounts', { body });
    expect((await asked({ email: 'x', password: 'Marked-Heron-Onyx-7781' })).status).toBe(422);
    expect((await asked('{"password":"Marked-Osprey-Jasper-3392"')).status).toBe(400);
    keep('password in a body that is no JSON', 'Marked-Osprey-Jasper-3392');
    expectUntold(['credentials', 'access_token from', 'link of the invitation', 'password sent', 'password in']);
  });
});
