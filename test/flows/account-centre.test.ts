// The account centre is signed in to like every app, through the one session, and asks again where it has to.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadClients } from '../../src/clients/load-clients.ts';
import { scopesServed } from '../../src/config/scopes.ts';
import { deriveKey } from '../../src/crypto/derived-keys.ts';
import { createSealedBox } from '../../src/crypto/sealed-box.ts';
import { answerAt } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'ada@example.test', name: 'Ada' });
});

afterAll(() => server.stop());

const at = (path: string): string => `${server.issuer}${path}`;

test('who is not signed in signs in, and comes to the page that was asked for', async () => {
  const browser = await newBrowser().open(at('/account?from=here'));
  expect(browser.title).toBe('Sign in to Gatehouse');
  await signsIn(browser, { identifier: 'ada@example.test' });
  expect([browser.page.status, browser.page.url]).toEqual([200, at('/account?from=here')]);
  expect(browser.title).toBe('Your account');
  expect(browser.text).toContain('Signed in as ada@example.test');
});

test('who is signed in at an app is asked nothing', async () => {
  const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
  await browser.open(at('/account'));
  expect([browser.page.status, browser.title]).toEqual([200, 'Your account']);
});

test('signing out ends the session; the page asks to sign in again', async () => {
  const browser = await newBrowser().open(at('/account'));
  await signsIn(browser, { identifier: 'ada@example.test' });
  await browser.submit({}, 'Sign out');
  expect(browser.title).toBe('You are signed out');
  await browser.open(at('/account'));
  expect(browser.title).toBe('Sign in to Gatehouse');
});

test('who cancels is told so, with the way to try again', async () => {
  const browser = await newBrowser().open(at('/account'));
  await browser.submit({}, 'Cancel');
  expect([browser.page.status, browser.title]).toEqual([403, 'You are not signed in']);
});

describe('whoever is at a page', () => {
  test('is out at once when banned, in every browser', async () => {
    const account = await server.person({ email: 'ben@example.test' });
    const browser = await newBrowser().open(at('/account'));
    await signsIn(browser, { identifier: 'ben@example.test' });
    expect(browser.title).toBe('Your account');
    const { db } = server.database;
    await db.updateTable('accounts').set({ status: 'banned' }).where('id', '=', account.id).execute();
    await browser.open(at('/account'));
    expect(browser.title).toBe('Sign in to Gatehouse');
    expect(browser.text).not.toContain('ben@example.test');
  });

  test('is not anybody in another browser', async () => {
    expect((await newBrowser().open(at('/account'))).title).toBe('Sign in to Gatehouse');
  });
});

describe('coming back from a sign-in', () => {
  const secret = () => createSealedBox(deriveKey(server.config.masterSecret, 'sealing'));
  const stateOf = (note: object): string => secret().seal(JSON.stringify(note), 'account-centre:return');

  const adaAt = async (): Promise<Browser> => {
    const browser = await newBrowser().open(at('/account'));
    return signsIn(browser, { identifier: 'ada@example.test' });
  };

  test.each([
    ['too old', { maxAgeSeconds: 300, secondFactor: false }],
    ['without the second factor that was asked for', { secondFactor: true }],
  ])('%s ends at a page and is not asked for again and again', async (_, asked) => {
    const browser = await adaAt();
    movingClock.advance({ seconds: 301 });
    const state = stateOf({ path: '/account', form: false, asked });
    await browser.open(at(`/account/signed-in?${new URLSearchParams({ state })}`));
    expect([browser.page.status, browser.title]).toEqual([403, 'You are not signed in']);
  });

  test('from a form says that it has to be sent again, once', async () => {
    const browser = await adaAt();
    const state = stateOf({ path: '/account/apps', form: true, asked: { secondFactor: false } });
    await browser.open(at(`/account/signed-in?${new URLSearchParams({ state })}`));
    expect([browser.title, browser.text.includes('Nothing was changed yet')]).toEqual(['Connected apps', true]);
    await browser.open(at('/account/apps'));
    expect(browser.text).not.toContain('Nothing was changed yet');
  });

  test('with a state of somebody’s own making leads to the first page', async () => {
    const browser = await adaAt();
    for (const state of [
      '//evil.example',
      'v1.x.AAAA',
      '',
      stateOf({ path: '/account', form: false, asked: {} }).slice(0, -2),
    ]) {
      await browser.open(at(`/account/signed-in?${new URLSearchParams({ state })}`));
      expect(browser.page.url).toBe(at('/account'));
    }
  });

  test('a notice that nobody but us has signed is not shown', async () => {
    const browser = await adaAt();
    await browser.jar.setCookie('gatehouse_notice=account.notice.form_again; Path=/account', server.issuer);
    await browser.open(at('/account'));
    expect(browser.text).not.toContain('Nothing was changed yet');
  });
});

describe('the built-in client', () => {
  const request = (params: Record<string, string>) =>
    fetch(
      at(
        `/auth?${new URLSearchParams({
          client_id: 'gatehouse-account',
          response_type: 'none',
          redirect_uri: at('/account/signed-in'),
          scope: 'openid',
          ...params,
        })}`,
      ),
      { redirect: 'manual' },
    );

  test('has no other response type, no other way of answering and no token', async () => {
    for (const response_type of ['code', 'token', 'id_token', 'code none']) {
      const location = (await request({ response_type })).headers.get('location') ?? '';
      expect(answerAt(location).get('error'), response_type).toMatch(/invalid_request|unsupported_response_type/);
    }
    const fragment = (await request({ response_mode: 'fragment' })).headers.get('location') ?? '';
    expect(answerAt(fragment).get('error')).toBe('unsupported_response_mode');
    for (const grant_type of ['authorization_code', 'refresh_token', 'client_credentials']) {
      const form = { grant_type, client_id: 'gatehouse-account', code: 'x', refresh_token: 'x' };
      const answer = await fetch(at('/token'), { method: 'POST', body: new URLSearchParams(form) });
      const { error } = (await answer.json()) as { error: string };
      expect([answer.status, error], grant_type).toEqual([400, 'unauthorized_client']);
    }
  });

  test('is told nothing but that it went well', async () => {
    const browser = await newBrowser().open(at('/account'));
    await signsIn(browser, { identifier: 'ada@example.test' });
    const url = new URL((await request({})).url);
    const answer = await browser.request(url.href);
    const location = new URL(answer.headers.get('location') ?? '');
    expect([location.pathname, [...location.searchParams.keys()]]).toEqual(['/account/signed-in', ['iss']]);
  });

  test('leaves no trace in what is said of clients', async () => {
    const { db } = server.database;
    const known = await db.selectFrom('known_clients').select('client_id').execute();
    expect(known.map(({ client_id }) => client_id)).not.toContain('gatehouse-account');
    const served = await db.selectFrom('served_configurations').select('clients').execute();
    expect(JSON.stringify(served)).not.toContain('gatehouse-account');
  });
});

test('a client file cannot take the name, and is told where it stands', () => {
  const file = 'client_id: gatehouse-account\npreset: spa\nredirect_uris: ["https://app.example.test/"]\n';
  const configDir = mkdtempSync(path.join(tmpdir(), 'reserved-'));
  mkdirSync(path.join(configDir, 'clients'));
  writeFileSync(path.join(configDir, 'clients', 'gatehouse-account.yaml'), file);
  const { resources, tokens, outgoing, mode, attributes } = server.config;
  const { problems } = loadClients(
    { env: {}, cwd: configDir, now: new Date(0) },
    {
      mode,
      configDir,
      clientsDir: path.join(configDir, 'clients'),
      resources,
      scopes: scopesServed(attributes),
      attributes,
      mostRoles: tokens.mostRoles,
      defaultAudience: tokens.defaultAudience,
      privateHosts: outgoing.privateHosts,
    },
  );
  expect(problems).toMatchObject([{ file: 'clients/gatehouse-account.yaml', line: 1, path: 'client_id' }]);
  expect(problems[0]?.message).toContain('built-in account centre');
  rmSync(configDir, { recursive: true });
});
