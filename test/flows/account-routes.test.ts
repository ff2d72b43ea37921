// Every address of the account centre, from the table of routes: who is nobody gets nothing, forged forms do nothing, ids of
// others do not exist. A new page is covered as soon as it has a route.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Route } from '../../src/http/route.ts';
import { ASK, signedIn } from '../protocol/apps.ts';
import type { Browser } from '../support/browser.ts';
import { newBrowser, signsIn } from '../support/sign-in.ts';
import { startTestServer, type TestServer } from '../support/start-server.ts';
import { databaseAsText, enrols, visitsAndSignsIn } from '../support/visits.ts';

let server: TestServer;
let ada: Browser;
let token: string;

beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['ada', 'ben', 'cat']) await server.person({ email: `${name}@example.test` });
  ada = await newBrowser().open(`${server.issuer}/account`);
  await signsIn(ada, { identifier: 'ada@example.test' });
  token = ada.form({}, 'Sign out').data['csrf'] ?? '';
});

afterAll(() => server.stop());

const ofAccount = (): readonly Route[] => server.routes.filter(({ access }) => access.rule === 'signed-in');
const addressOf = ({ path }: Route): string => `${server.issuer}${path.replaceAll(/:\w+/g, 'somebody-elses')}`;
const send = (browser: Browser, route: Route, form: Record<string, string> = {}, headers = {}): Promise<Response> =>
  browser.request(addressOf(route), route.method === 'POST' ? { method: 'POST', form, headers } : { headers });

const SIGNS_OUT = '/account/sign-out';

/** Nobody is answered with anything but the way to sign in; signing out is the one thing that needs no sign-in. */
async function getsNothing(answer: Response, { path, method }: Route): Promise<void> {
  const location = answer.headers.get('location') ?? '';
  const expected =
    path === SIGNS_OUT ? '/session/end/success?' : '/auth?client_id=gatehouse-account&response_type=none&';
  expect([answer.status, location.startsWith(expected)], `${method} ${path} → ${location}`).toEqual([303, true]);
  expect(await answer.text()).not.toContain('ada@example.test');
}

/** All but errors, counted attempts, and mails, which are on their way by themselves. */
const records = async (): Promise<string> =>
  (await databaseAsText(server))
    .split(/^-- /m)
    .filter((table) => !/^(error_references|rate_counters|audit_events|session_details|mail_outbox)\b/.test(table))
    .join();

describe('the account centre, address by address', () => {
  test('there are addresses to look at', () => {
    expect(ofAccount().length).toBeGreaterThan(5);
    const all = server.routes.filter(({ path }) => /^\/account(\/|$)/.test(path));
    expect(all.filter(({ access }) => access.rule !== 'signed-in').map(({ path }) => path)).toEqual([
      '/account/signed-in',
    ]);
  });

  test('nobody gets anything: not without a cookie, nor with a token of an app (T09), nor after a password alone (T37)', async () => {
    await enrols(server, { identifier: 'ben@example.test' });
    const halfway = await visitsAndSignsIn(server, { identifier: 'ben@example.test' });
    expect(halfway.browser.title).toBe('Enter your code');
    const { tokens } = await signedIn(server.issuer, { app: ASK, email: 'cat@example.test' });
    for (const route of ofAccount()) {
      await getsNothing(await send(newBrowser(), route), route);
      await getsNothing(await send(halfway.browser, route), route);
      for (const bearer of [tokens.accessToken, tokens.idToken]) {
        await getsNothing(await send(newBrowser(), route, {}, { authorization: `Bearer ${bearer}` }), route);
      }
    }
  });

  test('every answer may be kept by nobody (T28) and framed by nobody (T22), errors too', async () => {
    for (const route of ofAccount()) {
      const answers = [await send(newBrowser(), route), await send(ada, route)];
      for (const { headers, status } of answers) {
        const what = `${route.method} ${route.path} ${status}`;
        expect(headers.get('cache-control'), what).toBe('no-store');
        expect(headers.get('content-security-policy'), what).toContain("frame-ancestors 'none'");
        expect(headers.get('x-frame-options'), what).toBe('DENY');
      }
    }
  });

  test('a form without the token of this session changes nothing (T21)', async () => {
    const other = await newBrowser().open(`${server.issuer}/account`);
    await signsIn(other, { identifier: 'cat@example.test' });
    const foreign = other.form({}, 'Sign out').data['csrf'] ?? '';
    const before = await records();
    for (const route of ofAccount().filter(({ method }) => method === 'POST')) {
      for (const form of [{}, { csrf: '' }, { csrf: foreign }] as Record<string, string>[]) {
        const answer = await send(ada, route, form);
        // A form whose fields are missing is refused before its token is looked at.
        expect([400, 403], `${route.path} ${answer.status}`).toContain(answer.status);
      }
      const evil = await send(ada, route, { csrf: token }, { origin: 'https://evil.example' });
      expect(evil.status, route.path).toBe(403);
    }
    expect(await records()).toBe(before);
  });

  test('an id that is not one’s own does not exist (T49)', async () => {
    for (const route of ofAccount().filter(({ path }) => path.includes(':'))) {
      const answer = await send(ada, route, { csrf: token });
      // 400: the form has fields of its own, which are looked at first.
      expect(route.method === 'GET' ? [404] : [404, 400], `${route.path} ${answer.status}`).toContain(answer.status);
    }
  });

  test('no parameter leads anywhere else (T02)', async () => {
    const names = ['return_to', 'next', 'callbackURL', 'redirect', 'rd', 'state', 'path'];
    for (const route of [...ofAccount(), { path: '/account/signed-in', method: 'GET' } as Route]) {
      for (const value of ['//evil.example', '/\\evil.example', 'https:evil.example', '/%09/evil.example']) {
        const query = new URLSearchParams(names.map((name): [string, string] => [name, value]));
        const method = route.method;
        const answer = await ada.request(`${addressOf(route)}?${query}`, method === 'POST' ? { method, form: {} } : {});
        const location = answer.headers.get('location');
        if (location !== null) expect(new URL(location, server.issuer).origin, route.path).toBe(server.issuer);
      }
    }
  });

  test('pages answer HEAD like GET, and no other method', async () => {
    for (const route of ofAccount()) {
      const answer = await ada.request(addressOf(route), { method: 'PUT' });
      expect([answer.status, answer.headers.get('allow')?.includes(route.method)], route.path).toEqual([405, true]);
      if (route.method !== 'GET') continue;
      const [head, get] = [await ada.request(addressOf(route), { method: 'HEAD' }), await send(ada, route)];
      expect([head.status, await head.text()], route.path).toEqual([get.status, '']);
    }
  });
});
