// Every page of the server, in every state worth looking at, opened in a real browser the way a person gets there.

import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { issueSetupLink } from '../../src/first-administrator/setup-link.ts';
import { setupAddress } from '../../src/first-run/address.ts';
import { ACCOUNT_PAGES } from './account-pages.ts';
import { whileAlarmStands } from './alarm.ts';
import { API_PAGES } from './api-pages.ts';
import { CONSOLE_MODEL_PAGES } from './console-model-pages.ts';
import { CONSOLE_PAGES } from './console-pages.ts';
import { FACTOR_PAGES } from './factor-pages.ts';
import { LINK_PAGES } from './link-pages.ts';
import { MAIL_PAGES } from './mail-pages.ts';
import { movingClock } from './moving-clock.ts';
import { authorizationRequest, totpCode } from './sign-in.ts';
import { openTo } from './sign-up.ts';
import { SIGN_UP_PAGES } from './sign-up-pages.ts';
import { CALLBACK, PASSWORD, startTestServer, type TestServer, WEB_SECRET } from './start-server.ts';
import { enrols, visitsAndSignsIn } from './visits.ts';

export interface Stage {
  readonly server: TestServer;
  readonly page: Page;
}

export interface PageState {
  /** The template, as in views/ without its ending. */
  readonly view: string;
  readonly state: string;
  /** What the page is headed with, so that no other is taken for it. */
  readonly heading: string;
  open(stage: Stage): Promise<unknown>;
}

const client = (id: string, more: string): string => `
client_id: ${id}
client_name: Ledger & Sons <Accounting>
preset: web
redirect_uris: ["${CALLBACK}"]
client_secrets: [{ value: "${WEB_SECRET}" }]
client_uri: https://app.example.test/
policy_uri: https://app.example.test/privacy
tos_uri: https://app.example.test/terms
scope: openid profile email roles offline_access
${more}`;

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4" fill="#775"/></svg>';

/** With apps that have all that pages can show of an app: a logo, links, an API, a role that not everybody has. */
export const startStage = (): Promise<TestServer> =>
  startTestServer({
    settings: `${openTo(', terms_version: "1"')}branding: { terms_url: https://example.test/terms }\n`,
    demoUrl: 'http://localhost:4999/',
    clients: {
      ledger: client(
        'ledger',
        `consent: ask\nlogo: ledger.svg\nresources: { "https://api.example.test": ["items:read", "items:write"] }\n`,
      ),
      staff: client('staff', 'consent: skip\naccess: { require_any_role: [staff] }\n'),
    },
    files: { 'clients/ledger.svg': LOGO },
  });

let people = 0;

/** Somebody new, so that no page depends on what another one did. */
export async function somebody({ server }: Stage): Promise<string> {
  people += 1;
  const email = `person-${people}@example.test`;
  await server.person({ email, name: 'Ada Anders', roles: ['clerk'] });
  return email;
}

const app = ({ server, page }: Stage, params: Record<string, string> = {}): Promise<unknown> =>
  page.goto(authorizationRequest(server.issuer, { client_id: 'ledger', ...params }).url);

export async function password({ page }: Stage, email: string, word = PASSWORD): Promise<void> {
  await page.locator('#identifier').fill(email);
  await page.locator('#password').fill(word);
  await page.locator('form:has(#password) button[type=submit], form:has(#password) .button').first().click();
  await page.waitForLoadState();
}

async function signsIn(stage: Stage, params: Record<string, string> = {}): Promise<string> {
  const email = await somebody(stage);
  await app(stage, params);
  await password(stage, email);
  return email;
}

/** At the second-factor page, with the key of the authenticator. */
async function atSecondFactor(stage: Stage): Promise<void> {
  const email = await somebody(stage);
  await enrols(stage.server, { identifier: email });
  await app(stage);
  await password(stage, email);
}

/** The sign-in happens in a small browser of the tests; its cookies are what counts. */
async function signedIn(stage: Stage): Promise<void> {
  const { browser } = await visitsAndSignsIn(stage.server, { identifier: await somebody(stage) });
  const cookies = await browser.cookiesAt(`${stage.server.issuer}/`);
  const { issuer: url } = stage.server;
  await stage.page.context().addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })));
}

async function atRecoveryCodes(stage: Stage): Promise<void> {
  await signsIn(stage, { acr_values: 'mfa' });
  const key = ((await stage.page.locator('#key').textContent()) ?? '').replace(/[^A-Z2-7]/g, '');
  await stage.page.locator('#code').fill(totpCode(key));
  await stage.page.locator('#code').press('Enter');
  await stage.page.waitForLoadState();
}

const wrongCode = async ({ page }: Stage): Promise<void> => {
  await page.locator('#code').fill('000000');
  await page.locator('#code').press('Enter');
  await page.waitForLoadState();
};

/** A table is away while the form is sent: our own mistake, as far as the person is concerned. */
async function breaks(stage: Stage): Promise<void> {
  const { db } = stage.server.database;
  await app(stage);
  await sql`alter table rate_counters rename to gone`.execute(db);
  await password(stage, 'ada@example.test');
  await sql`alter table gone rename to rate_counters`.execute(db);
}

/** As if there never had been an administrator: the link is in the browser. */
async function opensSetup({ server, page }: Stage): Promise<void> {
  const { db } = server.database;
  await db.updateTable('roles').set({ ever_granted: false }).execute();
  const issue = await issueSetupLink({ db, clock: movingClock });
  if (issue.outcome !== 'issued') throw new Error(issue.outcome);
  await page.goto(setupAddress(server.issuer, issue.token));
}

async function fillsInSetup(stage: Stage): Promise<void> {
  await opensSetup(stage);
  people += 1;
  await stage.page.locator('#email').fill(`root-${people}@example.test`);
  await stage.page.locator('#password').fill(PASSWORD);
  await stage.page.locator('#password').press('Enter');
  await stage.page.locator('#code').waitFor();
}

async function setsUpAuthenticator(stage: Stage): Promise<void> {
  await fillsInSetup(stage);
  const key = ((await stage.page.locator('#key').textContent()) ?? '').replace(/[^A-Z2-7]/g, '');
  await stage.page.locator('#code').fill(totpCode(key));
  await stage.page.locator('#code').press('Enter');
  await stage.page.getByRole('button', { name: 'stored them' }).waitFor();
}

export const PAGES: readonly PageState[] = [
  ...ACCOUNT_PAGES,
  ...API_PAGES,
  ...CONSOLE_MODEL_PAGES,
  ...CONSOLE_PAGES,
  ...FACTOR_PAGES,
  ...LINK_PAGES,
  ...MAIL_PAGES,
  ...SIGN_UP_PAGES,
  {
    view: 'home',
    state: 'as anybody sees it',
    heading: 'Gatehouse',
    open: ({ server, page }) => page.goto(`${server.issuer}/`),
  },
  {
    view: 'interactions/sign-in',
    state: 'for an app with logo and links',
    heading: 'Sign in to Ledger',
    open: (stage) => app(stage),
  },
  {
    view: 'interactions/sign-in',
    state: 'in German',
    heading: 'anmelden',
    open: (stage) => app(stage, { ui_locales: 'de' }),
  },
  {
    view: 'interactions/sign-in',
    state: 'after a wrong password',
    heading: 'Sign in to Ledger',
    async open(stage) {
      const email = await somebody(stage);
      await app(stage);
      await password(stage, email, 'not the password');
    },
  },
  {
    view: 'interactions/sign-in',
    state: 'asking again who is signed in',
    heading: 'Confirm',
    async open(stage) {
      await signedIn(stage);
      await app(stage, { client_id: 'web', prompt: 'login' });
    },
  },
  {
    view: 'interactions/mailed-code',
    state: 'while an alarm stands',
    heading: 'Check your mail',
    open: (stage) => whileAlarmStands(stage.server, () => signsIn(stage)),
  },
  {
    view: 'interactions/mailed-code',
    state: 'after a wrong code',
    heading: 'Check your mail',
    async open(stage) {
      await whileAlarmStands(stage.server, () => signsIn(stage));
      await wrongCode(stage);
    },
  },
  {
    view: 'interactions/mailed-code',
    state: 'with too many sent',
    heading: 'Check your mail',
    async open(stage) {
      await whileAlarmStands(stage.server, () => signsIn(stage));
      for (const _ of ['second', 'third', 'refused']) {
        await stage.page.getByRole('button', { name: 'Send a new code' }).click();
        await stage.page.waitForLoadState();
      }
    },
  },
  { view: 'interactions/second-factor', state: 'asking for a code', heading: 'Enter your code', open: atSecondFactor },
  {
    view: 'interactions/second-factor',
    state: 'after a wrong code',
    heading: 'Enter your code',
    open: async (stage) => {
      await atSecondFactor(stage);
      await wrongCode(stage);
    },
  },
  {
    view: 'interactions/second-factor',
    state: 'asking for a recovery code',
    heading: 'Enter a recovery code',
    open: async (stage) => {
      await atSecondFactor(stage);
      await stage.page.getByRole('link', { name: 'recovery code' }).click();
    },
  },
  {
    view: 'interactions/enrol-totp',
    state: 'with its key',
    heading: 'Set up your authenticator app',
    open: (stage) => signsIn(stage, { acr_values: 'mfa' }),
  },
  {
    view: 'interactions/enrol-totp',
    state: 'after a wrong code',
    heading: 'Set up your authenticator app',
    open: async (stage) => {
      await signsIn(stage, { acr_values: 'mfa' });
      await wrongCode(stage);
    },
  },
  {
    view: 'interactions/recovery-codes',
    state: 'shown once',
    heading: 'Store your recovery codes',
    open: atRecoveryCodes,
  },
  {
    view: 'interactions/consent',
    state: 'with everything an app may ask for',
    heading: 'asks for access',
    open: (stage) =>
      signsIn(stage, {
        scope: 'openid profile email roles offline_access items:read items:write',
        resource: 'https://api.example.test',
      }),
  },
  {
    view: 'interactions/select-account',
    state: 'with one account',
    heading: 'Choose',
    async open(stage) {
      await signedIn(stage);
      await app(stage, { client_id: 'web', prompt: 'select_account' });
    },
  },
  {
    view: 'interactions/refused',
    state: 'without the role',
    heading: 'You cannot use',
    open: (stage) => signsIn(stage, { client_id: 'staff' }),
  },
  {
    view: 'interactions/continue',
    state: 'on the way back',
    heading: 'Taking you back',
    async open(stage) {
      // Where it leads on to answers with nothing, so that the browser stays.
      await stage.page.route('**/auth/*', (route) => route.fulfill({ status: 204 }));
      await signsIn(stage, { client_id: 'web' });
    },
  },
  {
    view: 'interactions/expired',
    state: 'with a way back',
    heading: 'has ended',
    open: ({ server, page }) => page.goto(`${server.issuer}/interaction/gone?client=ledger`),
  },
  {
    view: 'provider/sign-out',
    state: 'asking first',
    heading: 'Sign out',
    async open(stage) {
      await signedIn(stage);
      await stage.page.goto(`${stage.server.issuer}/session/end`);
    },
  },
  {
    view: 'provider/signed-out',
    state: 'done',
    heading: 'You are signed out',
    open: ({ server, page }) => page.goto(`${server.issuer}/session/end/success`),
  },
  {
    view: 'errors/protocol',
    state: 'for an app nobody knows',
    heading: 'does not work',
    open: (stage) => app(stage, { client_id: 'nobody' }),
  },
  {
    view: 'errors/protocol',
    state: 'for an address that is not registered',
    heading: 'could not sign you in',
    open: (stage) => app(stage, { redirect_uri: 'https://app.example.test/callback/' }),
  },
  {
    view: 'errors/refused',
    state: 'for an unknown address',
    heading: 'There is no page here',
    open: ({ server, page }) => page.goto(`${server.issuer}/nothing-here`),
  },
  { view: 'errors/broken', state: 'by our own mistake', heading: 'Something went wrong', open: breaks },
  { view: 'first-run/account', state: 'as it opens', heading: 'Make yourself the administrator', open: opensSetup },
  {
    view: 'first-run/account',
    state: 'with everything wrong',
    heading: 'Make yourself the administrator',
    async open(stage) {
      await opensSetup(stage);
      await stage.page.locator('#email').fill('nobody');
      await stage.page.locator('#name').fill('x'.repeat(101));
      await stage.page.locator('#password').fill('gatehouse!!');
      await stage.page.locator('#password').press('Enter');
      await stage.page.locator('#problem').waitFor();
    },
  },
  {
    view: 'first-run/authenticator',
    state: 'with its key',
    heading: 'Set up your authenticator app',
    open: fillsInSetup,
  },
  {
    view: 'first-run/recovery-codes',
    state: 'shown once',
    heading: 'Store your recovery codes',
    open: setsUpAuthenticator,
  },
  {
    view: 'first-run/done',
    state: 'at the end',
    heading: 'has its administrator',
    async open(stage) {
      await setsUpAuthenticator(stage);
      await stage.page.getByRole('button', { name: 'stored them' }).click();
      await stage.page.waitForLoadState();
    },
  },
  {
    view: 'first-run/void',
    state: 'with a newer link made',
    heading: 'does not work any more',
    async open(stage) {
      await opensSetup(stage);
      await issueSetupLink({ db: stage.server.database.db, clock: movingClock });
      await stage.page.reload();
    },
  },
  {
    view: 'first-run/closed',
    state: 'overtaken by somebody else',
    heading: 'is set up already',
    async open(stage) {
      await opensSetup(stage);
      await stage.server.database.db
        .updateTable('roles')
        .set({ ever_granted: true })
        .where('name', '=', 'gatehouse:admin')
        .execute();
      await stage.page.reload();
    },
  },
];
