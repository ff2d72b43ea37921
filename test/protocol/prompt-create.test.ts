// Initiating User Registration via OpenID Connect 1.0: prompt=create.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { codeIn, newAddress, OPEN, openTo, proofFor, signsUp } from '../support/sign-up.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { errorOf, isBackAtApp, tokensOf, visits, visitsAndSignsIn } from '../support/visits.ts';

let mailbox: Mailbox;
let server: TestServer;

beforeAll(async () => {
  mailbox = await startMailbox();
  server = await startTestServer({ mailbox, settings: OPEN });
});

afterAll(async () => {
  await server.stop();
  await mailbox.close();
});

const promptsOf = async ({ issuer }: TestServer): Promise<string[]> => {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
  return ((await answer.json()) as { prompt_values_supported: string[] }).prompt_values_supported;
};

async function confirms(visit: Awaited<ReturnType<typeof visits>>, email: string): Promise<void> {
  await visit.browser.submit({ code: codeIn(await proofFor(mailbox, email)) }, 'Continue');
}

test('discovery lists it, and the app’s request opens the form at once', async () => {
  expect(await promptsOf(server)).toContain('create');
  const visit = await visits(server, { prompt: 'create', login_hint: 'hinted@example.test' });
  expect(visit.browser.title).toBe('Create an account');
  expect(visit.browser.form({}, 'Create account').data['email']).toBe('hinted@example.test');
  const email = newAddress();
  await signsUp(visit.browser, { email });
  await confirms(visit, email);
  expect(isBackAtApp(visit)).toBe(true);
  expect((await tokensOf(server, visit)).idToken['sub']).toBeDefined();
});

test('somebody who has an account signs in instead', async () => {
  const email = newAddress();
  await server.person({ email });
  const visit = await visits(server, { prompt: 'create' });
  await visit.browser.submit({}, 'I have an account already');
  await signsIn(visit.browser, { identifier: email });
  expect(isBackAtApp(visit)).toBe(true);
});

test('somebody who is signed in is asked: to go on, or to make another account', async () => {
  const email = newAddress();
  const { id } = await server.person({ email });
  const { browser } = await visitsAndSignsIn(server, { identifier: email });
  const goesOn = await visits(server, { prompt: 'create' }, browser.newTab());
  expect(goesOn.browser.text).toContain(email);
  await goesOn.browser.submit({}, 'Go on as');
  expect((await tokensOf(server, goesOn)).idToken['sub']).toBe(id);
  const another = await visits(server, { prompt: 'create' }, browser.newTab());
  await another.browser.submit({}, 'Create another account');
  const other = newAddress();
  await signsUp(another.browser, { email: other });
  await confirms(another, other);
  const { idToken } = await tokensOf(server, another);
  expect(idToken['sub']).not.toBe(id);
});

test('with none it is refused, as the two exclude each other', async () => {
  expect(errorOf(await visits(server, { prompt: 'none create' }))).toBe('invalid_request');
});

test('/register leads to the account centre, by way of a new account', async () => {
  const browser = await newBrowser().open(`${server.issuer}/register`);
  expect(browser.title).toBe('Create an account');
  const email = newAddress();
  await signsUp(browser, { email });
  await browser.submit({ code: codeIn(await proofFor(mailbox, email)) }, 'Continue');
  expect(browser.page.url).toBe(`${server.issuer}/account`);
  expect(browser.text).toContain(email);
});

test('a server that takes nobody shows the sign-in and says why; discovery does not list it', async () => {
  const closed = await server.restart({ mailbox, settings: `mfa: optional${RESOURCES}` });
  try {
    expect(await promptsOf(closed)).not.toContain('create');
    const email = newAddress();
    await closed.person({ email });
    const visit = await visits(closed, { prompt: 'create' });
    expect(visit.browser.title).toBe('Sign in to Web App');
    expect(visit.browser.text).toContain('New accounts cannot be created here');
    await signsIn(visit.browser, { identifier: email });
    expect(isBackAtApp(visit)).toBe(true);
  } finally {
    server = await closed.restart({ mailbox, settings: openTo() });
  }
});
