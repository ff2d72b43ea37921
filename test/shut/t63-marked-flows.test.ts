// T63: what people and programs hand in, and what they are given, is not in the log at its most talkative, wherever they go.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { administrator } from '../support/administrators.ts';
import { PROGRAMS, program } from '../support/api.ts';
import { forgets, NEW_PASSWORD, tokenIn } from '../support/forgotten.ts';
import { lastLink, type Mailbox, startMailbox } from '../support/mailbox.ts';
import { newBrowser } from '../support/sign-in.ts';
import { codeIn, linkIn, OPEN, proofFor, signsUp } from '../support/sign-up.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visits, visitsAndSignsIn } from '../support/visits.ts';

const SECRET_FIELDS = /password|secret|token|csrf|code$|verifier|assertion/;
/** A `code` there says what is wrong. */
const SECRET_ANSWERS = /^(?:access|refresh|id)_token$|secret/;
/** A code of six digits is the end of a time in some line or other. */
const SHORTEST = 8;

let server: TestServer;
let mailbox: Mailbox;
const secrets = new Map<string, string>();

const keep = (what: string, value: string): void => {
  if (value.length >= SHORTEST && !secrets.has(value)) secrets.set(value, what);
};

function keepsFields(from: string, fields: Iterable<[string, unknown]>, secret = SECRET_FIELDS): void {
  for (const [name, value] of fields) if (secret.test(name)) keep(`${name} ${from}`, String(value));
}

const usual = globalThis.fetch;

/** Keeps what goes to the server in confidence, and what comes back. */
const watched: typeof fetch = async (input, init) => {
  const url = String(input instanceof Request ? input.url : input);
  keepsFields(`in ${url}`, new URL(url).searchParams);
  const authorization = new Headers(init?.headers).get('authorization');
  if (authorization !== null) keep(`credentials at ${url}`, authorization.split(' ')[1] ?? '');
  if (init?.body !== undefined) keepsFields(`sent to ${url}`, new URLSearchParams(String(init.body)));
  const answer = await usual(input, init);
  for (const cookie of answer.headers.getSetCookie())
    keep(`cookie of ${url}`, /^[^=]+=([^;]*)/.exec(cookie)?.[1] ?? '');
  if (/json/.test(answer.headers.get('content-type') ?? '')) {
    keepsFields(
      `from ${url}`,
      Object.entries((await answer.clone().json()) as Record<string, unknown>),
      SECRET_ANSWERS,
    );
  }
  return answer;
};

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ settings: OPEN, clients: PROGRAMS, logLevel: 'debug', mailbox });
  vi.stubGlobal('fetch', watched);
});

afterAll(async () => {
  vi.unstubAllGlobals();
  await server.stop();
  await mailbox.close();
});

const standsIn = (text: string) => (value: string) =>
  /^\d+$/.test(value) ? new RegExp(`(?<![\\w-])${value}(?![\\w-])`).test(text) : text.includes(value);

/** None that was kept so far; and there are some of each of these. */
function expectUntold(kinds: readonly string[]): void {
  for (const kind of kinds)
    expect(
      [...secrets.values()].filter((what) => what.startsWith(kind)),
      kind,
    ).not.toEqual([]);
  const text = server.logText.join('\n');
  expect(server.logText.length).toBeGreaterThan(5);
  const isTold = standsIn(text);
  const told = [...secrets].filter(([value]) => isTold(value) || isTold(encodeURIComponent(value)));
  expect(told.map(([, what]) => what)).toEqual([]);
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
    expect((await asked('{"password":"Marked-Heron-Onyx-7781"')).status).toBe(400);
    keep('password in a wrong body', 'Marked-Heron-Onyx-7781');
    expectUntold(['credentials', 'access_token from', 'link of the invitation', 'password in']);
  });
});
