// T25: what somebody sends is never an option of the templates.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueSetupLink } from '../../src/first-administrator/setup-link.ts';
import { setupAddress } from '../../src/first-run/address.ts';
import type { Browser } from '../support/browser.ts';
import { movingClock } from '../support/moving-clock.ts';
import { authorizationRequest, newBrowser } from '../support/sign-in.ts';
import { RESOURCES, startTestServer, type TestServer } from '../support/start-server.ts';
import { visits, visitsAndSignsIn } from '../support/visits.ts';

const NAMES = [
  ...['pretty', 'self', 'globals', 'filename', 'compileDebug', 'block', 'cache', 'debug', 'doctype', 'filters', 'name'],
  ...['basedir', 'inlineRuntimeFunctions', 'settings', 'layout', 'asset', 't', 'title', 'problem'],
  ...['__proto__', '__proto__[pretty]', 'constructor', 'constructor[prototype][pretty]', 'prototype', 'locals'],
];

describe('T25 options of the templates: pug CVE-2021-21353, CVE-2024-36361', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({
      settings: `limits: { sign_in_failures: 100 }\nregistration: { policy: open }\n${RESOURCES}`,
    });
    await server.person({ email: 'ada@example.test' });
  });

  afterAll(() => server.stop());

  /** Without what differs from one answer to the next, and without the address that the language switch repeats. */
  const comparable = (html: string): string =>
    html
      .replaceAll(/href="[^"]*ui_locales[^"]*"/g, 'href')
      .replaceAll(/name="(csrf|xsrf)"\s+value="[^"]*"|value="[^"]*"\s+name="(csrf|xsrf)"/g, 'token')
      .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, 'request')
      .replaceAll(/\b[\dA-HJKMNP-TV-Z]{5}-[\dA-HJKMNP-TV-Z]{5}\b/g, 'reference');

  async function read(browser: Browser, url: string, extra: string): Promise<string> {
    const joined = extra === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${extra}`;
    return comparable(await (await browser.request(joined)).text());
  }

  /** Every page of the account centre that has an address of its own. What a form shows anew each time differs by itself. */
  const accountPages = (): readonly string[] =>
    server.routes
      .filter(({ access, method, path }) => access.rule === 'signed-in' && method === 'GET' && !path.includes(':'))
      .map(({ path }) => path)
      .filter((path) => path !== '/account/authenticators/new');

  /** One address for each page that is shown for the asking. */
  async function pages(): Promise<[Browser, string][]> {
    const { browser } = await visitsAndSignsIn(server, { identifier: 'ada@example.test' });
    const at = async (params: Record<string, string>, from = browser): Promise<[Browser, string]> => {
      const tab = await visits(server, params, from.newTab());
      return [tab.browser, tab.browser.page.url];
    };
    const nobody = newBrowser();
    const issue = await issueSetupLink({ db: server.database.db, clock: movingClock });
    if (issue.outcome !== 'issued') throw new Error(issue.outcome);
    const first = await newBrowser().open(setupAddress(server.issuer, issue.token));
    return [
      [first, first.page.url],
      [nobody, `${server.issuer}/`],
      [nobody, `${server.issuer}/nothing-here`],
      [nobody, `${server.issuer}/interaction/gone?client=web`],
      [nobody, `${server.issuer}/auth?client_id=nobody`],
      [nobody, authorizationRequest(server.issuer, { redirect_uri: 'https://app.example.test/other' }).url],
      [nobody, `${server.issuer}/session/end/success`],
      [browser, `${server.issuer}/session/end`],
      [nobody, `${server.issuer}/reset-password`],
      [nobody, `${server.issuer}/reset-password/sent`],
      [nobody, `${server.issuer}/reset-password?token=unknown`],
      [nobody, `${server.issuer}/verify-email?token=unknown`],
      [nobody, `${server.issuer}/dev/mail`],
      ...accountPages().map((path): [Browser, string] => [browser, `${server.issuer}${path}`]),
      await at({ prompt: 'create' }, nobody),
      await at({ prompt: 'login' }),
      await at({ prompt: 'select_account' }),
      await at({ client_id: 'ask' }),
      await at({ acr_values: 'mfa' }),
    ];
  }

  test('in the query each page is the same, byte for byte, with and without them', async () => {
    for (const [browser, url] of await pages()) {
      const plain = await read(browser, url, '');
      expect(plain, url).toContain('<main');
      for (const name of NAMES) {
        for (const value of ['1', "');process.exit();//"]) {
          const query = new URLSearchParams([[name, value]]).toString();
          expect(await read(browser, url, query), `${url} with ${query}`).toBe(plain);
        }
      }
    }
  });

  test('in a form they are refused like any other field that the page has not', async () => {
    const { browser } = await visits(server);
    const { action, data } = browser.form({ identifier: 'ada@example.test', password: 'wrong' }, 'Sign in');
    const answer = async (more: Record<string, string>): Promise<string> => {
      const response = await browser.request(action, { method: 'POST', form: { ...data, ...more } });
      expect(response.status).toBe(400);
      return comparable(await response.text());
    };
    const plain = await answer({ favourite: '1' });
    for (const name of NAMES.filter((each) => !each.includes('proto')))
      expect(await answer({ [name]: '1' })).toBe(plain);
    expect(({} as Record<string, unknown>)['pretty']).toBeUndefined();
  });
});
