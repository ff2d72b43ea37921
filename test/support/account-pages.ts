// The pages of the account centre, in every state worth looking at.

import { type PageState, password, type Stage, somebody } from './every-page.ts';
import { newBrowser } from './sign-in.ts';
import { PASSWORD } from './start-server.ts';
import { enters } from './typing.ts';
import { visits, visitsAndSignsIn } from './visits.ts';

/** Signed in, at a page of the account centre. */
export async function atAccount(stage: Stage, path: string, email?: string): Promise<void> {
  const person = email ?? (await somebody(stage));
  const address = `${stage.server.issuer}${path}`;
  await stage.page.goto(address);
  await password(stage, person);
  await stage.page.waitForURL(address);
}

/** Signed in at two apps, in a small browser of the tests; its cookies are what counts. One has asked, the other has not. */
async function usesApps(stage: Stage): Promise<void> {
  const { server, page } = stage;
  const scope = 'openid profile email roles offline_access items:read items:write';
  const params = { client_id: 'ledger', scope, resource: 'https://api.example.test' };
  const { browser } = await visitsAndSignsIn(server, { identifier: await somebody(stage), params });
  await browser.submit({}, 'Allow');
  await visits(server, {}, browser);
  const cookies = await browser.cookiesAt(`${server.issuer}/`);
  const { issuer: url } = server;
  await page.context().addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })));
}

export const ACCOUNT_PAGES: readonly PageState[] = [
  {
    view: 'account/overview',
    state: 'of somebody who has just signed up',
    heading: 'Your account',
    open: (stage) => atAccount(stage, '/account'),
  },
  {
    view: 'account/activity',
    state: 'after some sign-ins',
    heading: 'Activity',
    async open(stage) {
      const email = await somebody(stage);
      await stage.page.goto(`${stage.server.issuer}/account/activity`);
      await password(stage, email, 'not the password');
      await password(stage, email);
      await stage.page.waitForURL('**/account/activity');
    },
  },
  {
    view: 'account/apps',
    state: 'with none',
    heading: 'Connected apps',
    open: (stage) => atAccount(stage, '/account/apps'),
  },
  {
    view: 'account/apps',
    state: 'with an app that asked and one that does not',
    heading: 'Connected apps',
    async open(stage) {
      await usesApps(stage);
      await stage.page.goto(`${stage.server.issuer}/account/apps`);
    },
  },
  {
    view: 'account/app',
    state: 'before its access is removed',
    heading: 'Connected app',
    async open(stage) {
      await usesApps(stage);
      await stage.page.goto(`${stage.server.issuer}/account/apps/ledger`);
    },
  },
  {
    view: 'account/devices',
    state: 'with this device',
    heading: 'Devices',
    open: (stage) => atAccount(stage, '/account/devices'),
  },
  {
    view: 'account/sessions',
    state: 'here alone',
    heading: 'Sessions',
    open: (stage) => atAccount(stage, '/account/sessions'),
  },
  {
    view: 'account/sessions',
    state: 'here and elsewhere',
    heading: 'Sessions',
    open: async (stage) => {
      const identifier = await somebody(stage);
      await atAccount(stage, '/account/sessions', identifier);
      const iphone =
        'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
      for (const headers of [{ 'user-agent': iphone }, { 'user-agent': 'curl/8' }]) {
        await visitsAndSignsIn(stage.server, { identifier, browser: newBrowser({ headers }) });
      }
      await stage.page.reload();
    },
  },
  {
    view: 'account/password',
    state: 'as it opens',
    heading: 'Change your password',
    open: (stage) => atAccount(stage, '/account/password'),
  },
  {
    view: 'account/password',
    state: 'with a wrong one',
    heading: 'Change your password',
    open: async (stage) => {
      await atAccount(stage, '/account/password');
      await enters(stage.page, { current: 'not the password', password: 'a new and rather long phrase' });
      await stage.page.locator('#problem').waitFor();
    },
  },
  {
    view: 'account/email',
    state: 'with an address that was only stated',
    heading: 'Change your e-mail address',
    async open(stage) {
      const email = await somebody(stage);
      const { db } = stage.server.database;
      await db.updateTable('accounts').set({ email_verified_at: null }).where('email', '=', email).execute();
      await atAccount(stage, '/account/email', email);
    },
  },
  {
    view: 'account/email',
    state: 'with what is no address',
    heading: 'Change your e-mail address',
    open: async (stage) => {
      await atAccount(stage, '/account/email');
      await enters(stage.page, { email: 'nobody' });
      await stage.page.locator('#problem').waitFor();
    },
  },
  {
    view: 'account/email',
    state: 'with a mail on its way',
    heading: 'Change your e-mail address',
    open: async (stage) => {
      await atAccount(stage, '/account/email');
      await enters(stage.page, { email: 'another@example.test' });
      await stage.page.locator('.notice-done').waitFor();
    },
  },
  {
    view: 'account/username',
    state: 'without one',
    heading: 'Change your username',
    open: (stage) => atAccount(stage, '/account/username'),
  },
  {
    view: 'account/not-signed-in',
    state: 'cancelled',
    heading: 'You are not signed in',
    open: ({ server, page }) => page.goto(`${server.issuer}/account/signed-in?error=access_denied`),
  },
  {
    view: 'account/profile',
    state: 'with nothing stated',
    heading: 'Profile',
    open: (stage) => atAccount(stage, '/account/profile'),
  },
  {
    view: 'account/profile',
    state: 'with two mistakes',
    heading: 'Profile',
    async open(stage) {
      await atAccount(stage, '/account/profile');
      await stage.page.locator('#birthdate').fill('yesterday');
      await stage.page.locator('#phone_number').fill('030 1234567');
      await stage.page.getByRole('button', { name: 'Save' }).click();
      await stage.page.getByText('Nothing was saved yet').waitFor();
    },
  },
  {
    view: 'account/data',
    state: 'as it opens',
    heading: 'My data',
    open: (stage) => atAccount(stage, '/account/data'),
  },
  {
    view: 'account/delete',
    state: 'before anything is done',
    heading: 'Delete my account',
    open: (stage) => atAccount(stage, '/account/delete'),
  },
  {
    view: 'account/goodbye',
    state: 'with time to think',
    heading: 'Your account is going to be deleted',
    async open(stage) {
      await atAccount(stage, '/account/delete');
      await stage.page.locator('#password').fill(PASSWORD);
      await stage.page.getByRole('button', { name: 'Delete my account' }).click();
      await stage.page.getByText('You are signed out everywhere').waitFor();
    },
  },
];
