// The pages of the console, in every state worth looking at.

import { recordEvent } from '../../src/audit/audit-log.ts';
import { atAccount } from './account-pages.ts';
import { administrator } from './administrators.ts';
import { CONSOLE_ACCOUNT_PAGES } from './console-account-pages.ts';
import type { PageState, Stage } from './every-page.ts';
import { movingClock } from './moving-clock.ts';

/** Signed in as an administrator, at a page of the console. The sign-in happens in a small browser of the tests. */
export async function atConsole(
  { server, page }: Stage,
  path: string,
  roles: readonly string[] = ['gatehouse:admin'],
): Promise<void> {
  const { browser } = await administrator(server, { roles });
  const cookies = await browser.cookiesAt(`${server.issuer}/`);
  const { issuer: url } = server;
  await page.context().addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })));
  await page.goto(`${server.issuer}${path}`);
}

/** Some weeks of it, and something that has gone wrong. */
async function busyWeeks(stage: Stage): Promise<void> {
  const deps = { db: stage.server.database.db, clock: movingClock };
  for (let day = 0; day < 24; day += 1) {
    for (let count = 0; count < 3 + ((day * 7) % 11); count += 1)
      await recordEvent(deps, { event: 'sign_in.succeeded' });
    if (day % 5 === 2) await recordEvent(deps, { event: 'sign_in.failed', outcome: 'failure' });
    if (day % 3 === 0) await recordEvent(deps, { event: 'account.created' });
    movingClock.advance({ hours: 24 });
  }
  await deps.db
    .insertInto('mail_outbox')
    .values({
      id: 'given-up',
      message: 'account_deleted',
      recipient: 'ada@example.test',
      language: 'en',
      created_at: movingClock.now(),
      next_attempt_at: movingClock.now(),
      give_up_after: movingClock.now(),
      given_up_at: movingClock.now(),
    })
    .execute();
}

export const CONSOLE_PAGES: readonly PageState[] = [
  ...CONSOLE_ACCOUNT_PAGES,
  {
    view: 'admin/overview',
    state: 'after some weeks',
    heading: 'Administration',
    async open(stage) {
      await busyWeeks(stage);
      await atConsole(stage, '/admin');
    },
  },
  {
    view: 'admin/forbidden',
    state: 'for somebody who administers nothing',
    heading: 'not for you',
    open: (stage) => atAccount(stage, '/admin'),
  },
];
