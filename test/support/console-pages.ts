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

let mails = 0;

/** A mail that could not be delivered; its id. */
async function givenUp({ server }: Stage): Promise<string> {
  mails += 1;
  const id = `given-up-${mails}`;
  await server.database.db
    .insertInto('mail_outbox')
    .values({
      id,
      message: 'account_deleted',
      recipient: 'ada@example.test',
      language: 'en',
      created_at: movingClock.now(),
      next_attempt_at: movingClock.now(),
      give_up_after: movingClock.now(),
      given_up_at: movingClock.now(),
      last_error: '550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table',
    })
    .execute();
  return id;
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
  await givenUp(stage);
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
  {
    view: 'admin/operations/clients',
    state: 'as it opens',
    heading: 'Apps',
    open: (stage) => atConsole(stage, '/admin/clients'),
  },
  {
    view: 'admin/operations/client',
    state: 'of an app with an API',
    heading: 'Ledger',
    open: (stage) => atConsole(stage, '/admin/clients/ledger'),
  },
  {
    view: 'admin/operations/sessions',
    state: 'with some',
    heading: 'Sessions',
    open: (stage) => atConsole(stage, '/admin/sessions'),
  },
  {
    view: 'admin/operations/keys',
    state: 'as it opens',
    heading: 'Keys',
    open: (stage) => atConsole(stage, '/admin/keys'),
  },
  {
    view: 'admin/operations/configuration',
    state: 'as it opens',
    heading: 'Configuration',
    open: (stage) => atConsole(stage, '/admin/configuration'),
  },
  {
    view: 'admin/operations/outbox',
    state: 'with some',
    heading: 'Mails',
    async open(stage) {
      await givenUp(stage);
      await atConsole(stage, '/admin/outbox');
    },
  },
  {
    view: 'admin/operations/drop-mail',
    state: 'asking',
    heading: 'Drop a mail',
    open: async (stage) => atConsole(stage, `/admin/outbox/${await givenUp(stage)}/drop`),
  },
  {
    view: 'admin/operations/audit',
    state: 'as it opens',
    heading: 'Audit log',
    open: (stage) => atConsole(stage, '/admin/audit'),
  },
  {
    view: 'admin/operations/audit',
    state: 'with nothing found',
    heading: 'Audit log',
    open: (stage) => atConsole(stage, '/admin/audit?event=role.deleted&address=203.0.113.9'),
  },
];
