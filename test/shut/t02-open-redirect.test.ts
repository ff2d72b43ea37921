// No address of ours takes an address to go to from whoever calls it: where a sign-in returns to stands in its interaction.
import { parse } from 'node-html-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DISCOVERY_PATHS, ENDPOINTS } from '../../src/provider/paths.ts';
import { ASK, requestOf } from '../protocol/apps.ts';
import { Browser } from '../support/browser.ts';
import { callbackOf, enrolsTotp, newBrowser, signsIn } from '../support/sign-in.ts';
import { CALLBACK, startTestServer, type TestServer } from '../support/start-server.ts';

const PARAMETERS = [
  'return_to',
  'returnTo',
  'return_url',
  'next',
  'callbackURL',
  'callback',
  'redirect',
  'redirect_to',
  'redirect_url',
  'rd',
  'url',
  'continue',
  'goto',
  'target',
  'dest',
  'back',
  'client_uri',
  'initiate_login_uri',
];

const PLACES = [
  '//evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  'https:evil.test',
  'https:/evil.test',
  'https://evil.test',
  '/%09/evil.test',
  '/\t/evil.test',
  '///evil.test',
  '/.evil.test',
  '//evil.test/%2f..',
  'javascript:alert(1)',
];

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.person({ email: 'jane@example.test' });
});

afterAll(() => server.stop());

const evil = (place: string): Record<string, string> => Object.fromEntries(PARAMETERS.map((name) => [name, place]));

/** With what a stranger can put into a request besides: where it came from, and what a proxy might have said. */
const HEADERS = {
  referer: 'https://evil.test/',
  'x-original-url': '//evil.test',
  'x-rewrite-url': 'https://evil.test/',
};

/** Where an answer leads that nobody has clicked on, and where its links and forms do. */
function targetsOf(response: Response, html: string): readonly string[] {
  const document = parse(html);
  const refresh = document.querySelector('meta[http-equiv=refresh]')?.getAttribute('content')?.split(/url=/i)[1];
  const attributes = document
    .querySelectorAll('[href],[src],[action],[formaction]')
    .flatMap((element) => ['href', 'src', 'action', 'formaction'].map((name) => element.getAttribute(name)));
  return [response.headers.get('location'), response.headers.get('refresh'), refresh, ...attributes].filter(
    (target): target is string => typeof target === 'string',
  );
}

/** An address of ours that is not the one asked for, or the app's own registered one; a picture or key in the page. */
function isOurs(target: string, from: string): boolean {
  const url = URL.parse(target, from);
  if (url?.protocol === 'otpauth:' || target.startsWith('data:image/')) return true;
  const isKnown = url?.origin === server.issuer || url?.origin === new URL(CALLBACK).origin;
  return isKnown && !url.pathname.includes('evil');
}

let attempts = 0;

async function leadsNowhere(response: Response): Promise<void> {
  const html = await response.text();
  for (const target of targetsOf(response, html)) {
    expect(isOurs(target, response.url), `${target} on the answer to ${response.url}`).toBe(true);
  }
  expect(response.status, response.url).toBeLessThan(500);
  attempts += PARAMETERS.length;
}

describe('T02 open redirect after a step: CVE-2024-56734, CVE-2025-27143, CVE-2025-71403, CVE-2026-82467, CVE-2026-107369, CVE-2021-21291', () => {
  test('what leads elsewhere is found, so that what follows can fail', () => {
    const answer = (headers: Record<string, string>, html = '') =>
      targetsOf(new Response(null, { headers }), html).filter((target) => !isOurs(target, server.issuer));
    for (const place of PLACES.filter((each) => !each.includes('\t'))) {
      expect(answer({ location: place }), place).toHaveLength(1);
    }
    expect(
      answer({}, '<meta http-equiv="refresh" content="0; url=//evil.test"><a href="https:evil.test">'),
    ).toHaveLength(2);
    expect(answer({ location: '/interaction/x' })).toEqual([]);
  });

  test('no address of the server goes where a parameter says, asked without a form', async () => {
    const page = await newBrowser().open(requestOf(server.issuer, ASK).url);
    const uid = new URL(page.page.url).pathname.split('/')[2] ?? '';
    const own = server.routes.map(({ method, path }) => ({ method, path }));
    const engine = [
      ...Object.values(ENDPOINTS),
      ...DISCOVERY_PATHS,
      '/session/end/confirm',
      '/session/end/success',
      '/auth/:uid',
    ];
    const doors = [...own, ...engine.flatMap((path) => ['GET', 'POST'].map((method) => ({ method, path })))];
    expect(own.length).toBeGreaterThan(20);
    attempts = 0;
    for (const { method, path } of doors) {
      const address = `${server.issuer}${path.replace(':uid', uid).replace(':clientId', 'web').replace(':file', 'x')}`;
      for (const place of PLACES) {
        const query = new URLSearchParams(evil(place));
        const form = method === 'POST' ? { form: evil(place) } : {};
        await leadsNowhere(await page.request(`${address}?${query}`, { method, headers: HEADERS, ...form }));
        if (method === 'GET')
          await leadsNowhere(await newBrowser().request(`${address}?${query}`, { headers: HEADERS }));
      }
    }
    console.info(`T02: 0 of ${attempts} parameters at ${doors.length} addresses led anywhere`);
    expect(attempts).toBeGreaterThan(5000);
  });

  /**
   * A browser in which every request carries the parameters, in its address and in its form. Pages of ours take no form with a
   * field that is not theirs; the person then sends what the page has.
   */
  class Poisoned extends Browser {
    readonly #place: string;
    constructor(place: string) {
      super({ stopAt: (url) => url.startsWith(CALLBACK) });
      this.#place = place;
    }
    override async request(url: string, options: Parameters<Browser['request']>[1] = {}): Promise<Response> {
      const address = new URL(url);
      for (const [name, value] of Object.entries(evil(this.#place))) address.searchParams.append(name, value);
      const form = options.form === undefined ? {} : { form: { ...evil(this.#place), ...options.form } };
      const poisoned = await super.request(address.href, { ...options, ...form });
      await leadsNowhere(poisoned.clone());
      if (options.form === undefined || poisoned.status !== 400) return poisoned;
      const response = await super.request(address.href, options);
      await leadsNowhere(response.clone());
      return response;
    }
  }

  test.each(PLACES)('a whole sign-in with %j in every request ends at the app, from every step', async (place) => {
    const email = `${Buffer.from(place).toString('hex')}@example.test`;
    await server.person({ email });
    const browser = new Poisoned(place);
    await browser.open(requestOf(server.issuer, ASK, { acr_values: 'mfa' }).url);
    await signsIn(browser, { identifier: email });
    await enrolsTotp(browser);
    await browser.submit({}, 'Allow');
    expect(browser.page.url.startsWith(`${CALLBACK}?`)).toBe(true);
    expect(callbackOf(browser).has('code')).toBe(true);
    await browser.open(requestOf(server.issuer, ASK, { prompt: 'login' }).url);
    await browser.submit({}, 'Cancel');
    expect(callbackOf(browser).get('error')).toBe('access_denied');
    await browser.open(`${server.issuer}/session/end`);
    await browser.submit({}, 'Sign out');
    expect(new URL(browser.page.url).origin).toBe(server.issuer);
  });
});
