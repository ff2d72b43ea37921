// The pages of authenticators and recovery codes, in every state worth looking at.
import type { Page } from 'playwright-core';
import { atAccount } from './account-pages.ts';
import type { PageState, Stage } from './every-page.ts';
import { movingClock } from './moving-clock.ts';
import { totpCode } from './sign-in.ts';
import { PASSWORD } from './start-server.ts';
import { enters } from './typing.ts';

const keyOn = async (page: Page): Promise<string> =>
  ((await page.locator('#key').textContent()) ?? '').replace(/[^A-Z2-7]/g, '');

/** Their first authenticator, with the recovery codes on the screen. */
async function addsFirst(stage: Stage, name: string): Promise<void> {
  const { page } = stage;
  await atAccount(stage, '/account/authenticators/new');
  const key = await keyOn(page);
  await enters(page, { name, code: totpCode(key) });
  await page.getByRole('link', { name: 'stored them' }).waitFor();
  keys.set(page, key);
}

const keys = new WeakMap<Page, string>();

/** What changes factors asks for the code once; the session was one of a password until now. */
async function opensWithCode({ server, page }: Stage, path: string): Promise<void> {
  movingClock.advance({ seconds: 30 });
  await page.goto(`${server.issuer}${path}`);
  await enters(page, { password: PASSWORD });
  await enters(page, { code: totpCode(keys.get(page) ?? '') });
  await page.waitForURL(`${server.issuer}${path}`);
}

async function follows(stage: Stage, link: string): Promise<void> {
  const { page, server } = stage;
  await page.goto(`${server.issuer}/account/security`);
  const href = await page.getByRole('link', { name: link }).first().getAttribute('href');
  await opensWithCode(stage, href ?? '');
}

const LONG = 'Featherstonehaugh-Cholmondeley’s telephone, blue';

export const FACTOR_PAGES: readonly PageState[] = [
  {
    view: 'account/security',
    state: 'with nothing but a password',
    heading: 'Security',
    open: (stage) => atAccount(stage, '/account/security'),
  },
  {
    view: 'account/security',
    state: 'with two authenticators and three codes left',
    heading: 'Security',
    async open(stage) {
      const { page, server } = stage;
      await addsFirst(stage, 'Phone');
      await opensWithCode(stage, '/account/authenticators/new');
      await enters(page, { name: LONG, code: totpCode(await keyOn(page)) });
      await page.getByText('was added').waitFor();
      const { db } = server.database;
      const some = db.selectFrom('recovery_codes').select('code_hash').orderBy('created_at', 'desc').limit(7);
      await db.deleteFrom('recovery_codes').where('code_hash', 'in', some).execute();
      await page.reload();
    },
  },
  {
    view: 'account/authenticator-new',
    state: 'start',
    heading: 'Add an authenticator app',
    open: (stage) => atAccount(stage, '/account/authenticators/new'),
  },
  {
    view: 'account/authenticator-new',
    state: 'wrong code',
    heading: 'Add an authenticator app',
    async open(stage) {
      await atAccount(stage, '/account/authenticators/new');
      await enters(stage.page, { code: '000000' });
      await stage.page.locator('#problem').waitFor();
    },
  },
  {
    view: 'account/recovery-codes-new',
    state: 'shown once',
    heading: 'Store your recovery codes',
    open: (stage) => addsFirst(stage, 'Phone'),
  },
  {
    view: 'account/authenticator-rename',
    state: 'as it opens',
    heading: 'Rename authenticator',
    async open(stage) {
      await addsFirst(stage, LONG);
      await follows(stage, 'Rename');
    },
  },
  {
    view: 'account/authenticator-remove',
    state: 'the last one',
    heading: 'Remove authenticator',
    async open(stage) {
      await addsFirst(stage, LONG);
      await follows(stage, 'Remove');
    },
  },
  {
    view: 'account/recovery-codes',
    state: 'ten left',
    heading: 'Recovery codes',
    async open(stage) {
      await addsFirst(stage, 'Phone');
      await opensWithCode(stage, '/account/recovery-codes');
    },
  },
  {
    view: 'account/recovery-codes',
    state: 'without an authenticator',
    heading: 'Recovery codes',
    open: (stage) => atAccount(stage, '/account/recovery-codes'),
  },
  {
    view: 'account/delete',
    state: 'with an authenticator, after a wrong code',
    heading: 'Delete my account',
    async open(stage) {
      const { page, server } = stage;
      await addsFirst(stage, 'Phone');
      await page.goto(`${server.issuer}/account/delete`);
      await enters(page, { password: PASSWORD, code: '000000' });
      await page.locator('#problem').waitFor();
    },
  },
];
