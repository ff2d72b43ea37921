// T24: what others write, in addresses, in forms, in client files, in their own names, is text on every page.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueSetupLink } from '../../src/first-administrator/setup-link.ts';
import { setupAddress } from '../../src/first-run/address.ts';
import type { Browser as Visitor } from '../support/browser.ts';
import { chromiumAvailable, launchChromium } from '../support/chromium.ts';
import { linesOf, problemsOf } from '../support/config-files.ts';
import { markedEverywhere } from '../support/marked.ts';
import { movingClock } from '../support/moving-clock.ts';
import { authorizationRequest } from '../support/sign-in.ts';
import { CALLBACK, RESOURCES, startTestServer, type TestServer, WEB_SECRET } from '../support/start-server.ts';
import { visitsAndSignsIn } from '../support/visits.ts';
import { PAYLOADS } from './payloads.ts';

const ADVISORIES =
  'Zitadel CVE-2026-29191, CVE-2026-29192, CVE-2025-67495, CVE-2024-28855, CVE-2024-29891, CVE-2024-41953; authentik CVE-2026-42849; ' +
  'Hydra CVE-2019-8400; Keycloak CVE-2020-10776, CVE-2021-20323, GHSA-xpgc-j48j-jwv9; better-auth CVE-2026-67333; ' +
  'Casdoor CVE-2026-5468, CVE-2024-41658; Authelia CVE-2026-33525; Koa CVE-2025-32379';

const API = 'https://named.example.test';

/** A client file for each payload, which is the name of its app and one of the scopes' sentences. */
const fileOf = (payload: string, at: number): string => `
client_id: named-${at}
client_name: ${written(payload)}
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
consent: ask
scope: openid profile
resources: { "${API}": ["scope:${at}"] }
`;

/** A name has at most 60 characters, and no control characters; their refusal is tested with the client files. */
const NAMES = PAYLOADS.filter((payload) => !payload.includes('\t')).map((payload) => payload.slice(0, 60));

/** As it is written in a file, where a dollar sign before a brace would begin a variable. */
const written = (payload: string | undefined): string => JSON.stringify(payload).replaceAll('${', () => '$${');

/** Sixty payloads are sixty names that nobody has, all tried from here. */
const settings = `limits: { network_accounts: 1000 }${RESOURCES}
  ${API}:
    name: ${written(PAYLOADS[0])}
    scopes:
${NAMES.map((payload, at) => `      "scope:${at}": ${written(payload)}`).join('\n')}
`;

describe.skipIf(!chromiumAvailable())(`T24 cross-site scripting: ${ADVISORIES}`, () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    markedEverywhere?.leaveOut(PAYLOADS);
    const clients = Object.fromEntries(NAMES.map((payload, at) => [`named-${at}`, fileOf(payload, at)]));
    server = await startTestServer({ clients, settings });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('there are sixty payloads, and the watch sees each kind of harm', async () => {
    expect(new Set(PAYLOADS).size).toBe(60);
    const { context, page, harm } = await watched(browser);
    await page.route('https://page.example/', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<p>${PAYLOADS[0]}</p>` }),
    );
    await page.goto('https://page.example/');
    await page.goto(`${server.issuer}/`);
    await page.evaluate(
      "document.body.append(Object.assign(document.createElement('img'), { src: 'https://evil.example/' }))",
    );
    await expect
      .poll(() => harm())
      .toEqual(['dialog: 1', 'request: https://evil.example/', 'policy: img-src https://evil.example/']);
    await context.close();
  });

  test('in the address of a request, every parameter at once', async () => {
    const { context, page, harm } = await watched(browser);
    for (const payload of PAYLOADS) {
      const all = { state: payload, nonce: payload, login_hint: payload, ui_locales: payload, claims_locales: payload };
      const more = { display: 'page', error_description: payload, error: payload, error_hint: payload };
      await page.goto(authorizationRequest(server.issuer, { ...all, ...more }).url);
      expect(await page.locator('#identifier').inputValue()).toBe(payload.replaceAll('\t', '\t'));
      expect(await page.locator('form').count()).toBe(2);
    }
    expect(harm()).toEqual([]);
    await context.close();
  });

  test('in the name that somebody types, shown again after the wrong password', async () => {
    const { context, page, harm } = await watched(browser);
    await page.goto(authorizationRequest(server.issuer).url);
    for (const payload of PAYLOADS.filter((each) => !each.includes('\t'))) {
      await page.locator('#identifier').fill(payload);
      await page.locator('#password').fill(payload);
      await page.locator('#password').press('Enter');
      await page.locator('#password[aria-invalid], .notice').first().waitFor();
      expect(await page.locator('#identifier').inputValue()).toBe(payload);
      expect(await page.locator('#password').inputValue()).toBe('');
    }
    expect(harm()).toEqual([]);
    await context.close();
  }, 240_000);

  test('in the name and the address of who sets the server up, shown again beside what is wrong with them', async () => {
    const issue = await issueSetupLink({ db: server.database.db, clock: movingClock });
    if (issue.outcome !== 'issued') throw new Error(issue.outcome);
    const { context, page, harm } = await watched(browser);
    await page.goto(setupAddress(server.issuer, issue.token));
    for (const payload of PAYLOADS.filter((each) => !each.includes('\t'))) {
      await page.locator('#email').fill(payload);
      await page.locator('#name').fill(payload);
      await page.locator('#password').fill('short');
      await page.locator('#password').press('Enter');
      await page.locator('#problem').waitFor();
      expect(await page.locator('#email').inputValue()).toBe(payload);
      expect(await page.locator('#name').inputValue()).toBe(payload);
    }
    expect(harm()).toEqual([]);
    await context.close();
  }, 240_000);

  /** The error pages that this text leads to, by its place in the address. */
  const errorAddresses = (text: string): string[] => {
    const encoded = encodeURIComponent(text);
    const { issuer } = server;
    return [
      `${issuer}/auth?client_id=${encoded}`,
      authorizationRequest(issuer, { redirect_uri: text, response_type: text, scope: text }).url,
      `${issuer}/auth?client_id=web&request_uri=${encoded}&prompt=${encoded}`,
      `${issuer}/interaction/${encoded}?client=${encoded}`,
      `${issuer}/auth/${encoded}`,
      `${issuer}/session/end?id_token_hint=${encoded}&post_logout_redirect_uri=${encoded}&client_id=${encoded}`,
      `${issuer}/${encoded}?${encoded}=${encoded}`,
    ];
  };

  /** Without what differs from one answer to the next: request, reference, the address that the language switch repeats. */
  async function contentOf(address: string): Promise<string> {
    const answer = await fetch(address, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect(answer.status, address).toBeLessThan(500);
    return (await answer.text())
      .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, '')
      .replaceAll(/\b[\dA-HJKMNP-TV-Z]{5}-[\dA-HJKMNP-TV-Z]{5}\b/g, '')
      .replaceAll(/href="\?[^"]*"/g, '');
  }

  test('in what the error pages say: client_id, redirect_uri, parameters of other kinds, paths', async () => {
    const { context, page, harm } = await watched(browser);
    const harmless = await Promise.all(errorAddresses('nobody').map(contentOf));
    let shown = 0;
    for (const payload of PAYLOADS) {
      for (const [at, address] of errorAddresses(payload).entries()) {
        // A page that says the same to everybody has nothing of the payload in it.
        if ((await contentOf(address)) === harmless[at]) continue;
        shown += 1;
        await page.goto(address);
        expect(await page.locator('main').count(), address).toBe(1);
      }
    }
    expect(shown).toBeGreaterThanOrEqual(PAYLOADS.length);
    expect(harm()).toEqual([]);
    await context.close();
  }, 240_000);

  test('in the name of an app, and in the sentence of a scope: shown as it is written', async () => {
    const email = 'xavier@example.test';
    await server.person({ email });
    const { context, page, harm } = await watched(browser);
    for (const [at, payload] of NAMES.entries()) {
      const params = { client_id: `named-${at}`, scope: `openid scope:${at}`, resource: API };
      await page.goto(authorizationRequest(server.issuer, params).url);
      expect(folded(await page.locator('h1').textContent())).toContain(folded(payload));
      const { browser: visitor } = await visitsAndSignsIn(server, { identifier: email, params });
      await hasCookiesOf(visitor, page, server.issuer);
      await page.goto(visitor.page.url);
      const said = folded(await page.locator('main').textContent());
      expect(said.split(folded(payload)).length - 1, payload).toBeGreaterThanOrEqual(3);
      await context.clearCookies();
    }
    expect(harm()).toEqual([]);
    await context.close();
  }, 240_000);

  test('in the name and the address of a person', async () => {
    const { id } = await server.person({ email: 'yara@example.test' });
    const { browser: visitor } = await visitsAndSignsIn(server, { identifier: 'yara@example.test' });
    const { context, page, harm } = await watched(browser);
    await hasCookiesOf(visitor, page, server.issuer);
    const { db } = server.database;
    for (const payload of PAYLOADS) {
      const named = { display_name: payload, email: `${payload}@example.test` };
      await db.updateTable('accounts').set(named).where('id', '=', id).execute();
      await page.goto(authorizationRequest(server.issuer, { prompt: 'select_account' }).url);
      const said = folded(await page.locator('main').textContent());
      expect(said).toContain(folded(payload));
      expect(said).toContain(folded(`${payload}@example.test`));
      await page.goto(`${server.issuer}/session/end`);
      expect(folded(await page.locator('main').textContent())).toContain(folded(`${payload}@example.test`));
    }
    expect(harm()).toEqual([]);
    await context.close();
  }, 240_000);

  test.each(['client_uri', 'policy_uri', 'tos_uri', 'logo'])('not in the %s of a client file: no start', (key) => {
    for (const address of ['javascript:alert(1)', 'data:text/html,x', '//evil.example/x', 'vbscript:x']) {
      const file = `client_id: bad\npreset: spa\nredirect_uris: ["${CALLBACK}"]\n${key}: "${address}"\n`;
      const problems = linesOf(problemsOf({ 'config/clients/bad.yaml': file }));
      expect(problems, address).toEqual([expect.stringContaining(`config/clients/bad.yaml:4 ${key}: `)]);
    }
  });

  test('in state, on the page that posts the answer to the app', async () => {
    await server.person({ email: 'zoe@example.test' });
    const { browser: visitor } = await visitsAndSignsIn(server, { identifier: 'zoe@example.test' });
    const { context, page, harm } = await watched(browser);
    await hasCookiesOf(visitor, page, server.issuer);
    const received: (string | null)[] = [];
    await page.route(`${CALLBACK}*`, async (route) => {
      received.push(new URLSearchParams(route.request().postData() ?? '').get('state'));
      await route.fulfill({ contentType: 'text/html', body: 'back at the app' });
    });
    for (const payload of PAYLOADS) {
      await page.goto(authorizationRequest(server.issuer, { response_mode: 'form_post', state: payload }).url);
      await page.getByText('back at the app').waitFor();
    }
    expect(received).toEqual(PAYLOADS);
    expect(harm()).toEqual([]);
    await context.close();
  }, 240_000);
});

/** Text as a page shows it: blanks folded. */
const folded = (text: string | null): string => (text ?? '').replace(/\s+/g, ' ').trim();

/** Goes on where the other browser is. */
async function hasCookiesOf(visitor: Visitor, page: Page, url: string): Promise<void> {
  const cookies = { ...(await visitor.cookiesAt(`${url}/`)), ...(await visitor.cookiesAt(visitor.page.url)) };
  await page.context().addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })));
}

/** A browser that notes dialogs, what the policy had to stop, scripts that fail, and requests to anybody else. */
async function watched(
  browser: Browser,
): Promise<{ context: BrowserContext; page: Page; harm: () => readonly string[] }> {
  const context = await browser.newContext();
  const harm: string[] = [];
  const page = await context.newPage();
  page.on('dialog', async (dialog) => {
    harm.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.exposeFunction('noteHarm', (what: string) => void harm.push(what));
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => noteHarm('policy: ' + event.effectiveDirective + ' ' + event.blockedURI))",
  );
  page.on('pageerror', (error) => void harm.push(`script: ${error.message}`));
  page.on('request', (request) => {
    if (/evil\.example/.test(new URL(request.url()).host)) harm.push(`request: ${request.url()}`);
  });
  return { context, page, harm: () => harm };
}
